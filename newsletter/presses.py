"""Presses of links are counted, readers are not: one more in a sum for a link and a day.

A press waits a few seconds before it counts. Whoever follows several links of one mail in that time
is a scanner that looks at all of them; what it pressed is forgotten. For that we remember hashes of
networks, for these seconds, in memory, under a key made by chance.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import close_old_connections, connections
from django.utils import timezone

from newsletter.models import Link, LinkDay

logger = logging.getLogger(__name__)

WAITS_S = 12.0
# A person reads before the next press. In each process of the web server that sees the presses.
BURST = 3
MOST_WAITING = 5_000


@dataclass(frozen=True)
class Press:
    link_id: int
    campaign_id: int
    day: date
    reader: bytes
    at_s: float


class WaitingPresses:
    """Presses of the last seconds, and one lasting thread that writes down what counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.key = secrets.token_bytes(32)
        self.lock = threading.Lock()
        self.waiting: list[Press] = []
        self.scanners: dict[tuple[bytes, int], float] = {}
        self.writer: threading.Thread | None = None

    def note(self, link: Link, network: str) -> None:
        reader = hashlib.blake2b(network.encode(), key=self.key, digest_size=16).digest()
        press = Press(link.pk, link.campaign_id, timezone.localdate(), reader, self.clock())
        with self.lock:
            if len(self.waiting) < MOST_WAITING:
                self.waiting.append(press)
            if self.writer is None:  # not before the first press: a server may fork
                self.writer = threading.Thread(target=self._keep_writing, daemon=True)
                self.writer.start()

    def take_ripe(self) -> Counter[tuple[int, date]]:
        """What has waited long enough and was no scanner's, as numbers by link and day. Nobody
        presses one link twice in these seconds: that counts once."""
        now_s = self.clock()
        with self.lock:
            self._find_scanners(now_s)
            kept = [p for p in self.waiting if (p.reader, p.campaign_id) not in self.scanners]
            ripe = [press for press in kept if press.at_s <= now_s - WAITS_S]
            self.waiting = [press for press in kept if press.at_s > now_s - WAITS_S]
        once = {(press.reader, press.link_id, press.day) for press in ripe}
        return Counter((link_id, day) for _, link_id, day in once)

    def _find_scanners(self, now_s: float) -> None:
        followed: dict[tuple[bytes, int], set[int]] = {}
        for press in self.waiting:
            followed.setdefault((press.reader, press.campaign_id), set()).add(press.link_id)
        recent = {who: at_s for who, at_s in self.scanners.items() if at_s > now_s - WAITS_S}
        found = [who for who, links in followed.items() if len(links) >= BURST or who in recent]
        self.scanners = {**recent, **dict.fromkeys(found, now_s)}

    def write(self) -> None:
        if ripe := self.take_ripe():
            LinkDay.objects.add(ripe)

    def _keep_writing(self) -> None:
        while True:
            time.sleep(WAITS_S / 4)
            close_old_connections()
            try:
                self.write()
            except Exception as error:  # a database that cannot be written costs some presses
                logger.warning("Some presses were not counted: %s", error)
            connections.close_all()


waiting_presses = WaitingPresses()
