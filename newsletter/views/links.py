"""The links in our mails. GET shows a button and changes nothing; POST acts."""

from datetime import datetime

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils import timezone

from blog.views.furniture import private_words
from newsletter.models import AddressChange, PersonalMail, Subscriber, Suppression
from newsletter.tokens import Purpose
from newsletter.views.token_page import answer, origin_of, page_of, token_page


@token_page(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method == "POST":
        _join(request, subscriber, timezone.now())
    if subscriber.is_confirmed:
        return _on_the_list(request, subscriber)
    return answer(request, "confirm", "One press, and you are on the list")


def _on_the_list(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    token = subscriber.token(Purpose.PREFERENCES, timezone.now())
    choices = reverse("newsletter_preferences", args=[token])
    return answer(request, "confirmed", "You are on the list", preferences_url=choices)


@transaction.atomic
def _join(request: HttpRequest, subscriber: Subscriber, now: datetime) -> None:
    is_new = subscriber.confirmed_at is None
    if subscriber.confirm(origin_of(request, "confirmation mail"), now) and is_new:
        PersonalMail.objects.welcome(subscriber, now)


@token_page(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if request.method == "POST" and posted(request, "resubscribe"):
        subscriber.resubscribe(origin_of(request, "page after leaving"), timezone.now())
        if subscriber.is_confirmed:
            return _on_the_list(request, subscriber)
    elif request.method == "POST":
        subscriber.unsubscribe(origin_of(request, "link in a mail"), timezone.now())
        if posted(request, "List-Unsubscribe") == "One-Click":  # a mail program: RFC 8058
            return private_words("You get no more mails.")
    if subscriber.unsubscribed_at:
        may_return = subscriber.may_return
        return answer(request, "unsubscribed", "You get no more mails", may_return=may_return)
    return answer(request, "unsubscribe", "Stop the mails?")


def posted(request: HttpRequest, name: str) -> str:
    """A body that is no form, or in an odd encoding, is some mail program's way to leave."""
    try:
        return request.POST.get(name, "")
    except (BadRequest, MultiPartParserError):
        return ""


@token_page(Purpose.NOT_ME)
def not_me(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """“It was not me”: never write to this address again, even when its row is gone."""
    if request.method == "POST":
        now = timezone.now()
        with transaction.atomic():
            subscriber.disown(origin_of(request, "confirmation mail"), now)
            Suppression.objects.add(subscriber.address, Suppression.Reason.NOT_ME, now)
    return answer(request, "not_me", "Was it not you?", done=subscriber.suppressed_at is not None)


@page_of(AddressChange.objects.by_token, Purpose.ADDRESS_CHANGE)
def change_address(request: HttpRequest, change: AddressChange) -> HttpResponse:
    """The mail to the new address leads here: only who reads it can say yes."""
    title, refused = "Your new address", False
    if request.method == "POST":
        origin = origin_of(request, "mail to the new address")
        refused = not change.make(origin, timezone.now())
    done = change.made_at is not None
    return answer(request, "change_address", title, done=done, refused=refused)
