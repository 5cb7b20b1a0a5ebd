"""Putting people on the list who agreed elsewhere. All or nothing, and nobody is revived.

Each thousand costs a handful of statements, and nothing is kept of those that are done.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import transaction

from newsletter.addresses import address_key
from newsletter.consent import Origin
from newsletter.importing.inserting import NewPerson, insert
from newsletter.importing.reading import Person, WrongRow
from newsletter.models import ConsentEvent, Subscriber, Suppression, SuppressionKey
from newsletter.models.subscriber import new_handle

AT_ONCE = 1000
SOURCE_LENGTH = ConsentEvent._meta.get_field("source").max_length


@dataclass
class Outcome:
    """How many rows ended how; `rows` is the sum of all the others."""

    rows: int = 0
    added: int = 0
    confirmed: int = 0
    here: int = 0
    twice: int = 0
    left: int = 0
    suppressed: int = 0
    wrong: int = 0

    def lines(self) -> list[tuple[str, int]]:
        return [
            ("put on the list", self.added),
            ("had asked before and are on the list now", self.confirmed),
            ("were on the list already", self.here),
            ("stand in the file twice", self.twice),
            ("left us before, and stay away", self.left),
            ("must not be written to, and stay away", self.suppressed),
            ("cannot be read", self.wrong),
        ]


@dataclass
class Import:
    source: str
    actor: str
    now: datetime
    is_trial: bool = False
    on_wrong_row: Callable[[WrongRow], object] = lambda row: None
    on_progress: Callable[[int], object] = lambda rows: None
    outcome: Outcome = field(default_factory=Outcome)

    @transaction.atomic
    def run(self, rows: Iterable[Person | WrongRow]) -> Outcome:
        """A trial does the same, and takes it back. Raises what `rows` raises; nothing is kept."""
        if not self.is_trial:
            SuppressionKey.objects.hold()
        for people in chunks(self._readable(rows)):
            self._take(people)
            self.on_progress(self.outcome.rows)
        transaction.set_rollback(self.is_trial)
        return self.outcome

    def _readable(self, rows: Iterable[Person | WrongRow]) -> Iterator[Person]:
        for row in rows:
            self.outcome.rows += 1
            if isinstance(row, Person):
                yield row
            else:
                self.outcome.wrong += 1
                self.on_wrong_row(row)

    def _take(self, people: list[Person]) -> None:
        by_key: dict[str, Person] = {}
        for person in people:
            by_key.setdefault(address_key(person.address), person)
        self.outcome.twice += len(people) - len(by_key)
        for key in Suppression.objects.covered(by_key):
            del by_key[key]
            self.outcome.suppressed += 1
        known = Subscriber.objects.filter(address_key__in=by_key)
        for subscriber in known.select_for_update(no_key=True):
            self._meet(subscriber, by_key.pop(subscriber.address_key))
        self._add(by_key.values())

    def _meet(self, subscriber: Subscriber, person: Person) -> None:
        """Whoever has a row: only what a person asked for and never confirmed is changed."""
        if subscriber.suppressed_at:
            self.outcome.suppressed += 1
        elif subscriber.unsubscribed_at:
            self.outcome.left += 1
        elif subscriber.created_at == self.now:
            self.outcome.twice += 1
        elif subscriber.confirmed_at:
            self.outcome.here += 1
        else:
            waiting = Subscriber.objects.filter(pk=subscriber.pk, confirmed_at__isnull=True)
            waiting.update(confirmed_at=self.now, confirmation_due_at=None)
            subscriber.note(ConsentEvent.Kind.IMPORTED, self._origin(person), self.now)
            self.outcome.confirmed += 1

    def _add(self, people: Iterable[Person]) -> None:
        """Somebody may sign up at this very moment: they stay as they are."""
        person = Subscriber(created_at=self.now, confirmed_at=self.now)
        consent = ConsentEvent(kind=ConsentEvent.Kind.IMPORTED, at=self.now, actor=self.actor)
        new = [self._row(one) for one in people]
        added = insert(new, person, consent) if new else 0
        self.outcome.added += added
        self.outcome.here += len(new) - added

    def _row(self, person: Person) -> NewPerson:
        key = address_key(person.address)
        return NewPerson(person.address, key, new_handle(), self._origin(person).source)

    def _origin(self, person: Person) -> Origin:
        """Where and when this person agreed; when it was imported is the event's own time."""
        agreed = f", agreed on {person.agreed_on.isoformat()}"
        return Origin(source=self.source[: SOURCE_LENGTH - len(agreed)] + agreed, actor=self.actor)


def chunks(people: Iterator[Person]) -> Iterator[list[Person]]:
    while some := list(islice(people, AT_ONCE)):
        yield some
