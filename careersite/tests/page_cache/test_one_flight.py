"""When many want a page at once, the application is asked once, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import (
    DEADLINE_S,
    TEXT,
    Clock,
    Front,
    Site,
    a_reader_who_waits,
    all_at_once,
)


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
    with a_reader_who_waits(front, site):
        assert front.get().body == TEXT
        assert site.times_asked == 2
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
