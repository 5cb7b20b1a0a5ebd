"""A notice in calls of a thousand mails, all states written, against bare loops of requests."""

from collections.abc import Sequence

from bench.notice import (
    Load,
    Run,
    Stage,
    bare_loops,
    cells,
    check_states,
    on_each,
    rehearse,
    report,
    sweeps,
    workers,
)
from bench.sink import running_call_sink
from bench.watching import Seen, check_once, watch
from careersite.leash import Leash

A_CALL = 1000
BARE_CALLS = 100


def measure(leash: Leash, load: Load, names: Sequence[str]) -> None:
    on_each(names, leash, running_call_sink, load, compare)


def compare(stage: Stage) -> None:
    rehearse(stage, A_CALL)
    runs = [way(stage) for way in (by_bare_loops, by_celery, by_sweeps, by_bare_loops)]
    title = (
        f"A notice to {stage.load.subscribers:,} subscribers in calls of {A_CALL} mails "
        f"({stage.sample.stat().st_size:,} bytes), {stage.database.title}"
    )
    report(title, columns(stage.load), runs, cells)


def columns(load: Load) -> Sequence[str]:
    return (
        f"sent by {load.processes} processes",
        "mails/s, states written",
        "of the bare loops",
        "CPU ms a mail",
        "database: CPU ms a mail",
        "largest process MB",
    )


def by_bare_loops(stage: Stage) -> Run:
    calls = BARE_CALLS // stage.load.processes
    each = (f"{stage.sink.url}/v3", stage.sample, calls)
    with bare_loops(stage, "bare_calls", [each] * stage.load.processes) as senders:
        seen = watch(stage, senders, calls * stage.load.processes * A_CALL)
    tally = seen.tally
    pace = (tally.mails - A_CALL) / (tally.last_at - tally.first_at)
    return Run("bare loops of requests", pace, seen.cpu_ms, None, seen.peak_mb)


def by_sweeps(stage: Stage) -> Run:
    with sweeps(stage) as senders:
        seen = watch(stage, senders, stage.load.subscribers)
        return written(stage, "`manage.py sweep`", seen)


def by_celery(stage: Stage) -> Run:
    with workers(stage) as (senders, _):
        seen = watch(stage, senders, stage.load.subscribers)
        return written(stage, "Celery workers", seen)


def written(stage: Stage, name: str, seen: Seen) -> Run:
    """The pace until all is written down."""
    count = stage.load.subscribers
    check_states(stage)
    check_once(name, stage.sink.tally(), count)
    pace = stage.site.inside("pace")
    if pace["unanswered"]:
        raise RuntimeError(f"{name}: {pace}")
    return Run(
        name, count / pace["seconds"], seen.cpu_ms, seen.database_cpu_ms or None, seen.peak_mb
    )
