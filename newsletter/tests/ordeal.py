"""A campaign during which things go wrong, and what must be true of it afterwards.

How hard it is comes from the environment (`make chaos` sets it): CHAOS_MAILS, CHAOS_BLOWS and
CHAOS_SEED, from which all chance follows.
"""

import os
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from careersite.tests.provider import Answer, Provider, Request
from careersite.tests.smtp_sink import SmtpSink
from newsletter.addresses import address_key
from newsletter.models import Campaign, Subscriber
from newsletter.states import State
from newsletter.tags import delivery_id_of
from newsletter.tests.factories import LONG_AGO
from newsletter.tests.stand_ins import MAILJET
from newsletter.tests.workers import (
    CONCURRENCY,
    Eventually,
    end_leases,
    publish,
    slow_down,
    sweep,
)

MAILS = int(os.environ.get("CHAOS_MAILS", 150))
BLOWS = int(os.environ.get("CHAOS_BLOWS", 2))
SEED = os.environ.get("CHAOS_SEED") or str(time.time_ns())
IS_LONG = "CHAOS_BLOWS" in os.environ  # and the servers are ours alone
WITH_REDIS = settings.CELERY_BROKER_URL.startswith("redis")
only_long = pytest.mark.skipif(not IS_LONG, reason="in the long form only")
FAR_ENDS = ["smtp", pytest.param("http", marks=only_long)]
SWEEP_AGAIN_S = 1.0
LAST_WORDS_S = 0.3  # what a killed worker had said, its database may still be doing


MESSAGE_ID = re.compile(rb"^Message-ID: <campaign-[0-9]+-([0-9]+)@", re.MULTILINE | re.IGNORECASE)


class Came(NamedTuple):
    """One mail that is there: which delivery it says it is, and where it went."""

    number: int
    address: str


@dataclass(frozen=True)
class FarEnd:
    """Where the mails go. A worker has `at_stake` of them on the wire at most."""

    name: str
    environment: dict[str, str]
    mails: Callable[[], list[Came]]
    at_stake: int

    def received(self) -> list[str]:
        return [came.address for came in self.mails()]


def smtp_server(sink: SmtpSink, answer_after_s: float = 0.004) -> FarEnd:
    slow_down(sink, answer_after_s)
    sink.is_pipelining = True
    seen: list[Came] = []

    def mails() -> list[Came]:
        for mail in sink.received[len(seen) :]:
            seen.append(Came(int(MESSAGE_ID.search(mail.content)[1]), *mail.recipients))
        return seen

    return FarEnd("SMTP", {"EMAIL_URL": sink.url}, mails, at_stake=1)


def mail_provider(provider: Provider, answer_after_s: float = 0.1) -> FarEnd:
    """One that takes many mails in one call."""
    taken: list[Came] = []

    def take(request: Request) -> Answer:
        mails = MAILJET.mails(request)
        taken.extend(Came(delivery_id_of(mail.tag), mail.to) for mail in mails)
        time.sleep(answer_after_s)
        return MAILJET.accept(mails)

    provider.answer = take
    keys = {f"ANYMAIL_{name}": value for name, value in MAILJET.settings(provider.url).items()}
    environment = {"ANYMAIL_ESP": MAILJET.name, **keys}
    return FarEnd("HTTP", environment, lambda: taken, at_stake=MAILJET.batch_size)


@dataclass
class Ordeal:
    """Begun when it is made: the article is published, and nobody has a mail yet."""

    far_end: FarEnd
    eventually: Eventually
    blows: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def __post_init__(self) -> None:
        say(f"CHAOS_SEED={SEED}")
        Subscriber.objects.bulk_create(readers(MAILS), batch_size=1000)
        publish()
        sweep()

    def await_some(self, most: int = MAILS // BLOWS) -> None:
        """Until some more mails have come, however many; sometimes none."""
        goal = len(self.far_end.received()) + self.chance.randrange(max(2, most))
        self.go_on_until(lambda: len(self.far_end.received()) >= goal)
        time.sleep(self.chance.uniform(0, 0.05))  # no moment is like another

    def go_on_until(self, is_reached: Callable[[], object]) -> None:
        """Or until all is over."""
        swept_at = time.monotonic()

        def is_enough() -> object:
            nonlocal swept_at
            if time.monotonic() - swept_at > SWEEP_AGAIN_S:
                swept_at = time.monotonic()
                sweep()
            return self.is_over() or is_reached()

        self.eventually(is_enough)

    def end_leases(self) -> None:
        time.sleep(LAST_WORDS_S)
        end_leases()

    def await_end(self) -> None:
        def is_over() -> bool:
            sweep()
            time.sleep(SWEEP_AGAIN_S / 2)
            return self.is_over()

        self.eventually(is_over, 300)

    def is_over(self) -> bool:
        return Campaign.objects.exists() and not Campaign.objects.unfinished().exists()

    def assert_each_got_one(self, in_doubt: int | None = None) -> None:
        """`in_doubt` is how many may be; if nobody says, all that were on the wire at a blow."""
        campaign = Campaign.objects.get()
        by_state = dict.fromkeys(campaign.deliveries.values_list("state", flat=True), None)
        for state in by_state:
            found = campaign.deliveries.filter(state=state).values_list("address", flat=True)
            by_state[state] = set(found)
        received = self.far_end.received()
        accepted = by_state.pop(State.ACCEPTED, set())
        doubtful = by_state.pop(State.IN_DOUBT, set())
        say(
            f"{connection.vendor}, {self.far_end.name}: of {MAILS} mails {len(accepted)} accepted, "
            f"{len(doubtful)} in doubt after {self.blows} kills"
        )
        assert by_state == {}, by_state.keys()
        assert len(received) == len(set(received)), "somebody got two"
        assert len(accepted) + len(doubtful) == MAILS
        assert accepted <= set(received) <= accepted | doubtful, "somebody got none"
        most = self.blows * CONCURRENCY * self.far_end.at_stake if in_doubt is None else in_doubt
        assert len(doubtful) <= most


def say(words: str) -> None:
    """Where `make chaos` looks; otherwise only who looks at a failed test sees it."""
    print(words)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2].partition(" ")[0]
    if report := os.environ.get("CHAOS_REPORT"):
        with open(report, "a") as file:
            file.write(f"{test}: {words}\n")


def readers(count: int) -> list[Subscriber]:
    then = timezone.now() - LONG_AGO
    return [
        Subscriber(
            address=address, address_key=address_key(address), created_at=then, confirmed_at=then
        )
        for address in (f"reader{n}@example.com" for n in range(1, count + 1))
    ]
