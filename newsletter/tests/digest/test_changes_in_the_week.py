"""Choices, topics and articles that change in the middle of a week."""

import pytest
from django.utils import timezone

from blog.tests.factories import make_topic
from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.states import State
from newsletter.tests.digest.weeks import (
    DAY,
    EVERY,
    FIRST,
    SECOND,
    WEEKLY,
    go_to,
    publish,
    reader,
    received,
)
from newsletter.tests.factories import choose, let_workers_run

pytestmark = pytest.mark.django_db


def test_from_each_article_to_one_mail_a_week(beginning: object, mailoutbox: list) -> None:
    subscriber = reader("ada", frequency=EVERY)
    publish("Pay")
    choose(subscriber, frequency=WEEKLY)
    beginning.shift(DAY)
    publish("Offers")
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"ada": ["Pay", "Offers"]}


def test_from_one_mail_a_week_to_each_article(beginning: object, mailoutbox: list) -> None:
    subscriber = reader("ada")
    publish("Pay")
    choose(subscriber, frequency=EVERY)
    beginning.shift(DAY)
    publish("Offers")
    go_to(beginning, FIRST)
    beginning.shift(DAY)
    publish("Gaps")
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"ada": ["Offers", "Pay", "Gaps"]}


def test_a_change_of_topics_counts_for_the_whole_week(beginning: object, mailoutbox: list) -> None:
    money, talks = make_topic("Money"), make_topic("Talks")
    subscriber = reader("ada", money)
    publish("Pay", money)
    choose(subscriber, talks, frequency=WEEKLY)
    publish("Offers", talks)
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"ada": ["Offers"]}


def test_a_notice_whose_people_are_not_known_yet_waits_for_the_next_week(
    beginning: object, mailoutbox: list
) -> None:
    """Else somebody who changes just now might get it both ways."""
    subscriber = reader("ada", frequency=EVERY)
    campaign = Campaign.objects.announce(publish("Old", wants_notice=False), timezone.now())
    campaign.pause("Wait.", timezone.now())
    choose(subscriber, frequency=WEEKLY)
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {}
    choose(subscriber, frequency=EVERY)
    campaign.resume()
    go_to(beginning, FIRST + DAY)
    choose(subscriber, frequency=WEEKLY)
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"ada": ["Old"]}


def test_what_is_not_mailed_or_was_taken_back_is_in_no_weekly_mail(
    beginning: object, mailoutbox: list
) -> None:
    reader("week")
    publish("Quiet", wants_notice=False)
    publish("Gone").withdraw()
    publish("Over", expires_at=FIRST - DAY)
    publish("Wrong")
    Campaign.objects.get(article__title="Wrong").cancel("As staff decided.", timezone.now())
    publish("Pay")
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"week": ["Pay"]}


def test_what_is_taken_back_while_it_is_sent_goes_to_nobody_else(
    beginning: object, mailoutbox: list
) -> None:
    for name in ("ann", "ben", "cem"):
        reader(name)
    money = make_topic("Money")
    reader("dan", money)
    gone = publish("Pay", money)
    publish("Offers")
    beginning.move_to(FIRST)
    sweeping.sweep(FIRST)
    [first, *_] = Delivery.objects.filter(campaign__kind="digest").order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(state=State.ACCEPTED)
    gone.withdraw()
    for _ in range(2):
        let_workers_run(timezone.now())
    assert received(mailoutbox) == {"ben": ["Offers"], "cem": ["Offers"]}
    assert not Campaign.objects.unfinished().exists()


@pytest.mark.parametrize("staff_said_no", [False, True])
def test_what_is_taken_back_leaves_one_mail_for_all_who_get_the_same_then(
    beginning: object, mailoutbox: list, staff_said_no: bool
) -> None:
    money, talks = make_topic("Money"), make_topic("Talks")
    reader("all")
    reader("talks", talks)
    gone = publish("Pay", money)
    publish("Offers", talks)
    beginning.move_to(FIRST)
    sweeping.sweep(FIRST)
    Delivery.objects.filter(address="talks@example.com").update(state=State.ACCEPTED)
    if staff_said_no:
        Campaign.objects.get(deliveries__address="talks@example.com").cancel("No.", timezone.now())
    gone.withdraw()
    for _ in range(2):
        let_workers_run(timezone.now())
    assert received(mailoutbox) == ({} if staff_said_no else {"all": ["Offers"]})
