"""What the pages behind links in mails have in common.

No cookie and no CSRF token: the signed token in the path is the right to do this one thing, and
mail programs press the button to leave without any cookie (RFC 8058).
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from blog.views.furniture import page_context, private_page
from blog.visitors import client_network, keyed_hash
from newsletter.consent import Origin
from newsletter.models import Subscriber
from newsletter.tokens import BadToken, Purpose, is_trial

View = Callable[..., HttpResponse]
Finder = Callable[[str, datetime], object]


def token_page(purpose: Purpose) -> Callable[[View], View]:
    """Find the person a link was made for, or answer 404: the same for every bad link."""

    def person(token: str, now: datetime) -> Subscriber:
        subscriber, read = Subscriber.objects.by_token(purpose, token, now)
        if purpose is Purpose.CONFIRM and not subscriber.may_join_by(read):
            raise BadToken("from before leaving")
        return subscriber

    return page_of(person, purpose)


def page_of(find: Finder, purpose: Purpose) -> Callable[[View], View]:
    """The same for what `find` finds by the token in the path, unless it raises `BadToken`."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def answer_if_good(request: HttpRequest, token: str) -> HttpResponse:
            if is_trial(purpose, token):
                return answer(request, "trial", "A link in a test mail")
            try:
                found = find(token, timezone.now())
            except BadToken:
                return answer(request, "bad_link", "This link does not work", 404)
            return view(request, found)

        return answer_if_good

    return decorate


def origin_of(request: HttpRequest, source: str) -> Origin:
    network = keyed_hash(client_network(request), "consent")
    return Origin(source=source, network_hash=network)


def answer(
    request: HttpRequest, name: str, title: str, status: int = 200, **more: object
) -> HttpResponse:
    context = page_context(request, title=title, recent=[])
    return private_page(f"newsletter/{name}.html", {**context, **more}, status)
