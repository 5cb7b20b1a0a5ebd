"""While the application is down, the page cache’s copy stands in as long as it may."""

import logging
from collections.abc import Iterator

import pytest

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import (
    TEXT,
    Body,
    Clock,
    Front,
    Site,
    a_reader_who_waits,
)


@pytest.mark.parametrize("failure", [OSError("the database is away"), None])
def test_the_copy_serves_while_the_application_fails(
    front: Front,
    site: Site,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: Exception | None,
) -> None:
    front.get()
    clock.advance(86_000)
    site.failure, site.status, site.iterable = failure, "503 Service Unavailable", Body(b"sorry")
    reply = front.get()
    assert (reply.status, reply.body, reply["Age"]) == ("200 OK", TEXT, "86000")
    assert site.iterable.is_closed == (failure is None)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "/articles/one/" in caplog.text
    assert "86000 s ago" in caplog.text


def test_a_dead_application_is_asked_once_a_second_not_for_each_reader(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(60)
    site.failure = OSError("the database is away")
    for _ in range(5):
        assert front.get().body == TEXT
    assert site.times_asked == 2
    clock.advance(1)
    front.get()
    assert site.times_asked == 3
    site.failure, site.body = None, b"back again"
    clock.advance(1)
    assert front.get().body == b"back again"


def assert_one_refresh_fails_and_all_get_the_copy(front: Front, site: Site) -> None:
    site.failure = OSError("the database is away")
    for _ in range(3):
        assert front.get().body == TEXT
        front.finish_refreshing()
    assert site.times_asked == 2


def test_a_refresh_that_fails_pauses_too(
    front: Front, site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    front.get()
    clock.advance(15)
    assert_one_refresh_fails_and_all_get_the_copy(front, site)
    assert "the database is away" in caplog.text


def test_the_copy_does_not_outlive_its_leave(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(10 + 86_400)
    site.status = "503 Service Unavailable"
    assert front.get().status == "503 Service Unavailable"
    site.failure = OSError("the database is away")
    with pytest.raises(OSError, match="away"):
        front.get()


def test_the_pause_after_a_failure_does_not_prolong_it(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(10 + 86_399.5)
    site.status = "503 Service Unavailable"
    assert front.get().status == "200 OK"
    clock.advance(0.6)
    assert front.get().status == "503 Service Unavailable"


def test_a_page_without_leave_to_stand_in_for_errors_may_still_be_stale(
    front: Front, site: Site, clock: Clock
) -> None:
    site.cache_control = "public, s-maxage=10, stale-while-revalidate=10"
    front.get()
    clock.advance(15)
    assert_one_refresh_fails_and_all_get_the_copy(front, site)
    clock.advance(5)
    with pytest.raises(OSError, match="away"):
        front.get()


def test_without_a_copy_the_failure_is_shown_and_not_stored(front: Front, site: Site) -> None:
    site.status = "500 Internal Server Error"
    assert front.get().status == "500 Internal Server Error"
    site.status = "200 OK"
    assert front.get().status == "200 OK"


def test_a_copy_serves_when_the_application_only_hangs(
    site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    front.get()
    clock.advance(60)
    with a_reader_who_waits(front, site) as leader:
        assert front.get()["Age"] == "60"
        assert "no answer in time" in caplog.text
    assert leader.result()["Age"] == "0"
    assert site.times_asked == 2


def test_a_copy_that_is_too_old_does_not_serve_when_the_application_hangs(
    site: Site, clock: Clock
) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    front.get()
    clock.advance(10 + 86_400)
    with a_reader_who_waits(front, site):
        assert front.get()["Age"] is None
    assert site.times_asked == 3


def test_a_body_that_breaks_half_way_is_a_failure(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(60)

    def breaking() -> Iterator[bytes]:
        yield b"half a "
        raise OSError("cut")

    site.iterable = breaking()
    assert front.get().body == TEXT


def test_who_comes_for_another_reason_sees_the_failure(
    front: Front, site: Site, clock: Clock
) -> None:
    """The editor must know that his database is away."""
    front.get()
    clock.advance(60)
    site.status = "503 Service Unavailable"
    assert front.get(HTTP_COOKIE="sessionid=a").status == "503 Service Unavailable"
