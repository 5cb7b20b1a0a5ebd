"""Dates on staff pages: written in one way only, in the site's zone."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize

from blog.tests.factories import make_article
from newsletter.models import Campaign
from newsletter.tests.factories import make_mailing, staff

EVENING = datetime(2026, 7, 4, 22, 5, tzinfo=UTC)
AMERICAN = re.compile(r"[ap]\.m\.|noon|midnight|[A-Z][a-z]+\.? \d{1,2}, 20\d\d|\d{2}/\d{2}/20\d\d")


@pytest.fixture
def pages() -> list[str]:
    make_article("Late", published_at=EVENING)
    make_mailing()
    Campaign.objects.update(created_at=EVENING)
    names = ("blog_article", "blog_image", "newsletter_campaign", "newsletter_delivery")
    one = reverse("admin:newsletter_campaign_change", args=[Campaign.objects.get().pk])
    return [*[reverse(f"admin:{name}_changelist") for name in names], one]


@pytest.mark.django_db
def test_no_staff_page_writes_dates_as_americans_do(pages: list[str]) -> None:
    rights = [f"view_{model}" for model in ("article", "image", "campaign", "delivery")]
    client: Client = staff(*rights)
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert AMERICAN.findall(answer.content.decode()) == [], page


@pytest.mark.django_db
def test_a_list_shows_the_sites_own_day_and_hour(pages: list[str]) -> None:
    with timezone.override("Europe/Vienna"):
        words = staff("view_campaign").get(pages[2]).content.decode()
    assert "5 Jul 2026, 00:05" in words


def test_day_and_hour_are_read_as_they_are_written() -> None:
    assert localize(EVENING) == "4 Jul 2026, 22:05"
    assert localize(EVENING.date()) == "4 Jul 2026"
    assert localize(EVENING.time()) == "22:05"
