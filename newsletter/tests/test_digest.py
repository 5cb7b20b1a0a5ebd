"""One mail a week: all that was new, nothing twice, nothing to nobody, made once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from blog.models import Article, Topic
from blog.tests.factories import make_article, make_topic
from newsletter import sweeping
from newsletter.models import Campaign, Delivery, Digest, DigestShare, Subscriber
from newsletter.models import campaign as campaigns
from newsletter.models import digest as digests
from newsletter.models.digest import LATEST
from newsletter.models.routine import Due
from newsletter.states import State
from newsletter.tests.factories import at_once, choose, let_workers_run, make_subscriber
from newsletter.tests.races import at_the_same_time

pytestmark = pytest.mark.django_db

# Saturdays at eight.
FIRST = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECOND = FIRST + timedelta(weeks=1)
DAY = timedelta(days=1)
WEEKLY, EVERY = "weekly", "every"


@pytest.fixture(autouse=True)
def beginning() -> object:
    with time_machine.travel(FIRST - 5 * DAY, tick=False) as clock:
        yield clock


def go_to(clock: object, moment: datetime) -> None:
    clock.move_to(moment)
    let_workers_run(moment)


def publish(title: str, *topics: Topic, **fields: object) -> Article:
    """A new article, and its notice."""
    fields = {"published_at": timezone.now(), **fields}
    article = make_article(title, slug=title.lower(), topics=list(topics), **fields)
    let_workers_run(timezone.now())
    return article


def reader(name: str, *topics: Topic, frequency: str = WEEKLY, **fields: object) -> Subscriber:
    subscriber = make_subscriber(f"{name}@example.com", frequency=frequency, **fields)
    choose(subscriber, *topics, frequency=frequency)
    return subscriber


def received(mailoutbox: list) -> dict[str, list[str]]:
    """Which articles each person got, mail by mail: `Pay+Offers` is one mail with two."""
    titles = Article.objects.values_list("title", flat=True)
    found: dict[str, list[str]] = {}
    for mail in mailoutbox:
        told = sorted(title for title in titles if f"\n{title}\n" in f"\n{mail.body}\n")
        found.setdefault(mail.to[0].partition("@")[0], []).append("+".join(told))
    return found


# --- Who gets what ------------------------------------------------------------------------


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


# --- Changes in the middle of a week ------------------------------------------------------


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


# --- When ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "weeks"), [(LATEST, 1), (LATEST + timedelta(minutes=1), 0)])
def test_a_server_that_was_down_sends_it_late_but_not_days_late(
    beginning: object, mailoutbox: list, late: timedelta, weeks: int
) -> None:
    reader("week")
    publish("Pay")
    go_to(beginning, FIRST + late)
    assert len(mailoutbox) == weeks
    go_to(beginning, SECOND)
    assert received(mailoutbox) == {"week": ["Pay"]}


def test_a_clock_that_jumps_back_sends_nothing_again(beginning: object, mailoutbox: list) -> None:
    reader("week")
    publish("Pay")
    go_to(beginning, FIRST)
    publish("Offers")
    for moment in (FIRST - timedelta(hours=1), FIRST, FIRST - 6 * DAY, FIRST + DAY):
        go_to(beginning, moment)
    assert received(mailoutbox) == {"week": ["Pay"]}


def test_the_day_before_is_too_early(beginning: object, mailoutbox: list) -> None:
    reader("week")
    publish("Pay")
    go_to(beginning, FIRST - timedelta(seconds=1))
    assert mailoutbox == []


# --- Twice, at once, in the middle --------------------------------------------------------


def test_the_database_refuses_a_second_one() -> None:
    week = {"week": "2026-W47", "due_at": FIRST, "made_at": FIRST}
    digest, subscriber = Digest.objects.create(**week), make_subscriber()
    share = {"digest": digest, "subscriber": subscriber, "selection": 1}
    mail = {"kind": "digest", "digest": digest, "selection": 1, "created_at": FIRST}
    DigestShare.objects.create(**share)
    Campaign.objects.create(**mail)
    for create, again in (
        (Digest.objects.create, week),
        (DigestShare.objects.create, {**share, "selection": 2}),
        (Campaign.objects.create, mail),
        (Campaign.objects.create, {"kind": "digest", "created_at": FIRST}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            create(**again)


def test_a_failure_in_the_middle_leaves_it_due(
    beginning: object, mailoutbox: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader("week")
    publish("Pay")
    with monkeypatch.context() as broken:
        broken.setattr("newsletter.models.digest.digest_of", lambda *_: 1 / 0)
        go_to(beginning, FIRST)
    assert Digest.objects.get(due_at=FIRST).ready_at is None
    assert not Campaign.objects.filter(kind="digest").exists()
    go_to(beginning, FIRST + timedelta(minutes=1))
    assert received(mailoutbox) == {"week": ["Pay"]}
    assert Digest.objects.get(due_at=FIRST).ready_at == FIRST + timedelta(minutes=1)


@pytest.mark.parametrize("breaks_at", [1, 2, 3, 4])
def test_it_is_made_in_steps_and_goes_on_where_it_was_stopped(
    beginning: object, mailoutbox: list, monkeypatch: pytest.MonkeyPatch, breaks_at: int
) -> None:
    monkeypatch.setattr(digests, "PEOPLE_A_STEP", 2)
    money, talks = make_topic("Money"), make_topic("Talks")
    for name in ("ann", "ben", "cem"):
        reader(name)
    reader("dan", money)
    publish("Pay", money)
    publish("Offers", talks)
    beginning.move_to(FIRST)
    steps, step = [], Digest._lock

    def lock(digest: Digest) -> int | None:
        steps.append(digest)
        if len(steps) == breaks_at:
            raise OperationalError("server closed the connection unexpectedly")
        return step(digest)

    monkeypatch.setattr(Digest, "_lock", lock)
    for minutes in range(3):
        go_to(beginning, FIRST + timedelta(minutes=minutes))
    everything = {name: ["Offers+Pay"] for name in ("ann", "ben", "cem")}
    assert received(mailoutbox) == {**everything, "dan": ["Pay"]}
    assert len(steps) > breaks_at
    assert DigestShare.objects.count() == 4


def test_what_is_taken_back_while_it_is_made_is_in_no_mail(
    beginning: object, mailoutbox: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    money, talks = make_topic("Money"), make_topic("Talks")
    reader("all")
    reader("money", money)
    reader("talks", talks)
    gone = publish("Pay", money)
    publish("Offers", talks)
    share_out = Digest._share_out

    def share_out_and_withdraw(*given: object) -> None:
        share_out(*given)
        gone.withdraw()

    monkeypatch.setattr(Digest, "_share_out", share_out_and_withdraw)
    go_to(beginning, FIRST)
    assert received(mailoutbox) == {"all": ["Offers"], "talks": ["Offers"]}


@at_the_same_time
def test_two_beats_make_one(beginning: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "IDS_A_STATEMENT", 5)
    for number in range(20):
        reader(f"reader{number}")
    publish("Pay")
    beginning.move_to(FIRST)
    at_once(lambda: sweeping.sweep(FIRST), 3)
    digest = Campaign.objects.get(kind="digest")
    assert digest.deliveries.count() == 20
    assert digest.expanded_at


def test_a_second_try_for_the_same_week_is_refused() -> None:
    Digest.objects.begin(Due("2026-W47", FIRST), FIRST)
    with pytest.raises(IntegrityError):
        Digest.objects.begin(Due("2026-W47", FIRST), FIRST)


def test_the_number_of_queries_does_not_grow_with_the_people(
    django_assert_max_num_queries: object,
) -> None:
    publish("Pay")
    for number in range(30):
        reader(f"reader{number}")
    with django_assert_max_num_queries(36):
        Digest.objects.begin(Due("2026-W47", FIRST), FIRST).make(FIRST)
    assert DigestShare.objects.count() == 30
    publish("Offers")
    with django_assert_max_num_queries(36):
        Digest.objects.begin(Due("2026-W48", SECOND), SECOND).make(SECOND)
    assert DigestShare.objects.count() == 60


def test_who_got_which_selection_is_forgotten_when_it_is_old(beginning: object) -> None:
    reader("week")
    publish("Pay")
    go_to(beginning, FIRST)
    assert DigestShare.objects.count() == 1
    go_to(beginning, FIRST + timedelta(days=61))
    assert DigestShare.objects.count() == 0
