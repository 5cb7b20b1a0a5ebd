"""The links in our mails. GET shows a button and changes nothing; POST acts.

No cookie and no CSRF token: the signed token in the path is the right to do this one thing, and
mail programs press the button to leave without any cookie (RFC 8058).
"""

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from blog.views.furniture import page_context, private_page
from blog.visitors import client_network, keyed_hash
from newsletter.consent import Origin
from newsletter.models import Subscriber, Suppression
from newsletter.tokens import BadToken, Purpose, is_trial

View = Callable[..., HttpResponse]


def token_page(purpose: Purpose) -> Callable[[View], View]:
    """Find the person a link was made for, or answer 404: the same for every bad link."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def find(request: HttpRequest, token: str) -> HttpResponse:
            if is_trial(purpose, token):
                return _answer(request, "trial", "A link in a test mail")
            try:
                subscriber, read = Subscriber.objects.by_token(purpose, token, timezone.now())
                if purpose is Purpose.CONFIRM and not subscriber.may_join_by(read):
                    raise BadToken("from before leaving")
            except BadToken:
                return _answer(request, "bad_link", "This link does not work", 404)
            return view(request, subscriber)

        return find

    return decorate


def _origin(request: HttpRequest, source: str) -> Origin:
    network = keyed_hash(client_network(request), "consent")
    return Origin(source=source, network_hash=network)


def _answer(
    request: HttpRequest, name: str, title: str, status: int = 200, **more: object
) -> HttpResponse:
    context = page_context(request, title=title, recent=[])
    return private_page(request, f"newsletter/{name}.html", {**context, **more}, status)


@token_page(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method == "POST":
        subscriber.confirm(_origin(request, "confirmation mail"), timezone.now())
    if subscriber.is_confirmed:
        return _answer(request, "confirmed", "You are on the list")
    return _answer(request, "confirm", "One press, and you are on the list")


@token_page(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method == "POST" and request.POST.get("resubscribe"):
        subscriber.resubscribe(_origin(request, "page after leaving"), timezone.now())
        if subscriber.is_confirmed:
            return _answer(request, "confirmed", "You are on the list")
    elif request.method == "POST":
        subscriber.unsubscribe(_origin(request, "link in a mail"), timezone.now())
    if subscriber.unsubscribed_at:
        may_return = subscriber.may_return
        return _answer(request, "unsubscribed", "You get no more mails", may_return=may_return)
    return _answer(request, "unsubscribe", "Stop the mails?")


@token_page(Purpose.NOT_ME)
def not_me(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """“It was not me”: never write to this address again, even when its row is gone."""
    if request.method == "POST":
        now = timezone.now()
        with transaction.atomic():
            subscriber.disown(_origin(request, "confirmation mail"), now)
            Suppression.objects.add(subscriber.address, Suppression.Reason.NOT_ME, now)
    return _answer(request, "not_me", "It was not you?", done=subscriber.suppressed_at is not None)
