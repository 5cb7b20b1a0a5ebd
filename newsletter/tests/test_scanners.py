"""Mail scanners fetch every link of a mail: nobody joins by it, and nobody leaves."""

import re
from html import unescape

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article, make_image
from newsletter.models import Subscriber
from newsletter.tests.factories import all_rows, filled_in, let_workers_run, make_subscriber

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"


def links_in(mail: EmailMultiAlternatives) -> set[str]:
    html = mail.alternatives[0].content
    in_html = map(unescape, re.findall(r'(?:href|src)="([^"]+)"', html))
    in_headers = re.findall(r"<([^>]+)>", mail.extra_headers.get("List-Unsubscribe", ""))
    return {*re.findall(r"https?://\S+", mail.body), *in_html, *in_headers}


@pytest.fixture
def mails(client: Client, mailoutbox: list) -> list[EmailMultiAlternatives]:
    """A question and a notice, as they lie in two inboxes."""
    make_subscriber("ada@example.com")
    client.post("/newsletter/subscribe/", filled_in("new@example.com"))
    make_article(published_at=timezone.now(), cover=make_image(600, 300))
    let_workers_run()
    assert len(mailoutbox) == 2
    return mailoutbox


def test_fetching_all_that_is_in_a_mail_changes_nothing(
    client: Client, mails: list[EmailMultiAlternatives]
) -> None:
    links = {link for mail in mails for link in links_in(mail)}
    before = all_rows()
    for link in sorted(links):
        assert link.startswith(f"{SITE}/"), link
        for fetch in (client.get, client.head, client.options):
            fetch(link.removeprefix(SITE), headers={"Referer": "https://scanner.example"})
    assert all_rows() == before
    assert Subscriber.objects.get(address="new@example.com").confirmed_at is None
    assert Subscriber.objects.mailable().get().address == "ada@example.com"


def test_every_link_leads_straight_to_a_page(
    client: Client, mails: list[EmailMultiAlternatives]
) -> None:
    links = {link for mail in mails for link in links_in(mail)}
    kinds = {link.removeprefix(SITE).split("/")[1] for link in links}
    assert kinds == {"", "newsletter", "articles", "media", "static"}
    for link in links:
        may_lead_on = "/articles/id/" in link
        assert client.get(link.removeprefix(SITE), follow=may_lead_on).status_code == 200, link


def test_a_scanner_that_runs_scripts_finds_none_that_presses(
    client: Client, mails: list[EmailMultiAlternatives]
) -> None:
    pages = [link for mail in mails for link in links_in(mail) if "/newsletter/" in link]
    assert len(pages) == 5
    for link in pages:
        page = client.get(link.removeprefix(SITE)).content.decode()
        assert "<script" not in page
        assert "http-equiv" not in page
        assert not re.search(r"\son\w+=", page)
        assert "autofocus" not in page
