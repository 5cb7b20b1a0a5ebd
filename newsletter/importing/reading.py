"""A file of people, row by row: an address, the day they agreed, or what is wrong with the row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path

from django.core.exceptions import ValidationError

from newsletter.addresses import clean_address
from newsletter.importing.table import CannotImport, rows_of

__all__ = ["CannotImport", "Person", "Rows", "WrongRow"]

# As they stand in the exports of other systems and of this one, without blanks and signs.
ADDRESS_NAMES = ("email", "emailaddress", "address", "mail", "subscriber", "subscriberemail")
ADDRESS_NAMES += ("useremail", "eaddress", "contactemail")
DATE_NAMES = ("confirmedat", "confirmtime", "optintime", "optindate", "subscribedat")
DATE_NAMES += ("subscribed", "subscribedon", "dateadded", "createdat", "joined", "date")
STATUS_NAMES = ("status", "state", "subscriptionstatus", "subscriberstatus")
ON_THE_LIST = {"", "confirmed", "subscribed", "active", "enabled", "optedin", "member", "yes"}
ON_THE_LIST |= {"true", "1"}
# How spreadsheets, and our own export, keep a cell from being a formula.
NO_FORMULA = re.compile(r"^'(?=[=+\-@\t\r])")
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
NO_ADDRESS_COLUMN = (
    "No column is named as one with mail addresses. Name it “email” in the first line of the file."
)


@dataclass(frozen=True, slots=True)
class Person:
    line: int
    address: str
    agreed_on: date


@dataclass(frozen=True, slots=True)
class WrongRow:
    line: int
    why: str


@dataclass(frozen=True)
class Columns:
    address: int
    date: int | None = None
    status: int | None = None

    @classmethod
    def named_in(cls, cells: list[str]) -> "Columns":
        """Raises `CannotImport` when none is named as one with addresses."""
        names = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in cells]
        address = place_of(ADDRESS_NAMES, names)
        if address is None:
            raise CannotImport(NO_ADDRESS_COLUMN)
        return cls(address, place_of(DATE_NAMES, names), place_of(STATUS_NAMES, names))


def place_of(known: tuple[str, ...], names: list[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


class Rows:
    """`agreed_on` is for rows that do not say it themselves; None if each of them does. The first
    ones are left out, where they are `done`."""

    def __init__(self, path: Path, agreed_on: date | None, now: datetime, done: int = 0) -> None:
        self.path = path
        self.agreed_on = agreed_on
        self.latest = now.date()
        self.done = done

    def __iter__(self) -> Iterator[Person | WrongRow]:
        """Raises `CannotImport` for what is no such file."""
        rows = rows_of(self.path)
        first = next(rows, None)
        if first is None:
            raise CannotImport("The file is empty.")
        columns = without_names(first[1])
        if columns is None:
            columns = Columns.named_in(first[1])
        else:
            rows = chain([first], rows)
        if columns.date is None and self.agreed_on is None:
            raise CannotImport("Say on which day these people agreed: no column does.")
        for line, cells in islice(rows, self.done, None):
            yield self._read(columns, line, cells)

    def _read(self, columns: Columns, line: int, cells: list[str]) -> Person | WrongRow:
        try:
            status = cell(cells, columns.status)
            if re.sub(r"[^a-z0-9]", "", status.lower()) not in ON_THE_LIST:
                return WrongRow(line, f"Not on that list any more: “{status[:40]}”.")
            address = clean_address(NO_FORMULA.sub("", cell(cells, columns.address)))
            return Person(line, address, self._day(cell(cells, columns.date)))
        except ValidationError as error:
            return WrongRow(line, error.messages[0])

    def _day(self, written: str) -> date:
        day = self.agreed_on
        if match := DAY.fullmatch(written):
            try:
                day = date(*map(int, match.groups()))
            except ValueError as error:
                raise ValidationError(f"There is no day {written[:40]}.") from error
        if day is None:
            raise ValidationError("It does not say, as in 2026-01-31, when this person agreed.")
        if day > self.latest:
            raise ValidationError(f"{day} is still to come.")
        return day


def cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def without_names(cells: list[str]) -> Columns | None:
    """The first row is a person already: the column is the one with an address in it."""
    places = [place for place, cell in enumerate(cells) if "@" in cell]
    return Columns(places[0]) if places else None
