"""A notice to many subscribers, from publishing to the wire, against bare loops of smtplib."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.databases import Database, database
from bench.processes import Process
from bench.sink import Sink, Tally, running_sink
from bench.site import Site, new_site
from bench.table import Cell, print_table
from careersite.leash import Leash
from careersite.run import worker

SILENCE_S = 60
LOOK_EVERY_S = 0.2
HEAD_START_S = 1.5  # for the interpreters of the bare loops
BARE_MAILS = 20_000  # enough for some seconds
COLUMNS = (
    "sent by",
    "mails/s",
    "of the bare loops",
    "CPU ms a mail",
    "database: CPU ms a mail",
    "first mail after s",
    "largest process MB",
)


@dataclass(frozen=True)
class Load:
    subscribers: int
    kilobytes: int
    processes: int
    is_signed: bool


@dataclass(frozen=True)
class Stage:
    site: Site
    database: Database
    sink: Sink
    mail: Path  # one notice as it was on the wire
    load: Load


@dataclass(frozen=True)
class Run:
    name: str
    mails_a_second: float
    cpu_ms: float
    database_cpu_ms: float
    peak_mb: float
    first_after_s: float | None = None


def measure(leash: Leash, load: Load, names: list[str]) -> None:
    for name in names:
        with database(name, leash) as found, running_sink(leash) as sink:
            if found:
                measure_on(found, sink, leash, load)


def measure_on(found: Database, sink: Sink, leash: Leash, load: Load) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="careersite-bench-") as folder,
        new_site(
            leash,
            **found.environment,
            EMAIL_URL=sink.url,
            **(key_in(Path(folder)) if load.is_signed else {}),
        ) as site,
    ):
        stage = Stage(site, found, sink, Path(folder) / "mail", load)
        rehearse(stage)
        site.inside("readers", 2, load.subscribers)
        ways = (by_bare_loops, by_celery, by_sweeps, by_bare_loops)
        report(stage, [way(stage) for way in ways])


def key_in(folder: Path) -> dict[str, str]:
    """What signs each mail: RSA with 2048 bits, as everybody uses it."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    file = folder / "dkim.pem"
    no_password = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key.private_bytes(*no_password))
    return {"DKIM_PRIVATE_KEY_FILE": str(file), "DKIM_SELECTOR": "bench"}


def rehearse(stage: Stage) -> None:
    """One notice to one reader, kept as it was on the wire: the bare loops send the same."""
    stage.site.inside("readers", 1, 1)
    stage.site.inside("announce", "here", stage.load.kilobytes)
    stage.sink.keep_next(stage.mail)
    stage.site.manage("sweep")


def report(stage: Stage, runs: list[Run]) -> None:
    bare = mean((runs[0].mails_a_second, runs[-1].mails_a_second))
    size_bytes = stage.mail.stat().st_size
    print_table(
        f"A notice of {size_bytes:,} bytes{' with DKIM' if stage.load.is_signed else ''} to "
        f"{stage.load.subscribers:,} subscribers by {stage.load.processes} processes, "
        f"{stage.database.title}",
        COLUMNS,
        [row(run, bare) for run in runs],
    )


def row(run: Run, bare: float) -> list[Cell]:
    return [
        run.name,
        run.mails_a_second,
        run.mails_a_second / bare,
        run.cpu_ms,
        run.database_cpu_ms or None,
        run.first_after_s,
        round(run.peak_mb),
    ]


# --- The ways to send -------------------------------------------------------------------------


def by_bare_loops(stage: Stage) -> Run:
    stage.sink.reset()
    share = BARE_MAILS // stage.load.processes
    starts_at = time.time() + HEAD_START_S
    with ExitStack() as stack:
        senders = []
        for first in range(0, BARE_MAILS, share):
            command = [sys.executable, "-m", "bench.bare_smtp", str(stage.sink.port), stage.mail]
            command += map(str, (first, share, starts_at))
            senders.append(stack.enter_context(stage.site.start(f"bare-{first}", command)))
        return watch(stage, "bare loops of smtplib, ready bytes", senders, BARE_MAILS)


def by_sweeps(stage: Stage) -> Run:
    stage.sink.reset()
    stage.site.inside("announce", "here", stage.load.kilobytes)
    command = [sys.executable, "manage.py", "sweep"]
    with ExitStack() as stack:
        starts = [stage.site.start(f"sweep-{n}", command) for n in range(stage.load.processes)]
        seen = watch(
            stage,
            "`manage.py sweep`",
            [stack.enter_context(start) for start in starts],
            stage.load.subscribers,
        )
        check_states(stage)
    return seen


def by_celery(stage: Stage) -> Run:
    """Workers as `make run` starts them, without beat; the campaign from its very beginning."""
    stage.sink.reset()
    with stage.site.start("worker", worker_command(stage.load.processes)) as process:
        published_at = stage.site.inside("announce", "worker", stage.load.kilobytes)["at"]
        seen = watch(stage, "Celery workers", [process], stage.load.subscribers)
        check_states(stage)
    return replace(seen, first_after_s=stage.sink.tally().first_at - published_at)


def worker_command(processes: int) -> list[str]:
    command = list(worker(beat=False).command)
    command[command.index("--concurrency") + 1] = str(processes)
    return command


def check_states(stage: Stage) -> None:
    states = stage.site.inside("states")
    if states != {"accepted": stage.load.subscribers}:
        raise RuntimeError(f"Of {stage.load.subscribers} deliveries are {states}")


# --- What is seen of it -----------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    mails: int
    cpu_s: float
    database_cpu_s: float
    peak_mb: float


def watch(stage: Stage, name: str, senders: list[Process], count: int) -> Run:
    """From the first mail to the last; what is done before the first is no part of the pace."""
    looks: list[Look] = []
    for tally in tallies(stage, senders, count):
        if tally.mails:
            looks.append(look(stage, tally, senders))
    if (tally.mails, tally.recipients) != (count, count):
        raise RuntimeError(f"{name}: {tally} instead of {count} mails")
    first, last = looks[0], looks[-1]
    seen = max(1, last.mails - first.mails)
    return Run(
        name=name,
        mails_a_second=(tally.mails - 1) / (tally.last_at - tally.first_at),
        cpu_ms=1000 * (last.cpu_s - first.cpu_s) / seen,
        database_cpu_ms=1000 * (last.database_cpu_s - first.database_cpu_s) / seen,
        peak_mb=max(look.peak_mb for look in looks),
    )


def tallies(stage: Stage, senders: list[Process], count: int) -> Iterator[Tally]:
    """Again and again, until all mails have come. Raises if none comes any more."""
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
