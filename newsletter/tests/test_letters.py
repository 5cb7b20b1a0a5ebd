"""Letters: frozen once, begun once, on time or after a look; two subjects, and nobody gets both."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from blog.tests.factories import make_topic
from newsletter.models import Campaign, Delivery, Letter, LinkDay
from newsletter.models.subscriber import Frequency
from newsletter.sweeping import sweep
from newsletter.tests.factories import choose, let_workers_run, make_letter, make_subscriber
from newsletter.tests.factories import make_subscribers as readers

pytestmark = pytest.mark.django_db


def begin(letter: Letter, now: datetime | None = None) -> dict[str, Campaign]:
    """Sent now, and begun by the sweep."""
    now = now or timezone.now()
    letter.send(now, now)
    sweep(now)
    return {campaign.variant: campaign for campaign in letter.campaigns.all()}


def people_of(campaign: Campaign) -> set[str]:
    return set(campaign.deliveries.values_list("address", flat=True))


def test_a_letter_is_sent_once_however_often_somebody_presses(mailoutbox: list) -> None:
    readers(3)
    letter, now = make_letter(), timezone.now()
    assert letter.send(now, now)
    assert not Letter.objects.get(pk=letter.pk).send(now, now)
    let_workers_run(now)
    let_workers_run(now)
    assert sorted(mail.to[0] for mail in mailoutbox) == [
        f"reader{n}@example.com" for n in (1, 2, 3)
    ]
    assert {mail.subject for mail in mailoutbox} == {"A letter"}


def test_the_database_refuses_a_second_campaign_of_a_letter() -> None:
    letter = make_letter()
    campaign = begin(letter)[""]
    campaign.pk = None
    campaign.web_key = "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        campaign.save(force_insert=True)


def test_what_was_frozen_stays_as_it_was(mailoutbox: list) -> None:
    readers(1)
    letter, now = make_letter(), timezone.now()
    letter.send(now, now)
    Letter.objects.update(subject="Changed", body="<p>Changed</p>")
    let_workers_run(now)
    assert mailoutbox[0].subject == "A letter"
    assert "Good news" in mailoutbox[0].body


def test_it_goes_to_those_it_is_for() -> None:
    make_subscriber("weekly@example.com", frequency=Frequency.WEEKLY)
    make_subscriber("every@example.com")
    make_subscriber("left@example.com", left=True)
    campaigns = begin(make_letter(frequency=Frequency.WEEKLY))
    assert people_of(campaigns[""]) == {"weekly@example.com"}


# --- On time ------------------------------------------------------------------------------


def test_a_scheduled_letter_begins_when_it_is_due_and_not_before(mailoutbox: list) -> None:
    readers(1)
    letter, now = make_letter(), timezone.now()
    letter.send(now + timedelta(hours=1), now)
    assert letter.campaign("").status == "scheduled"
    let_workers_run(now + timedelta(minutes=59))
    assert mailoutbox == []
    let_workers_run(now + timedelta(minutes=60))
    assert len(mailoutbox) == 1


def test_who_confirmed_before_it_began_gets_it_and_who_came_later_does_not() -> None:
    letter, now = make_letter(), timezone.now()
    letter.send(now + timedelta(hours=1), now)
    make_subscriber("between@example.com", confirmed_at=now + timedelta(minutes=30))
    make_subscriber("later@example.com", confirmed_at=now + timedelta(minutes=70))
    sweep(now + timedelta(hours=1))
    assert people_of(letter.campaign("")) == {"between@example.com"}


@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"])
def test_a_clock_that_is_changed_or_jumps_back_begins_it_once(day: str, mailoutbox: list) -> None:
    readers(1)
    zone = ZoneInfo("Europe/Berlin")
    at = datetime.fromisoformat(f"{day}T04:00").replace(tzinfo=zone)
    letter = make_letter()
    letter.send(at, at - timedelta(hours=5))
    for minutes in (-121, -61, -1, 0, -60, 1, 60):
        let_workers_run(at + timedelta(minutes=minutes))
    assert len(mailoutbox) == 1
    assert letter.campaign("").started_at == at


def test_a_letter_that_has_begun_begins_no_second_time_however_long_it_takes() -> None:
    """Else who joined meanwhile would get it, or it would be taken for late and wait."""
    readers(1)
    letter, now = make_letter(), timezone.now()
    begin(letter, now)
    for hours in (1, 5):
        sweep(now + timedelta(hours=hours))
        campaign = letter.campaign("")
        assert (campaign.started_at, campaign.status) == (now, "sending")


def test_a_letter_that_is_hours_late_waits_for_somebody_to_look(mailoutbox: list) -> None:
    readers(1)
    letter, now = make_letter(), timezone.now()
    letter.send(now, now)
    let_workers_run(now + timedelta(hours=4))
    campaign = letter.campaign("")
    assert campaign.status == "paused"
    assert "hours late" in campaign.pause_reason
    assert mailoutbox == []
    campaign.resume()
    let_workers_run(now + timedelta(hours=5))
    assert len(mailoutbox) == 1


def test_a_scheduled_letter_is_taken_back_and_one_that_has_begun_is_not(mailoutbox: list) -> None:
    readers(1)
    letter, now = make_letter(), timezone.now()
    letter.send(now + timedelta(hours=1), now)
    assert letter.take_back()
    letter.refresh_from_db()
    assert letter.is_draft
    let_workers_run(now + timedelta(hours=2))
    assert mailoutbox == []
    begin(letter)
    assert not letter.take_back()
    assert letter.campaigns.count() == 1


# --- Two subjects -------------------------------------------------------------------------


def compared(**fields: object) -> Letter:
    return make_letter(other_subject="Another way to say it", compare_share=50, **fields)


def test_each_half_gets_one_subject_and_the_rest_the_better_one_and_nobody_two() -> None:
    everybody = {subscriber.address for subscriber in readers(40)}
    letter, now = compared(), timezone.now()
    halves = begin(letter, now)
    assert {v: c.subject for v, c in halves.items()} == {
        "a": "A letter",
        "b": "Another way to say it",
    }
    assert letter.waits_for_a_choice
    assert letter.send_rest("b", now)
    assert not letter.send_rest("a", now)
    sweep(now)
    groups = [people_of(campaign) for campaign in letter.campaigns.all()]
    assert set.union(*groups) == everybody
    assert sum(map(len, groups)) == 40
    assert min(map(len, groups)) >= 8
    assert letter.campaign("rest").subject == "Another way to say it"


def test_the_database_lets_nobody_have_two_campaigns_of_a_letter() -> None:
    readers(10)
    halves = begin(compared())
    mail, other = halves["a"].deliveries.first(), halves["b"]
    for changed in ({"subscriber": None}, {"address_key": "else", "address": "else"}):
        copy = Delivery.objects.get(pk=mail.pk)
        copy.pk, copy.campaign = None, other
        for name, value in changed.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


def test_counted_presses_choose_by_themselves_after_the_hours_and_by_hand_otherwise() -> None:
    readers(40)
    now = timezone.now()
    by_hand, counting = compared(), compared(counts_presses=True)
    begin(by_hand, now)
    halves = begin(counting, now)
    let_workers_run(now)
    LinkDay.objects.add({(halves["b"].links.first().pk, now.date()): 5})
    sweep(now + timedelta(hours=3, minutes=59))
    assert counting.campaign("rest") is None
    sweep(now + timedelta(hours=4))
    sweep(now + timedelta(hours=4))
    assert counting.campaign("rest").subject == "Another way to say it"
    assert by_hand.campaign("rest") is None


def test_the_rest_is_of_the_people_that_the_halves_were_of() -> None:
    topic = make_topic()
    choose(make_subscriber("about@example.com"), topic)
    other = make_topic(name="Another")
    for reader in readers(20):
        choose(reader, other)
    letter, now = make_letter(other_subject="Another subject"), timezone.now()
    letter.topics.add(topic)
    begin(letter, now)
    topic.delete()
    assert Letter.objects.get().send_rest("a", now)
    sweep(now)
    rest = Letter.objects.get().campaign("rest")
    assert not people_of(rest) - {"about@example.com"}


def test_when_a_half_was_cancelled_the_rest_waits_for_somebody_to_choose_the_other() -> None:
    readers(40)
    letter, now = compared(counts_presses=True), timezone.now()
    halves = begin(letter, now)
    halves["a"].cancel("It was wrong.", now)
    sweep(now + timedelta(hours=5))
    assert letter.campaign("rest") is None
    assert letter.waits_for_a_choice
    others = 40 - sum(len(people_of(half)) for half in halves.values())
    assert letter.people_of_rest(now) == others
    assert not letter.send_rest("a", now)
    assert letter.send_rest("b", now)
    sweep(now)
    assert letter.campaign("rest").subject == "Another way to say it"
    assert letter.campaign("rest").deliveries.count() == others
    assert not letter.waits_for_a_choice


def test_when_both_halves_were_cancelled_nobody_else_gets_it() -> None:
    readers(10)
    letter, now = compared(counts_presses=True), timezone.now()
    for half in begin(letter, now).values():
        half.cancel("It was wrong.", now)
    sweep(now + timedelta(hours=5))
    assert not letter.waits_for_a_choice
    assert not letter.send_rest("a", now)
    assert letter.campaign("rest") is None
