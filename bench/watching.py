"""What is seen of processes that send, from the first mail to the last."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.notice import Stage
from bench.processes import Process
from bench.sink import Tally

SILENCE_S = 60
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Look:
    mails: int
    cpu_s: float
    database_cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Seen:
    """What is done before the first mail is no part of it."""

    tally: Tally
    looks: list[Look]

    @property
    def cpu_ms(self) -> float:
        """Of the senders, for each mail; as the next one of the database."""
        return 1000 * (self.looks[-1].cpu_s - self.looks[0].cpu_s) / self.mails

    @property
    def database_cpu_ms(self) -> float:
        return 1000 * (self.looks[-1].database_cpu_s - self.looks[0].database_cpu_s) / self.mails

    @property
    def mails(self) -> int:
        return max(1, self.looks[-1].mails - self.looks[0].mails)

    @property
    def peak_mb(self) -> float:
        return max(look.peak_mb for look in self.looks)


def watch(stage: Stage, senders: list[Process], count: int) -> Seen:
    """Until `count` mails have come. Raises if none comes any more."""
    looks: list[Look] = []
    for tally in tallies(stage, senders, count):
        if tally.mails:
            looks.append(look(stage, tally, senders))
    return Seen(tally, looks)


def tallies(stage: Stage, senders: list[Process], count: int) -> Iterator[Tally]:
    mails, silent_since = 0, time.monotonic()
    while mails < count:
        time.sleep(LOOK_EVERY_S)
        tally = stage.sink.tally()
        if tally.mails > mails:
            mails, silent_since = tally.mails, time.monotonic()
        elif time.monotonic() - silent_since > SILENCE_S:
            said = "\n".join(sender.said()[-2000:] for sender in senders)
            raise RuntimeError(f"Only {mails} of {count} mails came:\n{said}")
        yield tally


def look(stage: Stage, tally: Tally, senders: list[Process]) -> Look:
    return Look(
        mails=tally.mails,
        cpu_s=sum(sender.cpu_s() for sender in senders),
        database_cpu_s=stage.database.cpu_s(),
        peak_mb=max(sender.peak_mb() for sender in senders),
    )


def check_once(name: str, tally: Tally, count: int) -> None:
    """Each must have had one mail, or there is no figure."""
    if (tally.mails, tally.recipients) != (count, count):
        raise RuntimeError(f"{name}: {tally} instead of {count} mails")
