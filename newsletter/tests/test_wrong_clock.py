"""A clock that was days ahead and is put right leaves nothing that waits for days."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from blog.tests.factories import make_article
from careersite.tests.provider import Answer, Provider
from newsletter.models import Batch, Campaign, Delivery, PersonalMail, SendingLimit, Subscriber
from newsletter.outcomes import later
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, make_mailing, make_subscriber, send
from newsletter.tests.stand_ins import RESEND

pytestmark = pytest.mark.django_db

TODAY = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
MINUTE = timedelta(minutes=1)
FAR_AHEAD = pytest.mark.parametrize("ahead", [timedelta(hours=10), timedelta(days=400)])


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(TODAY, tick=False) as clock:
        yield clock


@FAR_AHEAD
def test_a_rest_and_the_next_tries_end_at_the_next_sweep(
    clock: time_machine.Traveller, ahead: timedelta
) -> None:
    campaign = make_mailing(readers=3)
    clock.shift(ahead)
    first, _ = Delivery.objects.claim(campaign, 2, timezone.now())
    assert first.go(timezone.now())
    first.record(later("450 Try later"), timezone.now())
    campaign.rest(timezone.now() + MINUTE)
    clock.shift(-ahead)
    assert send(campaign) == 0
    for _ in range(3):
        let_workers_run()
        clock.shift(MINUTE)
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert Campaign.objects.get().status == "sent"


def test_waits_that_can_be_are_kept(clock: time_machine.Traveller) -> None:
    campaign = make_mailing()
    campaign.rest(TODAY + timedelta(hours=6))
    Delivery.objects.update(not_before=TODAY + timedelta(hours=6))
    let_workers_run()
    assert Campaign.objects.get().rests_until == TODAY + timedelta(hours=6)
    assert Delivery.objects.get().not_before == TODAY + timedelta(hours=6)


def test_a_closed_way_and_a_slowed_pace_are_those_of_a_right_clock() -> None:
    campaign = make_mailing()
    SendingLimit.objects.slow_down(campaign, TODAY + timedelta(days=30), timedelta(hours=1))
    assert SendingLimit.objects.holds_until(TODAY) is None
    assert not SendingLimit.objects.get().is_slowed(TODAY)
    SendingLimit.objects.slow_down(campaign, TODAY, timedelta(hours=1))
    assert SendingLimit.objects.holds_until(TODAY) == TODAY + timedelta(hours=1)
    assert SendingLimit.objects.get().is_slowed(TODAY)


def test_mails_to_one_person_go_out_too(mailoutbox: list, clock: time_machine.Traveller) -> None:
    ahead = timezone.now() + timedelta(days=30)
    person = make_subscriber("new@example.com", confirmed=False, confirmation_due_at=TODAY)
    assert person.claim_confirmation(ahead)
    PersonalMail.objects.make_due("preferences_link", make_subscriber(), TODAY)
    PersonalMail.objects.update(lease_until=ahead)
    let_workers_run()
    assert sorted(mail.to[0] for mail in mailoutbox) == ["new@example.com", "reader@example.com"]
    assert not Subscriber.objects.filter(confirmation_due_at__isnull=False).exists()


def test_a_key_that_nobody_knows_the_age_of_is_not_used(
    settings: object, provider: Provider, clock: time_machine.Traveller
) -> None:
    """The provider forgets it a day after the call, whatever our clock said then."""
    RESEND.use(settings, provider)
    campaign = make_mailing(readers=2)
    clock.shift(timedelta(days=30))
    provider.next_answers.append(Answer(is_lost=True))
    send(campaign)
    clock.shift(-timedelta(days=30))
    for _ in range(3):
        let_workers_run()
        clock.shift(timedelta(hours=8))
    clock.shift(timedelta(days=30))
    let_workers_run()
    assert len(provider.requests) == 1
    assert campaign.tally() == {State.IN_DOUBT: 2}
    assert Batch.objects.get().repeat_at is None


@pytest.mark.parametrize("frequency", ["every", "weekly"])
def test_whoever_joined_meanwhile_gets_what_comes_out(
    mailoutbox: list, clock: time_machine.Traveller, frequency: str
) -> None:
    make_subscriber(frequency=frequency, confirmed_at=TODAY + timedelta(days=30))
    make_article(published_at=TODAY)
    for _ in range(7):
        let_workers_run()
        clock.shift(timedelta(days=1))
    assert [mail.to for mail in mailoutbox] == [["reader@example.com"]]


def test_numbers_are_counted_anew(clock: time_machine.Traveller) -> None:
    campaign = make_mailing()
    clock.shift(timedelta(days=30))
    let_workers_run()
    clock.shift(-timedelta(days=30))
    let_workers_run()
    campaign.refresh_from_db()
    assert campaign.tally_row.at == TODAY
    clock.shift(timedelta(minutes=3))
    let_workers_run()
    campaign.refresh_from_db()
    assert campaign.tally_row.before_at == TODAY
