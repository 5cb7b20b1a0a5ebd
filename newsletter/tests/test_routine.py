"""When the weekly mail is due: once a week by the clock on the wall, whatever clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import Digest, Routine
from newsletter.models.routine import Due, Weekday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_berlin(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "now", "week", "due"),
    [
        # Saturday at eight, in winter and in summer.
        (8, "2026-11-28 07:00", "2026-W48", "2026-11-28 07:00"),
        (8, "2026-11-28 06:59", "2026-W47", "2026-11-21 07:00"),
        (8, "2026-07-04 06:00", "2026-W27", "2026-07-04 06:00"),
        # Saturday by the clock of the site, Friday by that of the world.
        (0, "2026-11-27 23:00", "2026-W48", "2026-11-27 23:00"),
        # A week that belongs to another year.
        (8, "2027-01-02 07:00", "2026-W53", "2027-01-02 07:00"),
    ],
)
def test_it_goes_by_the_clock_of_the_site(hour: int, now: str, week: str, due: str) -> None:
    assert Routine(pk=1, hour=hour).last_due(at(now)) == Due(week, at(due))


@pytest.mark.parametrize(
    ("hour", "week", "due"),
    [
        # In spring there is no 02:00: three o'clock begins at that moment.
        (2, "2026-W13", "2026-03-29 01:00"),
        # In autumn there are two: the first counts.
        (2, "2026-W43", "2026-10-25 00:00"),
    ],
)
def test_an_hour_that_is_missing_or_comes_twice_is_due_once(hour: int, week: str, due: str) -> None:
    routine = Routine(pk=1, weekday=Weekday.SUNDAY, hour=hour)
    found = {routine.last_due(at(due) + timedelta(minutes=m)) for m in range(0, 180, 30)}
    assert found == {Due(week, at(due))}
    assert routine.last_due(at(due) - timedelta(seconds=1)).week != week


def test_a_change_counts_from_the_next_such_moment_on() -> None:
    changed = at("2026-11-25 12:00")
    routine = Routine(pk=1, weekday=Weekday.MONDAY, weekly_since=changed)
    assert routine.last_due(changed + timedelta(days=1)) is None
    assert routine.last_due(at("2026-11-30 07:00")).week == "2026-W49"


def test_the_database_holds_one_with_a_day_and_an_hour() -> None:
    Routine.objects.create(pk=1)
    for wrong in ({"pk": 2}, {"pk": 1, "hour": 24}, {"pk": 1, "weekday": 7}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Routine(**wrong).save(force_insert="pk" in wrong and wrong["pk"] == 2)


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("ada", password="a long enough phrase", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_staff_choose_day_and_hour() -> None:
    client = staff("view_routine", "change_routine")
    due, made = at("2026-11-21 07:00"), at("2026-11-22 09:30")
    Digest.objects.create(week="2026-W47", due_at=due, made_at=made)
    page = client.get("/admin/newsletter/routine/", follow=True).content.decode()
    assert "Europe/Berlin" in page
    assert "Sunday, 22 November 2026, 10:30, to 0 people; it was due on Saturday" in page
    before = timezone.now()
    client.post("/admin/newsletter/routine/1/change/", {"weekday": 4, "hour": 17})
    routine = Routine.current()
    assert str(routine) == "Friday at 17:00"
    assert not routine.welcomes
    assert routine.weekly_since >= before
    client.post("/admin/newsletter/routine/1/change/", {"weekday": 4, "hour": 17, "welcomes": 1})
    assert Routine.current().weekly_since == routine.weekly_since


def test_nobody_else_does(client: Client) -> None:
    for path in ("/admin/newsletter/routine/", "/admin/newsletter/routine/1/change/"):
        assert client.get(path).status_code == 302
    stranger = staff("view_subscriber")
    assert stranger.get("/admin/newsletter/routine/").status_code == 403
    assert stranger.post("/admin/newsletter/routine/1/change/", {}).status_code == 403
