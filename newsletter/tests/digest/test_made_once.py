"""The mail of a week is made once: begun twice, at once, or stopped in the middle."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction

from blog.tests.factories import make_topic
from newsletter import sweeping
from newsletter.models import Campaign, Digest, DigestShare
from newsletter.models import campaign as campaigns
from newsletter.models import digest as digests
from newsletter.models.routine import Due
from newsletter.tests.digest.weeks import FIRST, SECOND, go_to, publish, reader, received
from newsletter.tests.factories import at_once, make_subscriber
from newsletter.tests.races import at_the_same_time

pytestmark = pytest.mark.django_db


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
