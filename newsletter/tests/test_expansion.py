"""Who gets a campaign: one delivery for each person who had confirmed when it began."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from blog.tests.factories import make_article
from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.models import campaign as campaigns
from newsletter.states import State
from newsletter.tests.factories import (
    at_once,
    make_campaign,
    make_mailing,
    make_subscriber,
    make_subscribers,
    together,
)
from newsletter.tests.races import at_the_same_time

pytestmark = pytest.mark.django_db


def addresses(campaign: Campaign) -> list[str]:
    return list(campaign.deliveries.values_list("address", flat=True))


def breaking_at_insert(number: int) -> Callable[..., object]:
    """The database goes away at so-many-th INSERT of deliveries."""
    seen = 0

    def execute(run: Callable, sql: str, params: object, many: bool, context: dict) -> object:
        nonlocal seen
        if "INSERT INTO newsletter_delivery" in sql:
            seen += 1
            if seen == number:
                raise OperationalError("server closed the connection unexpectedly")
        return run(sql, params, many, context)

    return execute


def test_who_had_confirmed_gets_it_and_nobody_else() -> None:
    make_subscriber("in@example.com")
    make_subscriber("asked@example.com", confirmed=False)
    make_subscriber("left@example.com", left=True)
    make_subscriber("never@example.com", suppressed=True)
    campaign = make_campaign()
    campaign.expand(timezone.now())
    assert addresses(campaign) == ["in@example.com"]


def test_who_confirms_after_the_beginning_gets_the_next_one() -> None:
    campaign = make_campaign()
    make_subscriber("at@example.com", confirmed_at=campaign.created_at)
    make_subscriber("after@example.com", confirmed_at=campaign.created_at + timedelta(seconds=1))
    campaign.expand(timezone.now())
    assert addresses(campaign) == ["at@example.com"]
    following = Campaign.objects.announce(
        make_article("The next"), campaign.created_at + timedelta(minutes=1)
    )
    following.expand(timezone.now())
    assert set(addresses(following)) == {"at@example.com", "after@example.com"}


def test_the_database_refuses_a_second_mail_for_the_person_or_the_address() -> None:
    campaign = make_mailing()
    first = campaign.deliveries.get()
    other = make_subscriber("other@example.com")
    again = {"campaign": campaign, "address": "x", "queued_at": timezone.now()}
    for twice in (
        {"subscriber": first.subscriber, "address_key": "somebody@example.com"},
        {"subscriber": other, "address_key": first.address_key},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delivery.objects.create(**again, **twice)


def test_expanding_twice_adds_nothing_and_disturbs_nothing() -> None:
    campaign = make_mailing(readers=3)
    campaign.deliveries.update(state=State.ACCEPTED)
    make_subscriber("new@example.com", confirmed_at=timezone.now() - timedelta(days=1))
    Campaign.objects.get(pk=campaign.pk).expand(timezone.now())
    assert campaign.tally() == {State.ACCEPTED: 3}


def test_it_goes_on_where_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "IDS_A_STATEMENT", 3)
    first, *_ = make_subscribers(10)
    campaign = make_campaign()
    Campaign.objects.update(expanded_through=first.pk - 1)
    with connection.execute_wrapper(breaking_at_insert(3)), pytest.raises(OperationalError):
        campaign.expand(timezone.now())
    assert campaign.deliveries.count() == 6
    assert not campaign.finish_if_done(timezone.now())

    sweeping.sweep(timezone.now())
    campaign.refresh_from_db()
    assert campaign.expanded_at
    assert campaign.tally() == {State.QUEUED: 10}


def test_it_begins_anew_if_even_the_watermark_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "IDS_A_STATEMENT", 3)
    campaign = make_mailing(readers=10)
    Campaign.objects.update(expanded_at=None, expanded_through=0)
    campaign.expand(timezone.now())
    assert campaign.tally() == {State.QUEUED: 10}


def test_a_campaign_that_is_stopped_meanwhile_gets_no_more_mails() -> None:
    make_subscribers(2)
    paused, cancelled = make_campaign(title="Paused"), make_campaign(title="Cancelled")
    now = timezone.now()
    paused.pause("Wait.", now)
    cancelled.cancel("No.", now)
    for campaign in (paused, cancelled):
        campaign.expand(now)
        assert campaign.tally() == {}
        assert campaign.expanded_at is None
    paused.resume()
    paused.expand(now)
    assert paused.tally() == {State.QUEUED: 2}


@at_the_same_time
def test_several_workers_at_once_make_one_mail_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "IDS_A_STATEMENT", 7)
    make_subscribers(60)
    pk = make_campaign().pk
    at_once(lambda: Campaign.objects.get(pk=pk).expand(timezone.now()), 4)
    campaign = Campaign.objects.get(pk=pk)
    assert campaign.tally() == {State.QUEUED: 60}
    assert campaign.expanded_at


@at_the_same_time
def test_cancelling_in_the_middle_leaves_nothing_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "IDS_A_STATEMENT", 2)
    make_subscribers(60)
    pk = make_campaign().pk

    def cancel() -> None:
        while not Delivery.objects.exists():
            pass
        Campaign.objects.get(pk=pk).cancel("Stop.", timezone.now())

    together(lambda: Campaign.objects.get(pk=pk).expand(timezone.now()), cancel)
    assert not Delivery.objects.open().exists()
    assert Campaign.objects.get(pk=pk).finish_if_done(timezone.now())
