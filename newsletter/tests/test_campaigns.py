"""Which articles are announced, with which words, and what a campaign may say of itself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from blog.models import Article
from blog.tests.factories import make_article
from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.outcomes import later
from newsletter.states import OPEN_STATES, State
from newsletter.tests.factories import (
    let_workers_run,
    make_campaign,
    make_mailing,
    make_subscriber,
    make_subscribers,
    send,
)

pytestmark = pytest.mark.django_db

MONDAY_AT_NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def states(campaign: Campaign) -> list[str]:
    return list(campaign.deliveries.order_by("pk").values_list("state", flat=True))


# --- What is announced --------------------------------------------------------------------


def test_a_new_article_is_announced_once_however_often_the_sweep_looks() -> None:
    make_subscribers(2)
    make_article(published_at=None).publish()
    for _ in range(3):
        let_workers_run()
    assert Campaign.objects.count() == 1
    assert sorted(message.to[0] for message in mail.outbox) == [
        "reader1@example.com",
        "reader2@example.com",
    ]


def test_the_database_refuses_a_second_campaign_for_the_article() -> None:
    article = make_article()
    make_campaign(article)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_campaign(article)


def test_publishing_twice_or_again_announces_once() -> None:
    article = make_article(published_at=None)
    article.publish()
    Article.objects.get(pk=article.pk).publish()
    sweeping.sweep(timezone.now())
    article.withdraw()
    article.publish()
    assert sweeping.sweep(timezone.now()).announced == 0
    assert Campaign.objects.count() == 1


def test_a_scheduled_article_is_announced_at_its_time_and_not_before() -> None:
    with time_machine.travel(MONDAY_AT_NINE - timedelta(days=3), tick=False):
        make_article(published_at=None).publish(at=MONDAY_AT_NINE)
    found = [
        sweeping.sweep(MONDAY_AT_NINE + wait).announced
        for wait in (-timedelta(hours=1), -SECOND, SECOND, timedelta(hours=1))
    ]
    assert found == [0, 0, 1, 0]


def test_a_clock_that_goes_back_announces_nothing_again() -> None:
    make_article(published_at=MONDAY_AT_NINE)
    now = MONDAY_AT_NINE + timedelta(hours=30)
    found = [sweeping.sweep(now - back).announced for back in (0 * SECOND, timedelta(days=1))]
    assert found == [1, 0]


def test_a_site_that_was_down_announces_late_but_not_after_two_days() -> None:
    make_article("Last week", published_at=MONDAY_AT_NINE - timedelta(days=7))
    make_article("Just too old", published_at=MONDAY_AT_NINE - timedelta(days=2))
    make_article("Young enough", published_at=MONDAY_AT_NINE - timedelta(days=2) + SECOND)
    sweeping.sweep(MONDAY_AT_NINE)
    assert [campaign.subject for campaign in Campaign.objects.all()] == ["Young enough"]


def test_drafts_expired_articles_and_those_without_a_wish_for_it_are_not_announced() -> None:
    now = timezone.now()
    make_article("Draft", published_at=None)
    make_article("Expired", expires_at=now - SECOND)
    make_article("Quiet", wants_notice=False)
    assert sweeping.sweep(now).announced == 0


def test_one_article_that_cannot_be_announced_keeps_back_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_article("Broken", published_at=timezone.now() - timedelta(hours=2))
    make_article("Whole", published_at=timezone.now() - timedelta(hours=1))
    announce = Campaign.objects.announce

    def fail_for_one(article: Article, now: datetime) -> Campaign:
        if article.title == "Broken":
            raise RuntimeError("its picture is gone")
        return announce(article, now)

    monkeypatch.setattr(type(Campaign.objects), "announce", lambda _, *given: fail_for_one(*given))
    assert sweeping.sweep(timezone.now()).announced == 1
    assert Campaign.objects.get().subject == "Whole"
    assert "cannot be announced" in caplog.text


# --- The words ----------------------------------------------------------------------------


def test_a_later_edit_of_the_article_changes_no_mail() -> None:
    make_subscriber()
    article = make_article("As it was", summary="Old summary.")
    campaign = make_campaign(article)
    article.title, article.summary = "As it is now", "New summary."
    article.save()
    campaign.expand(timezone.now())
    send(campaign)
    [sent] = mail.outbox
    [(html, _)] = sent.alternatives
    assert sent.subject == "As it was"
    assert "Old summary." in sent.body
    assert "Old summary." in html
    assert "New summary." not in sent.body + html
    assert Campaign.objects.get().content_hash == campaign.content_hash


def test_each_copy_goes_to_one_person_with_a_link_of_its_own() -> None:
    send(make_mailing(readers=2))
    first, second = mail.outbox
    assert (first.to, second.to) == (["reader1@example.com"], ["reader2@example.com"])
    links = {message.extra_headers["List-Unsubscribe"] for message in mail.outbox}
    identities = {message.extra_headers["Message-ID"] for message in mail.outbox}
    assert len(links) == len(identities) == 2


# --- An article that is taken back --------------------------------------------------------


def test_an_article_that_is_taken_back_is_announced_no_further() -> None:
    campaign = make_mailing(readers=3)
    Delivery.objects.filter(subscriber__address="reader1@example.com").update(state=State.ACCEPTED)
    campaign.article.withdraw()
    let_workers_run()
    assert states(campaign) == [State.ACCEPTED, State.SKIPPED, State.SKIPPED]
    assert mail.outbox == []
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"


@pytest.mark.parametrize("end", ["deleted", "expired", "put off", "paused and taken back"])
def test_whatever_takes_the_article_from_the_public_stops_its_mails(end: str) -> None:
    campaign = make_mailing(readers=1)
    now = timezone.now()
    article = campaign.article
    if end == "deleted":
        article.delete()
    elif end == "expired":
        Article.objects.update(expires_at=now)
    elif end == "put off":
        Article.objects.update(published_at=now + timedelta(days=1))
    else:
        campaign.pause("Wait.", now)
        article.withdraw()
    found = let_workers_run(now)
    assert found.campaigns == []
    assert states(campaign) == [State.SKIPPED]
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"
    assert campaign.finished_at


def test_a_mail_that_comes_back_from_the_wire_after_the_end_is_not_left_waiting() -> None:
    campaign = make_mailing()
    now = timezone.now()
    [delivery] = Delivery.objects.claim(campaign, 1, now)
    assert delivery.go(now)
    campaign.cancel("Not this one.", now)
    assert states(campaign) == [State.SUBMITTING]
    delivery.record(later("450 Try later"), now)
    sweeping.sweep(now)
    assert states(campaign) == [State.SKIPPED]
    campaign.refresh_from_db()
    assert campaign.finished_at
    assert campaign.cancel_reason == "Not this one."


# --- Pause and resume ---------------------------------------------------------------------


def test_a_pause_stops_at_once_and_resuming_sends_exactly_the_rest() -> None:
    campaign = make_mailing(readers=5)
    now = timezone.now()
    claimed = Delivery.objects.claim(campaign, 5, now)
    assert claimed[0].go(now)
    campaign.pause("Somebody saw a mistake.", now)
    assert [delivery.go(now) for delivery in claimed[1:]] == [False] * 4
    Delivery.objects.release(claimed)
    assert Delivery.objects.claim(campaign, 5, now) == []
    assert send(campaign) == 0
    assert let_workers_run(now).campaigns == []

    campaign.resume()
    let_workers_run(now)
    assert [message.to[0] for message in mail.outbox] == [d.address for d in claimed[1:]]
    assert states(campaign) == [State.SUBMITTING] + [State.ACCEPTED] * 4


def test_a_pause_keeps_its_first_reason_and_does_not_touch_what_is_over() -> None:
    campaign = make_mailing()
    now = timezone.now()
    assert campaign.pause("First.", now)
    assert not campaign.pause("Second.", now)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("paused", "First.")
    campaign.resume()
    campaign.cancel("Over.", now)
    assert not campaign.pause("Third.", now)


# --- “Sent” -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State.values)
def test_a_campaign_is_finished_only_when_nothing_is_open(state: str) -> None:
    campaign = make_mailing(readers=2)
    last = campaign.deliveries.last()
    campaign.deliveries.exclude(pk=last.pk).update(state=State.ACCEPTED)
    campaign.deliveries.filter(pk=last.pk).update(state=state)
    assert campaign.finish_if_done(timezone.now()) is (state not in OPEN_STATES)
    campaign.refresh_from_db()
    assert (campaign.status == "sent") is (state not in OPEN_STATES)
    assert sum(campaign.tally().values()) == 2


def test_a_campaign_without_its_deliveries_is_not_finished() -> None:
    make_subscriber()
    campaign = make_campaign()
    assert campaign.status == "preparing"
    assert not campaign.finish_if_done(timezone.now())


def test_a_campaign_for_nobody_is_finished_at_once() -> None:
    campaign = make_mailing(readers=0)
    sweeping.sweep(timezone.now())
    campaign.refresh_from_db()
    assert campaign.status == "sent"


def test_a_finished_campaign_stays_finished_from_the_first_time_on() -> None:
    campaign = make_mailing(readers=0)
    first = timezone.now()
    assert campaign.finish_if_done(first)
    assert not campaign.finish_if_done(first + timedelta(hours=1))
    campaign.refresh_from_db()
    assert campaign.finished_at == first
