"""Pages that stand for themselves, and what only machines read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Page
from blog.plain_text import excerpt, plain_text
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, PUBLIC_CACHE, page_context, public_page


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    found = Page.objects.filter(slug=slug).first()
    if found is None:
        return not_found(request)
    about = found.summary or excerpt(plain_text(found.body), DESCRIPTION_LENGTH)
    context = page_context(request, title=found.title, description=about)
    return public_page("blog/page.html", {**context, "page_content": found})


@require_safe
def indexnow_key(request: HttpRequest, key: str) -> HttpResponse:
    """Shows search engines that whoever tells them of our pages is us."""
    if not settings.INDEXNOW_KEY or key != settings.INDEXNOW_KEY:
        return not_found(request)
    return HttpResponse(key, content_type="text/plain; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    rules = render_to_string("blog/robots.txt", {"sitemap_url": absolute(reverse("sitemap"))})
    headers = {"Cache-Control": PUBLIC_CACHE}
    return HttpResponse(rules, content_type="text/plain; charset=utf-8", headers=headers)
