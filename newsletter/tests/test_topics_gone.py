"""When all topics that somebody chose are deleted, nothing comes that they did not ask for."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Topic
from blog.tests.factories import make_article, make_topic
from newsletter.audience import Audience
from newsletter.exporting import csv_lines
from newsletter.models import PersonalMail, Preferences, Subscriber
from newsletter.tests.factories import (
    at_once,
    choose,
    let_workers_run,
    make_campaign,
    make_letter,
    make_subscriber,
    staff,
)
from newsletter.tests.races import at_the_same_time
from newsletter.tests.readers import link, press
from newsletter.topics_gone import LOOKED_FOR_EVERY, tell_some

pytestmark = pytest.mark.django_db

TOLD = "Choose anew what you get from Open Seat"
ON_THE_PAGE = "is no longer a topic here"


@pytest.fixture
def pay() -> Topic:
    return make_topic("Pay")


@pytest.fixture
def ada(pay: Topic) -> Subscriber:
    """Chose one topic alone."""
    ada = make_subscriber("ada@example.com")
    choose(ada, pay)
    return ada


def notice(*topics: Topic) -> set[str]:
    """Who is mailed an article about these."""
    campaign = make_campaign(topics=list(topics))
    campaign.expand(timezone.now())
    return set(campaign.deliveries.values_list("address", flat=True))


# --- What comes ---------------------------------------------------------------------------


def test_no_article_comes_that_was_not_asked_for(ada: Subscriber, pay: Topic) -> None:
    make_subscriber("all@example.com")
    pay.delete()
    assert notice(make_topic("Offers")) == {"all@example.com"}
    assert notice() == {"all@example.com"}


def test_whoever_has_another_topic_left_goes_on_with_that(ada: Subscriber, pay: Topic) -> None:
    offers = make_topic("Offers")
    choose(ada, pay, offers)
    pay.delete()
    assert notice(offers) == {"ada@example.com"}
    assert tell_some(timezone.now()) == 0


def test_no_weekly_mail_takes_its_place(ada: Subscriber, pay: Topic) -> None:
    choose(ada, pay, frequency="weekly")
    pay.delete()
    people = Audience("weekly", frozenset({make_topic("Offers").pk})).people(timezone.now())
    assert not people.exists()


def test_a_letter_to_everybody_still_comes(ada: Subscriber, pay: Topic) -> None:
    pay.delete()
    assert list(Audience().people(timezone.now())) == [ada]


# --- What the person is told ----------------------------------------------------------------


def test_the_person_is_told_once_and_can_choose_anew(
    client: Client, ada: Subscriber, pay: Topic, mailoutbox: list
) -> None:
    offers = make_topic("Offers")
    make_article(topics=[offers], wants_notice=False)
    pay.delete()
    for _ in range(2):
        let_workers_run()
    later = timezone.now() + LOOKED_FOR_EVERY
    let_workers_run(later)
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["ada@example.com"], TOLD)
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ON_THE_PAGE in client.get(link(ada)).content.decode()
    assert ada.consent_events.filter(kind="topics_gone").count() == 1

    press(ada, "choose", frequency="every", topics=[offers.pk])
    assert ON_THE_PAGE not in client.get(link(ada)).content.decode()
    assert Preferences.of(ada) == Preferences("every", frozenset({offers.pk}))
    offers.delete()
    let_workers_run(later + LOOKED_FOR_EVERY)
    assert [mail.subject for mail in mailoutbox] == [TOLD, TOLD]


def test_to_tick_none_then_is_to_want_all(ada: Subscriber, pay: Topic) -> None:
    pay.delete()
    tell_some(timezone.now())
    press(ada, "choose", frequency="every")
    assert Preferences.of(ada) == Preferences("every")
    assert notice(make_topic("Offers")) == {"ada@example.com"}


def test_whoever_left_or_chose_anew_before_the_mail_went_gets_none(
    ada: Subscriber, pay: Topic, mailoutbox: list
) -> None:
    ben = make_subscriber("ben@example.com")
    choose(ben, pay)
    pay.delete()
    assert tell_some(timezone.now()) == 2
    press(ada, "leave")
    choose(ben)
    let_workers_run()
    assert mailoutbox == []


def test_whoever_comes_back_without_a_topic_is_told_again(
    ada: Subscriber, pay: Topic, mailoutbox: list
) -> None:
    pay.delete()
    let_workers_run()
    press(ada, "leave")
    press(ada, "", resubscribe="1")
    let_workers_run(timezone.now() + LOOKED_FOR_EVERY)
    assert [mail.subject for mail in mailoutbox] == [TOLD, TOLD]


def test_a_rest_is_not_broken_by_it(ada: Subscriber, pay: Topic, mailoutbox: list) -> None:
    now = timezone.now()
    Subscriber.objects.update(paused_until=now + timedelta(days=7))
    pay.delete()
    let_workers_run(now)
    assert mailoutbox == []
    let_workers_run(now + timedelta(days=8))
    assert [mail.subject for mail in mailoutbox] == [TOLD]


def test_a_mail_server_that_is_away_for_days_costs_nobody_the_word(
    ada: Subscriber, pay: Topic, mailoutbox: list
) -> None:
    pay.delete()
    now = timezone.now()
    tell_some(now)
    let_workers_run(now + timedelta(days=6))
    assert [mail.subject for mail in mailoutbox] == [TOLD]


def test_each_sweep_tells_some_only(pay: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.topics_gone.AT_A_TIME", 2)
    for number in range(3):
        choose(make_subscriber(f"reader{number}@example.com"), pay)
    pay.delete()
    assert [tell_some(timezone.now()) for _ in range(3)] == [2, 1, 0]


def test_it_is_looked_for_every_ten_minutes(ada: Subscriber, pay: Topic) -> None:
    now = timezone.now()
    assert tell_some(now) == 0
    pay.delete()
    assert [tell_some(now + timedelta(minutes=minutes)) for minutes in (5, 10)] == [0, 1]


@at_the_same_time
def test_sweeps_at_one_moment_tell_once() -> None:
    topic = make_topic("Pay")
    choose(make_subscriber(), topic)
    topic.delete()
    assert sorted(at_once(lambda: tell_some(timezone.now()))) == [0, 0, 0, 1]
    assert PersonalMail.objects.count() == 1


# --- What staff see -------------------------------------------------------------------------


def test_staff_see_it_on_the_page_of_the_person_in_the_list_and_in_the_export(
    ada: Subscriber, pay: Topic
) -> None:
    make_subscriber("all@example.com")
    pay.delete()
    tell_some(timezone.now())
    desk = staff("view_subscriber")
    page = desk.get(reverse("admin:newsletter_subscriber_change", args=[ada.pk])).content.decode()
    assert "those chosen were deleted" in page
    found = desk.get(reverse("admin:newsletter_subscriber_changelist"), {"state": "no_topic"})
    assert "ada@example.com" in found.content.decode()
    assert "all@example.com" not in found.content.decode()
    lines = "".join(csv_lines())
    assert "ada@example.com,confirmed,every,none is left," in lines
    assert "all@example.com,confirmed,every,," in lines


def test_who_deletes_a_topic_is_told_whom_it_concerns(ada: Subscriber, pay: Topic) -> None:
    ben = make_subscriber("ben@example.com")
    choose(ben, pay, make_topic("Offers"))
    desk = staff("view_topic", "delete_topic")
    alone = desk.get(reverse("admin:blog_topic_delete", args=[pay.pk]))
    ticked = {"action": "delete_selected", "_selected_action": [pay.pk]}
    many = desk.post(reverse("admin:blog_topic_changelist"), ticked)
    for page in (alone.content.decode(), many.content.decode()):
        assert "2 subscribers have chosen to read about this." in page
        assert "For 1 of them there would be no topic left" in page
        assert "Subscriber_topics object" not in page


def test_who_deletes_a_topic_is_told_which_letters_would_have_to_wait(pay: Topic) -> None:
    offers, waiting = make_topic("Offers"), make_letter()
    waiting.topics.set([pay])
    make_letter().topics.set([pay, offers])
    make_letter(frozen_at=timezone.now()).topics.set([pay])
    desk = staff("view_topic", "delete_topic")
    page = desk.get(reverse("admin:blog_topic_delete", args=[pay.pk])).content.decode()
    assert "1 letter that is not sent yet is for those who chose this. Without it, it waits" in page


def test_nothing_is_said_of_a_topic_that_nobody_chose(ada: Subscriber) -> None:
    offers = make_topic("Offers")
    page = staff("view_topic", "delete_topic").get(
        reverse("admin:blog_topic_delete", args=[offers.pk])
    )
    assert "chosen to read about this" not in page.content.decode()


# --- What the database holds ----------------------------------------------------------------


def test_the_database_knows_that_topics_are_gone_only_of_who_chose_some() -> None:
    subscriber = make_subscriber()
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.filter(pk=subscriber.pk).update(topics_gone_at=timezone.now())


def test_choices_from_before_are_kept(ada: Subscriber) -> None:
    everything = make_subscriber("all@example.com")
    Subscriber.objects.update(chooses_topics=False)
    import_module("newsletter.migrations.0021_chosen_topics").note_who_chooses(apps, None)
    assert list(Subscriber.objects.filter(chooses_topics=True)) == [ada]
    assert Preferences.of(everything).topics is None
