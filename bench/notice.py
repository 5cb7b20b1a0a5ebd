"""A notice to many: the stage it is given on, the ways to send it, and the table of them all."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from bench.databases import Database, database
from bench.processes import Process
from bench.sink import CallSink, Sink
from bench.site import Site, new_site
from bench.table import Cell, print_table
from careersite.leash import Leash
from careersite.run import worker

HEAD_START_S = 1.5  # for the interpreters of the bare loops


@dataclass(frozen=True)
class Load:
    subscribers: int
    kilobytes: int = 20
    processes: int = 2
    is_signed: bool = False


@dataclass(frozen=True)
class Stage:
    site: Site
    database: Database
    sink: Sink | CallSink
    sample: Path  # one mail, or one call, as it was on the wire
    load: Load


@dataclass(frozen=True)
class Run:
    name: str
    mails_a_second: float
    cpu_ms: float
    database_cpu_ms: float | None
    peak_mb: float
    first_after_s: float | None = None


def on_each(
    names: Sequence[str],
    leash: Leash,
    far_end: Callable[[Leash], AbstractContextManager[Sink | CallSink]],
    load: Load,
    act: Callable[[Stage], None],
    **environment: str,
) -> None:
    """`act` on a stage of its own for each of the databases `names` that there is."""
    for name in names:
        with database(name, leash) as found, far_end(leash) as sink:
            if found:
                settings = {**found.environment, **sink.environment, **environment}
                with new_site(leash, **settings) as site, temporary_folder() as folder:
                    act(Stage(site, found, sink, folder / "sample", load))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="careersite-bench-") as name:
        yield Path(name)


def rehearse(stage: Stage, readers: int) -> None:
    """One notice to a few, kept as it was on the wire: the bare loops send the same. Then come
    all the others who are to read."""
    stage.site.inside("readers", 1, readers)
    stage.site.inside("announce", "here", stage.load.kilobytes)
    stage.sink.keep_next(stage.sample)
    stage.site.manage("sweep")
    stage.site.inside("readers", readers + 1, stage.load.subscribers)


# --- The ways to send -------------------------------------------------------------------------


@contextmanager
def bare_loops(stage: Stage, module: str, arguments: Sequence[tuple]) -> Iterator[list[Process]]:
    """One for each of `arguments`; they begin at the same moment."""
    stage.sink.reset()
    starts_at = time.time() + HEAD_START_S
    start = [sys.executable, "-m", f"bench.{module}"]
    commands = [[*start, *map(str, (*each, starts_at))] for each in arguments]
    with together(stage, "bare", commands) as senders:
        yield senders


@contextmanager
def sweeps(stage: Stage) -> Iterator[list[Process]]:
    stage.sink.reset()
    stage.site.inside("announce", "here", stage.load.kilobytes)
    command = [sys.executable, "manage.py", "sweep"]
    with together(stage, "sweep", [command] * stage.load.processes) as senders:
        yield senders


@contextmanager
def workers(stage: Stage) -> Iterator[tuple[list[Process], float]]:
    """As `make run` starts them, without beat; the campaign from its very beginning.

    Also yields when the article became public, by the monotonic clock.
    """
    stage.sink.reset()
    command = list(worker(beat=False).command)
    command[command.index("--concurrency") + 1] = str(stage.load.processes)
    with stage.site.start("worker", command) as process:
        published_at = stage.site.inside("announce", "worker", stage.load.kilobytes)["at"]
        yield [process], published_at


@contextmanager
def together(stage: Stage, name: str, commands: list[list]) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        starts = [stage.site.start(f"{name}-{n}", one) for n, one in enumerate(commands)]
        yield [stack.enter_context(start) for start in starts]


# --- What came of it --------------------------------------------------------------------------


def check_states(stage: Stage) -> None:
    states = stage.site.inside("states")
    if states != {"accepted": stage.load.subscribers}:
        raise RuntimeError(f"Of {stage.load.subscribers} deliveries are {states}")


def report(
    title: str, columns: Sequence[str], runs: list[Run], row: Callable[[Run, float], list[Cell]]
) -> None:
    """The first and the last run are the yardstick, whose mean the others are compared with."""
    bare = mean((runs[0].mails_a_second, runs[-1].mails_a_second))
    print_table(title, columns, [row(run, bare) for run in runs])


def cells(run: Run, bare: float) -> list[Cell]:
    return [
        run.name,
        run.mails_a_second,
        run.mails_a_second / bare,
        run.cpu_ms,
        run.database_cpu_ms or None,
        round(run.peak_mb),
    ]
