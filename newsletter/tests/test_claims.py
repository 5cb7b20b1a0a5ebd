"""Workers share a campaign: no mail is in two hands."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.models import Campaign, Delivery
from newsletter.sending.marks import Marks
from newsletter.sending.way import Mail
from newsletter.states import State
from newsletter.tests.factories import at_once, make_campaign, make_mailing
from newsletter.tests.races import at_the_same_time
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db

Claim = Callable[..., Sequence[Mail]]
WORKERS = 8 if connection.vendor == "postgresql" else 2


def test_a_claim_takes_the_oldest_that_are_due_and_leases_them() -> None:
    campaign = make_mailing(readers=5)
    now = timezone.now()
    first, second, *_ = campaign.deliveries.order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(not_before=now + timedelta(seconds=1))
    Delivery.objects.filter(pk=second.pk).update(not_before=now)
    claimed = Delivery.objects.claim(campaign, 2, now)
    assert [delivery.pk for delivery in claimed] == [second.pk, second.pk + 1]
    assert {delivery.lease_until for delivery in claimed} == {now + LEASE}
    assert len({delivery.claim_token for delivery in claimed}) == 1
    assert campaign.tally() == {State.CLAIMED: 2, State.QUEUED: 3}


def test_a_claim_takes_no_mail_of_another_campaign() -> None:
    campaign = make_mailing(readers=2)
    other = make_campaign(title="Another")
    other.expand(timezone.now())
    claimed = Delivery.objects.claim(campaign, 50, timezone.now())
    assert {delivery.campaign_id for delivery in claimed} == {campaign.pk}
    assert other.tally() == {State.QUEUED: 2}


def test_nothing_is_claimed_from_a_campaign_that_does_not_run() -> None:
    campaign = make_mailing(readers=2)
    now = timezone.now()
    for stop in (
        {"paused_at": now},
        {"cancelled_at": now},
        {"finished_at": now},
        {"rests_until": now + timedelta(seconds=1)},
    ):
        Campaign.objects.update(**stop)
        assert Delivery.objects.claim(campaign, 50, now) == []
        Campaign.objects.update(**dict.fromkeys(stop))
    Campaign.objects.update(rests_until=now)
    assert len(Delivery.objects.claim(campaign, 50, now)) == 2


def test_what_is_given_back_can_be_claimed_again_and_what_was_tried_cannot() -> None:
    campaign = make_mailing(readers=3)
    now = timezone.now()
    claimed = Delivery.objects.claim(campaign, 50, now)
    assert claimed[0].go(now)
    assert Delivery.objects.release(claimed) == 2
    again = Delivery.objects.claim(campaign, 50, now)
    assert [delivery.pk for delivery in again] == [delivery.pk for delivery in claimed[1:]]


def test_nobody_gives_back_what_another_has_claimed_since() -> None:
    campaign = make_mailing()
    now = timezone.now()
    late = Delivery.objects.claim(campaign, 1, now)
    Delivery.objects.expire_leases(now + LEASE + timedelta(seconds=1))
    Delivery.objects.claim(campaign, 1, now)
    assert Delivery.objects.release(late) == 0
    assert campaign.tally() == {State.CLAIMED: 1}


def in_django(campaign: Campaign) -> Claim:
    return partial(Delivery.objects.claim, campaign)


def by_marks(campaign: Campaign) -> Claim:
    """As a worker does it."""
    return Marks(campaign).claim


@at_the_same_time
@pytest.mark.parametrize("how", [in_django, by_marks])
def test_workers_at_once_never_claim_the_same_mail(how: Callable[[Campaign], Claim]) -> None:
    campaign = make_mailing(readers=200)

    def claim_all() -> list[int]:
        claim, mine = how(campaign), []
        while claimed := claim(7, timezone.now()):
            mine += [delivery.pk for delivery in claimed]
        return mine

    shares = at_once(claim_all, WORKERS)
    claimed = [pk for share in shares for pk in share]
    assert len(claimed) == len(set(claimed)) == 200
