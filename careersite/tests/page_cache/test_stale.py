"""A stale page is served from the page cache and fetched anew behind the reader."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from careersite.tests.page_cache.doubles import (
    DEADLINE_S,
    PUBLIC,
    TEXT,
    Body,
    Clock,
    Front,
    Site,
    all_at_once,
)


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
