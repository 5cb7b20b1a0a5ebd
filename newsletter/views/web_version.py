"""A campaign as a page, for those who would rather read it in a browser.

Its address stands in each copy and is the same in all of them; nobody can guess it.
"""

import re
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Article, FormerAddress
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE, page_context, private_page
from newsletter.models import Campaign
from newsletter.tokens import NOBODY

# A mail brings its styles along. It runs nothing, and loads nothing but pictures of this site.
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# As `models.campaign.new_web_key` makes them.
KEY = re.compile("[A-Za-z0-9_-]{22}")
OWN = re.compile(r'<div class="own".*?</div>', re.DOTALL)
MAIL, PAGE = 'role="article" aria-roledescription="email"', 'role="main"'  # for screen readers
NUMBERED = re.compile(r"/articles/id/(\d+)/")
NAMED = re.compile(r"(/articles/(?!id/)[^/\s\"?#]+/)")


@require_safe
def web_version(request: HttpRequest, web_key: str) -> HttpResponse:
    if web_key == NOBODY:
        context = page_context(request, title="A link in a test mail", recent=[])
        return private_page("newsletter/trial.html", context)
    begun = Campaign.objects.filter(expanded_at__isnull=False)
    campaign = begun.filter(web_key=web_key).first() if KEY.fullmatch(web_key) else None
    if campaign is None or not is_all_public(campaign):
        return not_found(request)
    headers = {
        "Cache-Control": PUBLIC_CACHE,
        "Content-Security-Policy": POLICY,
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "same-origin",
    }
    words = OWN.sub("", campaign.html).replace(MAIL, PAGE, 1)
    return HttpResponse(words, headers=headers)


def is_all_public(campaign: Campaign) -> bool:
    """False as soon as one article in it was taken back: its words must not be read here.

    Counted links do not say where they lead; the text part does.
    """
    if campaign.kind == Campaign.Kind.ARTICLE and campaign.article_id is None:
        return False
    words = campaign.html + campaign.text
    numbers = {int(number) for number in NUMBERED.findall(words)}
    public = Article.objects.published(timezone.now())
    if public.filter(pk__in=numbers).count() < len(numbers):
        return False
    named = {article_at(path) for path in set(NAMED.findall(words))} - {None}
    return public.filter(pk__in=named).count() == len(named)


def article_at(path: str) -> int | None:
    """The number of the article that has this address, or once had it; 0 for one that is gone."""
    found = Article.objects.filter(slug=unquote(path).split("/")[2]).values_list("pk", flat=True)
    former = None if found else FormerAddress.objects.at(path)
    return found[0] if found else former and (former.article_id or 0)
