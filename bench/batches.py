"""A notice in calls of a thousand mails, all states written, against bare loops of requests."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import requests

from bench.databases import Database, database
from bench.processes import Process, started, wait_until
from bench.sink import START_DEADLINE_S, Tally
from bench.site import Site, new_site
from bench.table import Cell, print_table
from careersite.leash import Leash
from careersite.run import worker

PROCESSES = 2
A_CALL = 1000
KILOBYTES = 20
HEAD_START_S = 1.5  # for the interpreters of the bare loops
BARE_CALLS = 100
DEADLINE_S = 300
COLUMNS = (
    f"sent by {PROCESSES} processes",
    "mails/s, states written",
    "of the bare loops",
    "CPU ms a mail",
    "database: CPU ms a mail",
    "largest process MB",
)


@dataclass(frozen=True)
class CallSink:
    """A provider on this machine; `bench/call_sink.py` is its other side."""

    url: str

    def tally(self) -> Tally:
        return Tally(**requests.get(f"{self.url}/count", timeout=10).json())

    def reset(self) -> None:
        requests.get(f"{self.url}/reset", timeout=10)

    def keep_next(self, path: Path) -> None:
        requests.get(f"{self.url}/keep{path}", timeout=10)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "EMAIL_URL": "",
            "ANYMAIL_ESP": "mailgun",
            "ANYMAIL_MAILGUN_API_KEY": "key",
            "ANYMAIL_MAILGUN_SENDER_DOMAIN": "careersite.example",
            "ANYMAIL_MAILGUN_API_URL": f"{self.url}/v3",
            "ANYMAIL_WEBHOOK_SECRET": "user:password",
        }


@contextmanager
def running_call_sink(leash: Leash) -> Iterator[CallSink]:
    with tempfile.TemporaryDirectory(prefix="careersite-bench-") as name:
        folder = Path(name)
        port_file = folder / "port"
        with started(
            [sys.executable, "-m", "bench.call_sink", port_file], leash, folder / "log", {}
        ):
            wait_until(port_file.exists, START_DEADLINE_S, "the provider")
            yield CallSink(f"http://127.0.0.1:{port_file.read_text()}")


@dataclass(frozen=True)
class Stage:
    site: Site
    database: Database
    sink: CallSink
    body: Path  # one call as it was on the wire
    count: int


@dataclass(frozen=True)
class Run:
    name: str
    mails_a_second: float
    cpu_ms: float
    database_cpu_ms: float | None
    peak_mb: float


def measure(leash: Leash, *, subscribers: int, names: Sequence[str]) -> None:
    for name in names:
        with database(name, leash) as found, running_call_sink(leash) as sink:
            if found:
                measure_on(found, sink, leash, subscribers)


def measure_on(found: Database, sink: CallSink, leash: Leash, subscribers: int) -> None:
    with (
        new_site(leash, **found.environment, **sink.environment) as site,
        tempfile.TemporaryDirectory(prefix="careersite-bench-") as folder,
    ):
        stage = Stage(site, found, sink, Path(folder) / "body", subscribers)
        rehearse(stage)
        site.inside("readers", A_CALL + 1, subscribers)
        ways = (by_bare_loops, by_celery, by_sweeps, by_bare_loops)
        report(stage, [way(stage) for way in ways])


def rehearse(stage: Stage) -> None:
    """One call, kept as it was on the wire: the bare loops post the same."""
    stage.site.inside("readers", 1, A_CALL)
    stage.site.inside("announce", "here", KILOBYTES)
    stage.sink.keep_next(stage.body)
    stage.site.manage("sweep")


def report(stage: Stage, runs: list[Run]) -> None:
    bare = mean((runs[0].mails_a_second, runs[-1].mails_a_second))
    size_bytes = stage.body.stat().st_size
    print_table(
        f"A notice to {stage.count:,} subscribers in calls of {A_CALL} mails "
        f"({size_bytes:,} bytes), {stage.database.title}",
        COLUMNS,
        [row(run, bare) for run in runs],
    )


def row(run: Run, bare: float) -> list[Cell]:
    share = run.mails_a_second / bare
    return [
        run.name,
        run.mails_a_second,
        share,
        run.cpu_ms,
        run.database_cpu_ms,
        round(run.peak_mb),
    ]


# --- The ways to send ---------------------------------------------------------------------------


def by_bare_loops(stage: Stage) -> Run:
    stage.sink.reset()
    calls = BARE_CALLS // PROCESSES
    starts_at = time.time() + HEAD_START_S
    command = [sys.executable, "-m", "bench.bare_calls", f"{stage.sink.url}/v3", stage.body]
    command += map(str, (calls, starts_at))
    with ExitStack() as stack:
        starts = [stage.site.start(f"bare-{n}", command) for n in range(PROCESSES)]
        senders = [stack.enter_context(start) for start in starts]
        cpu_s, _, peak_mb = watch(stage, senders, BARE_CALLS * A_CALL)
    tally = stage.sink.tally()
    pace = (tally.mails - A_CALL) / (tally.last_at - tally.first_at)
    return Run("bare loops of requests", pace, 1000 * cpu_s / tally.mails, None, peak_mb)


def by_sweeps(stage: Stage) -> Run:
    stage.sink.reset()
    stage.site.inside("announce", "here", KILOBYTES)
    command = [sys.executable, "manage.py", "sweep"]
    with ExitStack() as stack:
        starts = [stage.site.start(f"sweep-{n}", command) for n in range(PROCESSES)]
        senders = [stack.enter_context(start) for start in starts]
        return written(stage, "`manage.py sweep`", watch(stage, senders, stage.count))


def by_celery(stage: Stage) -> Run:
    """Workers as `make run` starts them, without beat; the campaign from its very beginning."""
    stage.sink.reset()
    with stage.site.start("worker", worker(beat=False).command) as process:
        stage.site.inside("announce", "worker", KILOBYTES)
        return written(stage, "Celery workers", watch(stage, [process], stage.count))


def written(stage: Stage, name: str, seen: tuple[float, float, float]) -> Run:
    """The pace until all is written down. Each must have had one mail, or there is no figure."""
    states = stage.site.inside("states")
    tally = stage.sink.tally()
    pace = stage.site.inside("pace")
    once = tally.mails == tally.recipients == stage.count
    if states != {"accepted": stage.count} or pace["unanswered"] or not once:
        raise RuntimeError(f"{name}: {states}, {tally}, {pace}")
    cpu_s, database_cpu_s, peak_mb = seen
    return Run(
        name,
        stage.count / pace["seconds"],
        1000 * cpu_s / stage.count,
        1000 * database_cpu_s / stage.count or None,
        peak_mb,
    )


def watch(stage: Stage, senders: list[Process], count: int) -> tuple[float, float, float]:
    """Until all mails have come: CPU of the senders and of the database in s, largest in MB."""

    def look() -> bool:
        looks.append(
            (
                sum(sender.cpu_s() for sender in senders),
                stage.database.cpu_s(),
                max(sender.peak_mb() for sender in senders),
            )
        )
        tally = stage.sink.tally()
        if not tally.mails:
            looks.clear()
        return tally.mails >= count

    looks: list[tuple[float, float, float]] = []
    wait_until(look, DEADLINE_S, "all mails")
    first, last = looks[0], looks[-1]
    return last[0] - first[0], last[1] - first[1], max(look[2] for look in looks)
