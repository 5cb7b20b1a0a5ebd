"""The page cache as a part of WSGI, by PEP 3333."""

import sys
from collections.abc import Callable, Iterator

import pytest

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import PUBLIC, TEXT, Body, Clock, Front, Site


def test_the_iterable_is_closed_after_storing(front: Front, site: Site) -> None:
    site.iterable = body = Body(b"one ", b"two")
    assert front.get().body == b"one two"
    assert body.is_closed
    assert front.get().body == b"one two"


def test_a_body_that_breaks_is_closed(front: Front, site: Site) -> None:
    class Breaking(Body):
        def __iter__(self) -> Iterator[bytes]:
            raise OSError("cut")

    site.iterable = body = Breaking()
    with pytest.raises(OSError, match="cut"):
        front.get()
    assert body.is_closed


@pytest.mark.parametrize("cache_control", [PUBLIC, "no-store"])
def test_an_application_may_be_a_generator(cache_control: str) -> None:
    def application(environ: dict, start_response: Callable) -> Iterator[bytes]:
        start_response("200 OK", [("Cache-Control", cache_control)])
        yield b"one "
        yield b"two"

    front = Front(PageCache(application))
    assert front.get().body == front.get().body == b"one two"


@pytest.mark.parametrize("cache_control", [PUBLIC, "no-store"])
def test_an_application_may_write(cache_control: str) -> None:
    def application(environ: dict, start_response: Callable) -> list[bytes]:
        write = start_response("200 OK", [("Cache-Control", cache_control)])
        write(b"one ")
        return [b"two"]

    front = Front(PageCache(application))
    assert front.get().body == front.get().body == b"one two"


def changes_its_mind(cache_control: str) -> Callable:
    """Starts a page, then finds that it cannot finish it: what `exc_info` is for."""

    def application(environ: dict, start_response: Callable) -> Iterator[bytes]:
        start_response("200 OK", [("Cache-Control", cache_control)])
        try:
            yield b""
            raise OSError("the database is away")
        except OSError:
            start_response("500 Oh", [("Cache-Control", cache_control)], sys.exc_info())
            yield b"sorry"

    return application


def test_an_application_may_change_its_mind_before_the_headers_are_sent() -> None:
    front = Front(PageCache(changes_its_mind(PUBLIC)))
    for _ in range(2):
        reply = front.get()
        assert (reply.status, reply.body, reply["Age"]) == ("500 Oh", b"sorry", None)


def test_afterwards_the_server_is_told_as_pep_3333_says() -> None:
    front = Front(PageCache(changes_its_mind("no-store")))
    with pytest.raises(OSError, match="away"):
        front.get()


def test_a_change_of_mind_is_a_failure_that_the_copy_stands_in_for(clock: Clock) -> None:
    site = Site()
    current: list[Callable] = [site]
    front = Front(PageCache(lambda *arguments: current[0](*arguments), clock=clock))
    front.get()
    clock.advance(60)
    current[0] = changes_its_mind(PUBLIC)
    assert front.get().body == TEXT


def test_the_server_may_change_the_headers_it_gets(front: Front) -> None:
    for _ in range(2):
        reply = front.get()
        assert reply["Server"] is None
        reply.headers.append(("Server", "granian"))
