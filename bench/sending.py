"""A notice to many subscribers, from publishing to the wire, against bare loops of smtplib."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
    temporary_folder,
    workers,
)
from bench.processes import Process
from bench.sink import running_sink
from bench.table import Cell
from bench.watching import check_once, watch
from careersite.leash import Leash

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


def measure(leash: Leash, load: Load, names: Sequence[str]) -> None:
    with temporary_folder() as folder:
        signing = key_in(folder) if load.is_signed else {}
        on_each(names, leash, running_sink, load, compare, **signing)


def key_in(folder: Path) -> dict[str, str]:
    """What signs each mail: RSA with 2048 bits, as everybody uses it."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    file = folder / "dkim.pem"
    no_password = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key.private_bytes(*no_password))
    return {"DKIM_PRIVATE_KEY_FILE": str(file), "DKIM_SELECTOR": "bench"}


def compare(stage: Stage) -> None:
    rehearse(stage, 1)
    runs = [way(stage) for way in (by_bare_loops, by_celery, by_sweeps, by_bare_loops)]
    size_bytes = stage.sample.stat().st_size
    title = (
        f"A notice of {size_bytes:,} bytes{' with DKIM' if stage.load.is_signed else ''} to "
        f"{stage.load.subscribers:,} subscribers by {stage.load.processes} processes, "
        f"{stage.database.title}"
    )
    report(title, COLUMNS, runs, row)


def row(run: Run, bare: float) -> list[Cell]:
    *figures, peak_mb = cells(run, bare)
    return [*figures, run.first_after_s, peak_mb]


def by_bare_loops(stage: Stage) -> Run:
    share = BARE_MAILS // stage.load.processes
    firsts = range(0, BARE_MAILS, share)
    arguments = [(stage.sink.port, stage.sample, first, share) for first in firsts]
    with bare_loops(stage, "bare_smtp", arguments) as senders:
        return seen(stage, "bare loops of smtplib, ready bytes", senders, BARE_MAILS)


def by_sweeps(stage: Stage) -> Run:
    with sweeps(stage) as senders:
        run = seen(stage, "`manage.py sweep`", senders, stage.load.subscribers)
        check_states(stage)
    return run


def by_celery(stage: Stage) -> Run:
    with workers(stage) as (senders, published_at):
        run = seen(stage, "Celery workers", senders, stage.load.subscribers)
        check_states(stage)
    return replace(run, first_after_s=stage.sink.tally().first_at - published_at)


def seen(stage: Stage, name: str, senders: list[Process], count: int) -> Run:
    """The pace from the first mail to the last."""
    seen = watch(stage, senders, count)
    tally = seen.tally
    check_once(name, tally, count)
    pace = (tally.mails - 1) / (tally.last_at - tally.first_at)
    return Run(name, pace, seen.cpu_ms, seen.database_cpu_ms, seen.peak_mb)
