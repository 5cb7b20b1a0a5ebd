"""When the mail of a week goes out: late rather than never, and never days late."""

from datetime import timedelta

import pytest

from newsletter.models.digest import LATEST
from newsletter.tests.digest.weeks import DAY, FIRST, SECOND, go_to, publish, reader, received

pytestmark = pytest.mark.django_db


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
