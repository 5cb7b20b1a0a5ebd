"""Reads are counted, readers are not.

A page cannot count who gets it, because caches hand it out. So a script tells us of an article that
somebody has had before his eyes for some seconds: which article, and the host of the page that led
there. We add one to a sum. Nothing else of the request is kept.
"""

import hashlib
import logging
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone

from blog.models.read_count import Read, ReadCount

logger = logging.getLogger(__name__)

WRITTEN_EVERY_S = 5.0
MOST_WAITING = 5_000
REMEMBERED_S = 15 * 60
MOST_REMEMBERED = 50_000
HOST = re.compile(r"(?=.{4,100}\Z)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
ROBOT = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_-]|crawl|spider|slurp|headless|lighthouse|preview|facebookexternalhit|scan|monitor"
    r"|check|fetch|archiver|curl|wget|python|java/|go-http|node|axios|okhttp|httpclient|phantom",
    re.IGNORECASE,
)


def is_robot(user_agent: str) -> bool:
    """By its own words; Cubot makes telephones. Few that run scripts hide what they are."""
    return not user_agent or bool(ROBOT.search(user_agent))


def foreign_host(name: str) -> str:
    """The host of another site, or nothing: for our own, an address in numbers, and nonsense."""
    host = name.strip().lower().rstrip(".").removeprefix("www.")
    own = (urlsplit(settings.SITE_URL).hostname or "").removeprefix("www.")
    return host if HOST.fullmatch(host) and host != own else ""


class RecentReads:
    """Knows for a quarter of an hour, or two, that an article was read from a network.

    It remembers hashes alone. Their key was made by chance, is written nowhere, and dies with this
    process, so that nobody can ever learn from them who read what.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.key = secrets.token_bytes(32)
        self.lock = threading.Lock()
        self.known: set[bytes] = set()
        self.known_before: set[bytes] = set()
        self.turned_at = clock()

    def is_new(self, network: str, article_uid: UUID) -> bool:
        """True once, for the same two, until they are forgotten."""
        said = f"{network} {article_uid}".encode()
        mark = hashlib.blake2b(said, key=self.key, digest_size=16).digest()
        with self.lock:
            self._forget()
            is_known = mark in self.known or mark in self.known_before
            self.known.add(mark)
            return not is_known

    def _forget(self) -> None:
        age_s = self.clock() - self.turned_at
        if age_s >= REMEMBERED_S or len(self.known) >= MOST_REMEMBERED:
            self.known_before = self.known if age_s < 2 * REMEMBERED_S else set()
            self.known, self.turned_at = set(), self.clock()


class Tally:
    """Reads of the last seconds, in memory, until its one lasting thread writes them down.

    So a read costs no query. A database that is away, or a process that ends, costs some counts.
    """

    def __init__(self, every_s: float = WRITTEN_EVERY_S) -> None:
        self.every_s = every_s
        self.waiting: Counter[Read] = Counter()
        self.lock = threading.Lock()
        self.writer: threading.Thread | None = None
        self.is_closed = threading.Event()

    def note(self, read: Read) -> None:
        with self.lock:
            if read in self.waiting or len(self.waiting) < MOST_WAITING:
                self.waiting[read] += 1
            if self.writer is None:  # not before the first read: a server may fork
                self.writer = threading.Thread(target=self._keep_writing, daemon=True)
                self.writer.start()

    def write(self) -> None:
        with self.lock:
            reads, self.waiting = self.waiting, Counter()
        if reads:
            ReadCount.objects.add(reads, timezone.now())

    def close(self) -> None:
        self.is_closed.set()
        if self.writer:
            self.writer.join()

    def _keep_writing(self) -> None:
        while not self.is_closed.wait(self.every_s):
            self._write_or_lose()
        self._write_or_lose()
        connections.close_all()

    def _write_or_lose(self) -> None:
        close_old_connections()
        try:
            self.write()
        except Exception as error:
            logger.warning("Some reads were not counted: %s", error)
        close_old_connections()


recent_reads = RecentReads()
tally = Tally()


def count(article_uid: UUID, referrer: str, network: str) -> None:
    """Count a read, unless somebody of that network has just read the same."""
    if recent_reads.is_new(network, article_uid):
        tally.note(Read(article_uid, timezone.localdate(), foreign_host(referrer)))
