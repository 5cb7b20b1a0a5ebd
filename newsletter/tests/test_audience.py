"""Who a mailing is for: what people chose, and what the article is about."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from blog.models import Topic
from blog.tests.factories import make_article, make_topic
from newsletter.audience import Audience
from newsletter.models import Campaign, Delivery, Subscriber
from newsletter.models.subscriber import Frequency
from newsletter.states import State
from newsletter.tests.factories import choose, make_campaign, make_mailing, make_subscriber
from newsletter.tests.races import go

pytestmark = pytest.mark.django_db


def reader(name: str, *topics: Topic, **fields: object) -> Subscriber:
    subscriber = make_subscriber(f"{name}@example.com", **fields)
    choose(subscriber, *topics, frequency=subscriber.frequency)
    return subscriber


def names(people: object) -> set[str]:
    return {address.partition("@")[0] for address in people.values_list("address", flat=True)}


def who_gets(campaign: Campaign) -> set[str]:
    campaign.expand(timezone.now())
    return names(campaign.deliveries)


def test_a_notice_goes_to_those_who_want_its_topics_and_those_who_want_all() -> None:
    resumes, pay, offers = make_topic("Resumes"), make_topic("Pay"), make_topic("Offers")
    reader("all")
    reader("pay", pay)
    reader("both", resumes, pay)
    reader("offers", offers)
    campaign = make_campaign(make_article(topics=[pay, resumes]))
    assert who_gets(campaign) == {"all", "pay", "both"}


def test_a_notice_without_topics_goes_to_those_who_want_all() -> None:
    reader("all")
    reader("pay", make_topic("Pay"))
    assert who_gets(make_campaign(make_article(topics=[]))) == {"all"}


def test_a_notice_waits_for_nobody_who_wants_one_mail_a_week() -> None:
    reader("each")
    reader("week", frequency=Frequency.WEEKLY)
    assert who_gets(make_campaign()) == {"each"}


def test_who_takes_a_rest_gets_nothing_until_it_is_over() -> None:
    now = timezone.now()
    reader("resting", paused_until=now + timedelta(minutes=1))
    reader("rested", paused_until=now - timedelta(minutes=1))
    assert who_gets(make_campaign()) == {"rested"}


def test_topics_are_those_of_the_article_when_its_notice_began() -> None:
    pay, offers = make_topic("Pay"), make_topic("Offers")
    reader("pay", pay)
    reader("offers", offers)
    article = make_article(topics=[pay])
    campaign = make_campaign(article)
    article.topics.set([offers])
    assert who_gets(campaign) == {"pay"}


def test_a_campaign_from_before_there_were_choices_goes_to_all() -> None:
    reader("week", make_topic("Pay"), frequency=Frequency.WEEKLY)
    campaign = make_campaign()
    Campaign.objects.update(audience={})
    campaign.refresh_from_db()
    assert who_gets(campaign) == {"week"}


def test_the_number_shown_is_the_number_mailed() -> None:
    pay = make_topic("Pay")
    reader("pay", pay, frequency=Frequency.WEEKLY)
    reader("each", pay)
    reader("asked", confirmed=False)
    reader("left", left=True)
    now = timezone.now()
    assert names(Audience().people(now)) == {"pay", "each"}
    assert names(Audience("weekly").people(now)) == {"pay"}
    assert names(Audience("", frozenset({pay.pk})).people(now)) == {"pay", "each"}
    assert names(Audience("every", frozenset()).people(now)) == set()


@pytest.mark.parametrize(
    "audience", [Audience(), Audience("weekly"), Audience("every", frozenset({3, 1}))]
)
def test_a_campaign_keeps_it(audience: Audience) -> None:
    Campaign.objects.filter(pk=make_campaign().pk).update(audience=audience.stored())
    assert Audience.read(Campaign.objects.get().audience) == audience


def test_a_rest_that_begins_meanwhile_is_obeyed_before_the_wire() -> None:
    [delivery] = Delivery.objects.claim(make_mailing(), 1, timezone.now())
    Subscriber.objects.update(paused_until=timezone.now() + timedelta(days=7))
    assert not go(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (State.SKIPPED, "paused")


def test_the_database_knows_the_frequencies() -> None:
    subscriber = make_subscriber()
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.filter(pk=subscriber.pk).update(frequency="daily")
