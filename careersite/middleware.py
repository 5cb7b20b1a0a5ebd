"""What happens when the database is away, who gets a page he has already, and in which coding."""

import logging
from collections.abc import Callable
from functools import lru_cache

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe

from careersite.stored_page import CODINGS, Policy, best_coding, compressed, tag_of
from careersite.stored_page import QUICK_BROTLI_QUALITY as QUICK

logger = logging.getLogger(__name__)

REMEMBERED = 200  # pages in a coding, each with its stylesheet: about 14 MB


class DatabaseAway:
    """Answers 503 with Retry-After instead of 500 when the database cannot be reached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.error("The database did not answer for %s: %s", request.path, error)
        return HttpResponse(
            render_to_string("503.html"),
            status=503,
            headers={"Retry-After": "30", "Cache-Control": "no-store"},
        )


class EntityTags:
    """Gives whatever caches may keep the weak ETag that our page cache gives it, and answers 304.

    For where the page cache steps aside: behind nginx or a CDN, for a query, for who is signed in.
    A tag is made of the bytes before anybody compresses them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD") or not may_be_shared(response):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])  # see CompressedPages; a 304 says it too
        response.headers["ETag"] = f"W/{tag_of(response.content)}"
        changed_at = parse_http_date_safe(response.headers.get("Last-Modified", ""))
        return get_conditional_response(request, response.headers["ETag"], changed_at, response)


class CompressedPages:
    """Sends whatever caches may keep as its reader takes it: br, gzip or plain.

    Our page cache asks for plain pages and does this by itself, so this is for where it steps
    aside, above all for nginx, which keeps the bytes it gets. They hold nobody's secret that a
    length could tell.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if may_be_shared(response):
            accepted = request.headers.get("Accept-Encoding", "")[:256]
            coding = best_coding(accepted, CODINGS)
            if coding != "identity":
                compress(response, coding, is_kept=not request.GET)
        return response


def compress(response: HttpResponse, coding: str, *, is_kept: bool) -> None:
    """What nobody keeps, because it answers a query, is compressed for this one reader: quickly."""
    plain = response.content
    packed = packed_well(plain, coding) if is_kept else compressed(plain, coding, QUICK)
    if len(packed) < len(plain):
        response.content = packed
        response.headers["Content-Encoding"] = coding
        response.headers["Content-Length"] = str(len(packed))


@lru_cache(maxsize=REMEMBERED)
def packed_well(plain: bytes, coding: str) -> bytes:
    """A cache in front asks every few seconds for what has not changed since."""
    return compressed(plain, coding)


def may_be_shared(response: HttpResponse) -> bool:
    is_whole = not response.streaming and not response.cookies
    return is_whole and Policy.of(str(response.status_code), list(response.items())) is not None
