"""What readers do on our pages, by a browser of theirs, and what these pages say to them."""

import re
from datetime import timedelta
from html import unescape

from django.core.mail import EmailMultiAlternatives
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from newsletter.models import AddressChange, Subscriber
from newsletter.tests.factories import filled_in
from newsletter.tokens import Purpose

SUBSCRIBE = "/newsletter/subscribe/"
Mails = list[EmailMultiAlternatives]
LINK = "/newsletter/link/"
NOT_AN_ADDRESS = "This does not look like an email address. It should read like name@example.com."
BAD_CHARACTERS = "This address has characters in it that cannot be part of one."
TOO_LONG = "This address is too long. Please check it."
ONE_CLICK = "List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"


def sign_up(client: Client, email: str = "reader@example.com", **more: str) -> HttpResponse:
    return client.post(SUBSCRIBE, filled_in(email, **more))


def typed(response: HttpResponse) -> str:
    """What stands in the field for the address."""
    field = re.search(r'<input type="email"[^>]*>', response.content.decode(), re.DOTALL).group()
    return unescape(re.search(r'value="([^"]*)"', field, re.DOTALL).group(1))


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def link(subscriber: Subscriber, purpose: Purpose = Purpose.PREFERENCES) -> str:
    return f"/newsletter/preferences/{subscriber.token(purpose, timezone.now())}/"


def press(subscriber: Subscriber, act: str, **fields: object) -> HttpResponse:
    """By a browser without cookies."""
    client = Client(enforce_csrf_checks=True)
    response = client.post(link(subscriber), {"act": act, **fields})
    subscriber.refresh_from_db()
    assert not client.cookies
    return response


def ask(email: str = "reader@example.com", **more: str) -> HttpResponse:
    return Client(enforce_csrf_checks=True).post(LINK, filled_in(email, **more))


def link_of_change(change: AddressChange, age: timedelta = timedelta(0)) -> str:
    return f"/newsletter/address/{change.token(timezone.now() - age)}/"


def link_to_leave(subscriber: Subscriber) -> str:
    return f"/newsletter/unsubscribe/{subscriber.token(Purpose.UNSUBSCRIBE, timezone.now())}/"


def one_click(link: str) -> HttpResponse:
    """What a mail program sends (RFC 8058): no cookie, no Referer, no Origin, no CSRF token."""
    program = Client(enforce_csrf_checks=True)
    return program.post(link, ONE_CLICK, content_type=URLENCODED)
