"""How the list grows: each week with its numbers, and the pages where people signed up."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from newsletter.list_growth import WEEKS, ListGrowth
from newsletter.models import ConsentEvent, Suppression
from newsletter.tests.factories import make_subscriber, staff

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 13, 12, tzinfo=UTC)  # a Wednesday


def note(person: object, kind: str, at: datetime, source: str = "") -> None:
    ConsentEvent.objects.create(subscriber=person, kind=kind, at=at, source=source)


def test_each_week_counts_from_monday_in_the_sites_zone(settings: object) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    person = make_subscriber()
    sunday_night = datetime(2026, 5, 10, 21, 59, tzinfo=UTC)  # 23:59 in Berlin
    note(person, "asked", sunday_night)
    note(person, "confirmed", sunday_night + timedelta(minutes=1))
    note(person, "unsubscribed", NOW)
    note(person, "resubscribed", NOW)
    note(person, "confirmation_sent", NOW)
    Suppression.objects.add("gone@example.com", Suppression.Reason.BOUNCED, NOW)
    Suppression.objects.add("spam@example.com", Suppression.Reason.COMPLAINED, NOW)
    last, this = ListGrowth.at(NOW).weeks[-2:]
    assert (last.asked, last.joined, last.left, last.bounced) == (1, 0, 0, 0)
    assert (this.asked, this.joined, this.left, this.bounced) == (0, 2, 1, 1)
    assert this.change == 0


def test_it_goes_back_half_a_year_and_no_further() -> None:
    person = make_subscriber()
    growth = ListGrowth.at(NOW)
    first = growth.weeks[0].monday
    note(person, "asked", datetime.combine(first, datetime.min.time(), UTC))
    note(person, "asked", datetime.combine(first, datetime.min.time(), UTC) - timedelta(seconds=1))
    growth = ListGrowth.at(NOW)
    assert [week.asked for week in growth.weeks] == [1, *[0] * (WEEKS - 1)]


def test_the_pages_where_people_signed_up_say_what_became_of_them() -> None:
    for n, (source, confirmed, left) in enumerate(
        [
            ("/", True, False),
            ("/", True, True),
            ("/", False, False),
            ("/articles/pay/", True, False),
        ]
    ):
        person = make_subscriber(f"p{n}@example.com", confirmed=confirmed, left=left)
        note(person, "asked", NOW, source)
        note(person, "asked", NOW, source)  # twice is one person
    found = [(s.page, s.asked, s.confirmed, s.left) for s in ListGrowth.at(NOW).sources]
    assert found == [("/", 3, 2, 1), ("/articles/pay/", 1, 1, 0)]


def test_it_takes_three_queries_however_many_people_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(30):
        note(make_subscriber(f"p{n}@example.com"), "asked", NOW - timedelta(days=n))
    with django_assert_num_queries(3):
        ListGrowth.at(NOW)


def test_the_page_draws_what_its_table_says_and_shows_sources_as_text() -> None:
    note(make_subscriber(), "asked", timezone.now(), '/"><script>alert(1)</script>')
    page = staff("view_subscriber").get(reverse("admin:newsletter_subscriber_growth"))
    text = page.content.decode()
    assert "<script>alert" not in text
    assert len(re.findall(r'<rect class="chart__bar series-4"', text)) == 1
    assert "1 asked, 0 joined, 0 left, 0 bounced" in text
    index = staff("view_subscriber", name="ida").get(reverse("admin:index")).content.decode()
    assert reverse("admin:newsletter_subscriber_growth") in index


def test_only_who_may_see_subscribers_sees_it() -> None:
    where = reverse("admin:newsletter_subscriber_growth")
    assert staff("view_article").get(where).status_code == 403
    assert Client().get(where).url.startswith(reverse("admin:login"))
    assert staff("view_subscriber", name="ida").post(where).status_code == 405
