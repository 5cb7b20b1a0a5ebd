"""Every kind of page, as the Nu HTML checker sees it."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog.models import Article
from careersite.outbox import EmailBackend
from careersite.tests.links import own_paths
from careersite.tests.nu_checker import complaints
from newsletter.consent import Origin
from newsletter.models import AddressChange, Campaign
from newsletter.tests.factories import filled_in, make_subscriber, send
from newsletter.tokens import Purpose

pytestmark = [pytest.mark.checker, pytest.mark.django_db]

HOST = "http://testserver"
ERROR_PAGES = ("400.html", "403.html", "500.html", "503.html")
NOT_LINKED = [
    *("/search/", "/search/?q=interview", "/search/?q=%22%3Cb%3E%26amp;", "/search/?q=qqqq"),
    *("/nothing/", "/articles/nothing/", "/newsletter/confirm/x/"),
    *("/ask/thanks/", "/resume/thanks/", "/ask/?from=/about/&placement=corner"),
]
ODD = 'Odd & "long" <b>title</b> of an article’s page, longer than any that a person would write'


@pytest.mark.usefixtures("addresses_of_debug")
def test_the_checker_finds_nothing(client: Client, tmp_path: Path, settings: Settings) -> None:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.EMAIL_BACKEND = f"{EmailBackend.__module__}.{EmailBackend.__qualname__}"
    call_command("seed_demo", verbosity=0)
    make_one_odd()

    pages = {name: render_to_string(name).encode() for name in ERROR_PAGES}
    pages |= for_one_person(client)
    pages |= outbox(client)
    pages |= linked(client)
    assert len(pages) > 60

    (folder := tmp_path / "pages").mkdir()
    assert complaints(pages, folder) == []


def make_one_odd() -> None:
    """With all that can be missing, and signs that HTML knows."""
    article = Article.objects.published().first()
    article.title = article.summary = ODD
    article.published_at = timezone.now()
    article.cover, article.body = None, "<p>Short.</p>"
    article.save()
    article.topics.clear()


def linked(client: Client) -> dict[str, bytes]:
    """Whatever HTML there is for strangers to find from the start page."""
    pages, ahead = {}, ["/", *NOT_LINKED]
    seen = set()
    while ahead:
        path = ahead.pop()
        if path in seen or path.startswith(("/static/", "/media/", "/admin/")):
            continue
        seen.add(path)
        response = client.get(path, follow=True)
        if response["Content-Type"].startswith("text/html"):
            pages[path] = response.content
            ahead += own_paths(response.content.decode(), HOST + path)
    return pages


def for_one_person(client: Client) -> dict[str, bytes]:
    """Forms that come back, and what the links in mails lead to."""
    wrong = {"email": "nobody@", "website": ""}
    answers = {
        "/newsletter/subscribe/ empty": client.post("/newsletter/subscribe/", {}),
        "/newsletter/subscribe/ wrong": client.post("/newsletter/subscribe/", wrong),
        "/newsletter/link/": client.post("/newsletter/link/", wrong),
        "/newsletter/subscribe/": client.post("/newsletter/subscribe/", filled_in()),
        "/ask/ wrong": client.post("/ask/", wrong),
        "/resume/ wrong": client.post("/resume/", wrong),
    }
    return {name: answer.content for name, answer in answers.items()} | {
        f"{purpose} {method}": answer.content
        for purpose in Purpose
        for method, answer in get_and_post(client, purpose)
    }


def get_and_post(client: Client, purpose: Purpose) -> list[tuple[str, HttpResponse]]:
    now, is_new = timezone.now(), purpose in (Purpose.CONFIRM, Purpose.NOT_ME)
    person = make_subscriber(f"{purpose.value}@example.com", confirmed=not is_new)
    token = person.token(purpose, now)
    if purpose is Purpose.ADDRESS_CHANGE:
        token = AddressChange.objects.ask(person, "new@example.com", Origin(), now).token(now)
    link = f"/newsletter/{purpose.value}/{token}/"
    return [("GET", client.get(link)), ("POST", client.post(link))]


def outbox(client: Client) -> dict[str, bytes]:
    make_subscriber("somebody@example.com")
    campaign = Campaign.objects.announce(Article.objects.published().last(), timezone.now())
    campaign.expand(timezone.now())
    assert send(campaign) > 0
    inbox = client.get("/outbox/").content
    mail = next(path for path in own_paths(inbox.decode(), f"{HOST}/outbox/") if ".eml" in path)
    return {"/outbox/": inbox, "a mail": client.get(mail).content}
