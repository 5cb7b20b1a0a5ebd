"""A long file, in steps: each is committed with how far it came, so that nobody else waits long for
the database, and whoever goes on after a stop begins where it ended."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic

from django.db import transaction

from newsletter.importing import waiting
from newsletter.importing.reading import CannotImport, Person, Rows, WrongRow
from newsletter.importing.storing import AT_ONCE, Import, Outcome
from newsletter.models import ListImport

ROWS_SHOWN = 100
GONE = "Its file is gone. Choose it once more."


class Overtaken(Exception):
    """Another worker is further, or somebody has cancelled it: this step is taken back."""


def keep_for_worker(
    pieces: Iterable[bytes], agreed: dict[str, object], actor: str, now: datetime
) -> ListImport:
    name = waiting.keep(pieces)
    return ListImport.objects.create(
        file=name,
        size=(waiting.folder() / f"{name}.csv").stat().st_size,
        source=str(agreed["source"]),
        agreed_on=agreed["date"],
        actor=actor,
        made_at=now,
        begun_at=now,
    )


def import_some(import_id: int, budget_s: float, clock: Callable[[], datetime]) -> bool:
    """One worker's turn. True if there is more to do."""
    work = ListImport.objects.at_work().filter(pk=import_id).first()
    if work is None or not work.claim(clock()):
        return False
    try:
        return _go_on(work, waiting.path_of(work.file), monotonic() + budget_s, clock)
    except CannotImport as error:
        work.fail(str(error))
    except Overtaken:
        pass
    return False


def _go_on(
    work: ListImport, path: Path | None, ends_s: float, clock: Callable[[], datetime]
) -> bool:
    if path is None:
        raise CannotImport(GONE)
    if path.stat().st_size != work.size:
        work.start_over(path.stat().st_size)
    rows = iter(Rows(path, work.agreed_on, work.begun_at, work.rows_done))
    outcome = Outcome(**work.outcome)
    while some := list(islice(rows, AT_ONCE)):
        _step(work, some, outcome, clock())
        if monotonic() > ends_s:
            work.put_down()
            return True
    work.end()
    if not work.is_trial:
        path.unlink(missing_ok=True)
    return False


@transaction.atomic
def _step(work: ListImport, rows: list[Person | WrongRow], outcome: Outcome, now: datetime) -> None:
    if work.is_trial:
        room = ROWS_SHOWN - len(work.wrong)
        work.wrong += islice(_told(rows), max(0, room))
    Import(work.source, work.actor, work.begun_at, work.is_trial, outcome=outcome).run(rows)
    if not work.note_step(outcome.rows, asdict(outcome), now):
        raise Overtaken


def _told(rows: Iterable[Person | WrongRow]) -> Iterator[dict[str, object]]:
    return (asdict(row) for row in rows if isinstance(row, WrongRow))
