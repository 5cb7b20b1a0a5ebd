"""What goes wrong is visible to whoever watches `/readyz`, and to staff where they begin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Pulse, SendingLimit
from newsletter.tests.factories import campaign_with, make_mailing, staff

pytestmark = pytest.mark.django_db

DESK = reverse("admin:index")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def swept() -> None:
    Pulse.beat("sweep", timezone.now())


def wrong_at_readyz() -> list[str]:
    response = Client().get("/readyz")
    wrong = [name for name, finding in response.json().items() if not finding["ok"]]
    assert (response.status_code == 503) is bool(wrong)
    assert "example.com" not in response.content.decode()
    return wrong


def on_the_desk(client: Client | None = None) -> str:
    return (client or staff("view_campaign")).get(DESK).content.decode()


def test_where_all_is_well_nothing_is_said() -> None:
    campaign_with(delivered=98, failed=2, complained=1)
    assert wrong_at_readyz() == []
    assert "Needs a look" not in on_the_desk()


@pytest.mark.parametrize(
    ("counts", "wrong", "words"),
    [
        ({"delivered": 90, "failed": 10}, ["failures"], "10 % of its last mails failed."),
        ({"delivered": 90, "bounced": 10}, ["failures"], "10 of the last 100 mails came back"),
        ({"delivered": 998, "complained": 2}, ["complaints"], "2 of the last 1000 mails were"),
        ({"delivered": 9, "failed": 9}, [], ""),
    ],
)
def test_too_many_failures_or_complaints(counts: dict, wrong: list[str], words: str) -> None:
    campaign = campaign_with(**counts)
    assert wrong_at_readyz() == wrong
    page = on_the_desk()
    assert words in page
    assert (f"/admin/newsletter/campaign/{campaign.pk}/change/" in page) is bool(words)
    now = timezone.now()
    Campaign.objects.update(paused_at=now, finished_at=now)  # that makes it no better
    assert words in on_the_desk(staff("view_campaign", name="ben"))
    Campaign.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert wrong_at_readyz() == []


def test_a_silent_sweep() -> None:
    Pulse.beat("sweep", timezone.now() - 3 * HOUR)
    assert wrong_at_readyz() == ["sweep"]
    assert "The sweep has not run for 3 hours" in on_the_desk()


def test_mails_that_wait_too_long_unless_a_limit_holds_them() -> None:
    make_mailing(readers=2)
    Delivery.objects.update(queued_at=timezone.now() - HOUR)
    assert wrong_at_readyz() == ["deliveries"]
    assert "have waited for 60 minutes" in on_the_desk()
    today = timezone.localdate()
    SendingLimit.objects.create(way="locmem", per_day=5, day=today, sent_that_day=5)
    assert wrong_at_readyz() == []
    assert "have waited" not in on_the_desk(staff("view_campaign", name="eve"))


def test_a_paused_campaign_stands_on_the_desk_until_it_goes_on() -> None:
    campaign = make_mailing()
    campaign.pause("The provider answered <401>.", timezone.now())
    client = staff("view_campaign")
    assert "is paused. The provider answered &lt;401&gt;." in on_the_desk(client)
    campaign.resume()
    assert "is paused" not in on_the_desk(client)


def test_staff_who_have_nothing_to_do_with_it_are_not_troubled() -> None:
    Pulse.objects.all().delete()
    assert "Needs a look" not in on_the_desk(staff("view_article"))
    assert "The sweep has never run" in on_the_desk(staff("view_campaign", name="b"))


@pytest.mark.parametrize(
    ("provider", "counts", "is_silent"),
    [
        ("mailgun", {"accepted": 100}, True),
        ("mailgun", {"accepted": 99, "delivered": 1}, False),
        ("mailgun", {"accepted": 99}, False),
        ("scaleway", {"accepted": 100}, False),
        ("smtp", {"accepted": 100}, False),
    ],
)
def test_a_provider_that_reports_nothing_an_hour_later(
    settings: object, provider: str, counts: dict, is_silent: bool
) -> None:
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    campaign_with(**counts)
    words = "Are its webhooks set up?"
    client = staff("view_campaign")
    assert words not in on_the_desk(client)
    Campaign.objects.update(created_at=timezone.now() - HOUR)
    assert (words in on_the_desk(client)) is is_silent
    assert wrong_at_readyz() == []
