"""One mail a week: all that was new, nothing twice, nothing to nobody."""

import pytest
from django.utils import timezone

from blog.tests.factories import make_topic
from newsletter.models import Campaign, Digest
from newsletter.tests.digest.weeks import (
    DAY,
    EVERY,
    FIRST,
    SECOND,
    go_to,
    publish,
    reader,
    received,
)

pytestmark = pytest.mark.django_db


def test_one_mail_has_all_that_was_new(beginning: object, mailoutbox: list) -> None:
    reader("week")
    reader("each", frequency=EVERY)
    publish("Pay")
    beginning.shift(DAY)
    publish("Offers")
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"each": ["Pay", "Offers"], "week": ["Offers+Pay"]}
    digest = mailoutbox[-1]
    assert digest.subject == "Two new articles this week"
    assert digest.body.index("Offers") < digest.body.index("Pay")
    assert "List-Unsubscribe" in digest.extra_headers
    assert "/newsletter/preferences/" in digest.body


def test_each_article_is_in_one_week_only(beginning: object, mailoutbox: list) -> None:
    reader("week")
    publish("Pay")
    go_to(beginning, FIRST)
    beginning.shift(DAY)
    publish("Offers")
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"week": ["Pay", "Offers"]}
    assert [digest.week for digest in Digest.objects.all()[:2]] == ["2026-W48", "2026-W47"]


def test_nothing_new_means_no_mail(beginning: object, mailoutbox: list) -> None:
    reader("week")
    reader("choosy", make_topic("Interviews"))
    go_to(beginning, FIRST)
    publish("Pay", make_topic("Money"))
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"week": ["Pay"]}


def test_those_who_get_the_same_share_one_campaign(beginning: object, mailoutbox: list) -> None:
    money, talks = make_topic("Money"), make_topic("Talks")
    for name in ("ann", "ben"):
        reader(name)
    reader("cem", money)
    reader("dan", money, talks)
    publish("Pay", money)
    publish("Offers", talks)
    publish("Gaps", make_topic("Other"))
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {
        **{name: ["Gaps+Offers+Pay"] for name in ("ann", "ben")},
        **{"cem": ["Pay"], "dan": ["Offers+Pay"]},
    }
    assert Campaign.objects.filter(kind="digest").count() == 3


def test_a_rest_skips_the_week_and_leaving_ends_it(beginning: object, mailoutbox: list) -> None:
    reader("resting", paused_until=FIRST + DAY)
    reader("left", left=True)
    reader("asked", confirmed=False)
    publish("Pay")
    go_to(beginning, FIRST)
    beginning.shift(2 * DAY)
    publish("Offers")
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"resting": ["Offers"]}


def test_whoever_joins_gets_what_comes_after(beginning: object, mailoutbox: list) -> None:
    publish("Pay")
    beginning.shift(DAY)
    reader("new", confirmed_at=timezone.now())
    publish("Offers")
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"new": ["Offers"]}
