"""No subscriber's address is anywhere but on staff's pages for it and in that person's mails."""

import logging

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.tests.factories import make_article, make_topic
from newsletter.models import Campaign, Delivery
from newsletter.tests.factories import (
    filled_in,
    let_workers_run,
    make_campaign,
    make_mailing,
    make_subscriber,
    staff,
)

pytestmark = pytest.mark.django_db

MARK = "quetzalcoatl"
PUBLIC = [
    *("/", "/newsletter/", "/archive/", "/about/", "/privacy/", "/llms.txt", "/robots.txt"),
    *("/feed.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/sitemaps/pages.xml"),
    *("/sitemaps/articles-1.xml", "/articles/six-lines/", "/articles/six-lines.md"),
    *("/topics/interviews/", "/topics/interviews/feed.xml", "/healthz", "/readyz"),
    *("/search/?q=quetzal", "/search/suggest/?q=quetzal", "/nothing/quetzal/"),
]


def test_nothing_public_and_no_line_of_the_log_names_a_subscriber(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Past advisory: Mail Mint (in CISA's list): an endpoint that listed addresses."""
    caplog.set_level(logging.INFO)
    make_subscriber(f"{MARK}@example.com")
    client.post("/newsletter/subscribe/", filled_in(f"{MARK}.new@example.com"))
    make_article("Six lines", published_at=timezone.now(), topics=[make_topic()])
    let_workers_run()
    assert Delivery.objects.filter(state="accepted").count() == 1
    web_version = reverse("newsletter_web_version", args=[Campaign.objects.get().web_key])
    for path in [*PUBLIC, web_version]:
        response = client.get(path)
        assert MARK not in (response.content.decode() + str(response.headers)).lower(), path
    assert [line for line in caplog.messages if MARK in line] == []


@pytest.mark.parametrize(
    "ids", ["1) OR 1=1", "1 OR 1=1--", "x", "1;DROP TABLE newsletter_campaign"]
)
def test_forged_ids_of_an_action_do_nothing(ids: str) -> None:
    """Past advisory: WP Email Subscribers CVE-2026-1651."""
    make_mailing()
    make_campaign(title="Another one")
    client = staff("view_campaign", "change_campaign")
    fields = {"action": "pause", "_selected_action": ids}
    url = reverse("admin:newsletter_campaign_changelist")
    assert client.post(url, fields).status_code == 400
    assert Campaign.objects.filter(paused_at__isnull=False).count() == 0
    assert Campaign.objects.count() == 2
