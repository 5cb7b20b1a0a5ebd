"""A shared cache in front of Django: pages ready in memory, even while the site behind it is down.

It follows RFC 9111 and RFC 5861 for exactly the directives our pages send: `public, max-age=0,
s-maxage=N, stale-while-revalidate=N, stale-if-error=N`. Whatever says less passes through as it is.

A page is stored under its scheme, host and path. For whatever might be stored, the application is
asked for a plain GET of just that (no query, body, condition or range), so that nobody can slip
something of his own into a page that others get. Headers beyond the key, X-Forwarded-Host for
one, must not shape a public page.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from careersite.held_answer import HeldAnswer
from careersite.page_store import Key, PageStore
from careersite.stored_page import Headers, StoredPage

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE_S = 1.0
TRACKING = re.compile(r"(?:(?:utm_[^=&]*|fbclid|gclid|mc_cid|mc_eid|ref)(?:=[^&]*)?(?:&|$)|&)*")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
ABOUT_ONE_REQUEST = {  # answered here from the whole page, or of no account for a GET
    "HTTP_ACCEPT_ENCODING",
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE"),
    *("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
    *("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"),
}


class PageCache:
    """`patience_s`: how long a request waits for another one that is fetching the same page.

    `trust_front`: step aside for a cache in front that says `X-Cache-In-Front: 1`, so that the
    two times of staleness do not add up.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        capacity_bytes: int = 64 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
        trust_front: bool = False,
        bypass_cookies: Iterable[str] = ("sessionid", "__Host-sessionid"),
        bypass_prefixes: tuple[str, ...] = ("/static/", "/media/"),
        patience_s: float = 5.0,
    ) -> None:
        self.application = application
        self.store = PageStore(capacity_bytes)
        self.clock = clock
        self.trust_front = trust_front
        self.bypass_prefixes = bypass_prefixes
        self.patience_s = patience_s
        # The bare name anywhere in the header is enough: one bypass too many costs little.
        self.is_signed_in = re.compile("|".join(map(re.escape, bypass_cookies))).search
        self.flights: dict[Key, Flight] = {}
        # One lasting thread, because Django keeps a database connection for each.
        self.refresher = ThreadPoolExecutor(1, thread_name_prefix="page-refresh")
        self.awaiting_refresh: dict[Key, object] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, self.forgetting(environ, start_response))
        if self.is_not_for_us(environ):
            return self.application(environ, start_response)
        key = address(environ)
        now = self.clock()
        page = self.store.get(key)
        if page is not None and now < page.quiet_until:
            return page.send(environ, start_response, now)
        if page is not None and now < page.stale_until:
            self.refresh_behind(key, environ, page)
            return page.send(environ, start_response, now)
        found = self.ask_once(key, environ, page, now)
        if found is None:
            return self.application(environ, start_response)
        return found.send(environ, start_response, now)

    def is_not_for_us(self, environ: WSGIEnvironment) -> bool:
        query, cookie = environ.get("QUERY_STRING"), environ.get("HTTP_COOKIE")
        return bool(
            (cookie and self.is_signed_in(cookie))
            or (query and not TRACKING.fullmatch(query))
            or "HTTP_AUTHORIZATION" in environ
            or "HTTP_HOST" not in environ
            or (self.trust_front and environ.get("HTTP_X_CACHE_IN_FRONT") == "1")
            or environ["PATH_INFO"].startswith(self.bypass_prefixes)
        )

    def forgetting(self, environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
        """A POST that succeeds invalidates the copy under its own address (RFC 9111 §4.4)."""

        def started(status: str, headers: Headers, *exc_info: object) -> object:
            is_unsafe = environ["REQUEST_METHOD"] not in SAFE_METHODS
            if is_unsafe and status < "400" and "HTTP_HOST" in environ:
                self.store.drop(address(environ))
            return start_response(status, headers, *exc_info)

        return started

    def ask_once(
        self, key: Key, environ: WSGIEnvironment, page: StoredPage | None, now: float
    ) -> StoredPage | HeldAnswer | None:
        """None: this page cannot be shared, so the caller has to ask for himself."""
        flight, leads = self.join(key)
        if not leads:
            return self.wait_for(flight, key, environ)
        try:
            newer = self.store.get(key)  # stored between our look and our turn?
            return self.ask(key, environ, page, now) if newer is page or newer is None else newer
        finally:
            self.land(key, flight)

    def wait_for(self, flight: Flight, key: Key, environ: WSGIEnvironment) -> StoredPage | None:
        patience_s = flight.started + self.patience_s - self.clock()
        has_landed = flight.landed.wait(max(0.0, patience_s))
        page = self.store.get(key)
        if page is None or self.clock() >= page.usable_until:
            return None
        return page if has_landed else self.fall_back_on(page, environ, "no answer in time")

    def refresh_behind(self, key: Key, environ: WSGIEnvironment, page: StoredPage) -> None:
        mine = object()
        if self.awaiting_refresh.setdefault(key, mine) is mine:
            self.refresher.submit(self.refresh, key, environ, page)

    def refresh(self, key: Key, environ: WSGIEnvironment, page: StoredPage) -> None:
        flight, leads = self.join(key)
        try:
            if leads and self.store.get(key) is page:
                self.ask(key, environ, page, self.clock()).close()
        except Exception:
            logger.exception("%s could not be fetched anew", environ["PATH_INFO"])
        finally:
            if leads:
                self.land(key, flight)
            del self.awaiting_refresh[key]

    def join(self, key: Key) -> tuple[Flight, bool]:
        mine = Flight(self.clock())
        flight = self.flights.setdefault(key, mine)  # atomic: one of all who come leads
        return flight, flight is mine

    def land(self, key: Key, flight: Flight) -> None:
        del self.flights[key]
        flight.landed.set()

    def ask(
        self, key: Key, environ: WSGIEnvironment, old: StoredPage | None, now: float
    ) -> StoredPage | HeldAnswer:
        """The new page; the old one while the application fails; else the answer, still open."""
        rescue = old if old is not None and now < old.usable_until else None
        try:
            answer = HeldAnswer(self.application, plain(environ))
            page = self.keep(key, answer, old, now)
        except Exception as error:
            if rescue is None:
                raise
            return self.fall_back_on(rescue, environ, repr(error))
        if page is not None:
            return page
        if answer.has_failed and rescue is not None:
            answer.close()
            return self.fall_back_on(rescue, environ, answer.status)
        self.store.drop(key)  # gone, or private by now: the old copy must not come back
        return answer

    def keep(
        self, key: Key, answer: HeldAnswer, old: StoredPage | None, now: float
    ) -> StoredPage | None:
        policy = answer.policy
        body = answer.read(self.store.largest_bytes) if policy else None
        if body is None or answer.policy != policy:  # it may have failed half way
            return None
        page = StoredPage(answer.status, answer.headers, body, policy, stored_at=now, old=old)
        self.store.put(key, page)
        return page

    def fall_back_on(self, page: StoredPage, environ: WSGIEnvironment, why: str) -> StoredPage:
        now = self.clock()
        page.quiet_until = min(now + PAUSE_AFTER_FAILURE_S, page.usable_until)
        age_s = now - page.stored_at
        logger.warning("%s: %s; the copy of %.0f s ago serves", environ["PATH_INFO"], why, age_s)
        return page


@dataclass(frozen=True, slots=True)
class Flight:
    """One request on its way to the application, for all who want the same page."""

    started: float
    landed: threading.Event = field(default_factory=threading.Event)


def address(environ: WSGIEnvironment) -> Key:
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip()
    scheme = "https" if forwarded == "https" else environ["wsgi.url_scheme"]
    path = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    return scheme, environ["HTTP_HOST"].lower(), path


def plain(environ: WSGIEnvironment) -> WSGIEnvironment:
    kept = {name: value for name, value in environ.items() if name not in ABOUT_ONE_REQUEST}
    return kept | {"REQUEST_METHOD": "GET", "QUERY_STRING": "", "wsgi.input": io.BytesIO()}
