"""The page cache when a page is stale, when many want it at once, and when the site is down."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from careersite.page_cache import PageCache
from careersite.tests.wsgi_doubles import (
    DEADLINE_S,
    PUBLIC,
    TEXT,
    Body,
    Clock,
    Front,
    Site,
    all_at_once,
)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(site: Site, clock: Clock) -> Iterator[Front]:
    front = Front(PageCache(site, clock=clock))
    yield front
    front.cache.refresher.shutdown()


# --- Stale, and fetched anew behind the reader ----------------------------------------


def test_a_stale_page_is_served_while_one_thread_fetches_it_anew(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    asked, may_answer = threading.Event(), threading.Event()
    site.during = lambda: (asked.set(), may_answer.wait(DEADLINE_S))
    site.body = b"new"
    for _ in range(3):
        reply = front.get()
        assert (reply.body, reply["Age"]) == (TEXT, "15")
    assert asked.wait(DEADLINE_S)
    assert front.get().body == TEXT
    may_answer.set()
    front.finish_refreshing()
    reply = front.get()
    assert (reply.body, reply["Age"], site.times_asked) == (b"new", "0", 2)


def test_many_readers_of_a_stale_page_cause_one_refresh(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    replies = all_at_once(8, front.get)
    front.finish_refreshing()
    assert {reply.body for reply in replies} == {TEXT}
    assert site.times_asked == 2


def test_the_refresh_asks_for_a_plain_page(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(15)
    front.head("/articles/one/?utm_source=x", HTTP_IF_NONE_MATCH='"x"')
    front.finish_refreshing()
    assert site.seen[1]["REQUEST_METHOD"] == "GET"
    assert site.seen[1]["QUERY_STRING"] == ""
    assert "HTTP_IF_NONE_MATCH" not in site.seen[1]


def test_after_its_stale_time_a_page_is_fetched_before_it_is_served(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(20)
    site.body = b"new"
    assert front.get().body == b"new"


def test_a_page_without_leave_to_be_stale_never_is(front: Front, site: Site, clock: Clock) -> None:
    site.cache_control = PUBLIC + ", must-revalidate"
    front.get()
    clock.advance(10)
    site.body = b"new"
    assert front.get().body == b"new"


def test_age_counts_from_the_question_not_from_the_answer(
    front: Front, site: Site, clock: Clock
) -> None:
    """A page that took 12 s to make may already miss a change of 12 s ago."""
    site.during = lambda: clock.advance(12)
    front.get()
    site.during = lambda: None
    assert front.get()["Age"] == "12"
    front.finish_refreshing()
    assert site.times_asked == 2


def test_an_unpublished_article_is_gone_after_the_stale_time_for_good(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(20)
    site.status, site.cache_control = "404 Not Found", None
    assert front.get().status == "404 Not Found"
    site.failure = OSError("the database is away")
    with pytest.raises(OSError, match="away"):
        front.get()


def test_a_refresh_that_finds_nothing_to_store_drops_the_page(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    site.cache_control, site.iterable = "no-store", Body(b"private now")
    assert front.get().body == TEXT
    front.finish_refreshing()
    assert site.iterable.is_closed
    assert front.get().body == b"private now"


def test_a_page_is_refreshed_each_time_it_is_stale(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    for number in range(1, 4):
        clock.advance(15)
        front.get()
        front.finish_refreshing()
        assert site.times_asked == 1 + number


def test_refreshes_do_not_queue_up_behind_one_that_hangs(
    front: Front, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = []
    monkeypatch.setattr(front.cache.refresher, "submit", lambda *task: submitted.append(task))
    front.get()
    clock.advance(15)
    for _ in range(3):
        front.get()
    assert len(submitted) == 1


@pytest.mark.parametrize("reader_is_done", [True, False])
def test_a_refresh_that_comes_late_leaves_the_page_to_its_readers(
    front: Front, site: Site, clock: Clock, reader_is_done: bool
) -> None:
    """The thread is busy with another page; meanwhile this one is too old to wait for it."""
    thread_is_free, reader_is_in, may_answer = (threading.Event() for _ in range(3))
    front.get()
    front.cache.refresher.submit(thread_is_free.wait, DEADLINE_S)
    clock.advance(15)
    front.get()
    clock.advance(15)
    site.during = lambda: (reader_is_in.set(), may_answer.wait(DEADLINE_S))
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(front.get)
        assert reader_is_in.wait(DEADLINE_S)
        if reader_is_done:
            may_answer.set()
            reader.result(DEADLINE_S)
        thread_is_free.set()
        front.finish_refreshing()
        may_answer.set()
        assert reader.result(DEADLINE_S)["Age"] == "0"
    assert site.times_asked == 2


# --- One flight for all ---------------------------------------------------------------


def test_many_readers_of_a_new_page_cause_one_request(front: Front, site: Site) -> None:
    for number in range(20):
        replies = all_at_once(8, lambda number=number: front.get(f"/articles/{number}/"))
        assert {reply.body for reply in replies} == {TEXT}
        assert site.times_asked == number + 1


def test_a_page_stored_between_look_and_turn_is_not_fetched_twice(
    front: Front, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = front.cache.join

    def late(key: tuple[str, str, str]) -> Any:
        monkeypatch.setattr(front.cache, "join", join)
        front.get()  # somebody else is quicker
        return join(key)

    monkeypatch.setattr(front.cache, "join", late)
    assert front.get().body == TEXT
    assert site.times_asked == 1


def test_followers_of_a_page_that_cannot_be_shared_ask_for_themselves(
    front: Front, site: Site
) -> None:
    """And they ask as they are: with their own method, query and conditions."""
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during, site.cache_control = during, "private"
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        follower = pool.submit(front.get, HTTP_IF_NONE_MATCH='"x"')
        may_answer.set()
        assert leader.result(DEADLINE_S).body == follower.result(DEADLINE_S).body == TEXT
    assert site.times_asked == 2


def test_nobody_waits_for_ever_for_another(site: Site, clock: Clock) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during = during
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get().body == TEXT
        assert site.times_asked == 2
        may_answer.set()
        leader.result(DEADLINE_S)
    assert not front.cache.flights


def test_a_leader_that_fails_takes_nobody_down(front: Front, site: Site) -> None:
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)
            raise OSError("only for the first")

    site.during = during
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        follower = pool.submit(front.get)
        may_answer.set()
        assert follower.result(DEADLINE_S).body == TEXT
        with pytest.raises(OSError, match="only for the first"):
            leader.result(DEADLINE_S)
    assert not front.cache.flights


# --- While the application is down ----------------------------------------------------


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


def test_a_refresh_that_fails_pauses_too(
    front: Front, site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    front.get()
    clock.advance(15)
    site.failure = OSError("the database is away")
    for _ in range(3):
        assert front.get().body == TEXT
        front.finish_refreshing()
    assert site.times_asked == 2
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
    site.failure = OSError("the database is away")
    for _ in range(3):
        assert front.get().body == TEXT
        front.finish_refreshing()
    assert site.times_asked == 2
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
    leader_is_in, may_answer = threading.Event(), threading.Event()
    site.during = lambda: (leader_is_in.set(), may_answer.wait(DEADLINE_S))
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get()["Age"] == "60"
        assert "no answer in time" in caplog.text
        may_answer.set()
        assert leader.result(DEADLINE_S)["Age"] == "0"
    assert site.times_asked == 2


def test_a_copy_that_is_too_old_does_not_serve_when_the_application_hangs(
    site: Site, clock: Clock
) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    front.get()
    clock.advance(10 + 86_400)
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 2:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during = during
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get()["Age"] is None
        may_answer.set()
        leader.result(DEADLINE_S)
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
