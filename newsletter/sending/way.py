"""What a worker's turn asks of a way to the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from newsletter.outcomes import Outcome


class Progress(Protocol):
    """What the turn is to a way: asked before each try, told of each outcome."""

    def is_over(self) -> bool: ...

    def note(self, delivery_id: int, outcome: Outcome) -> None: ...

    def note_batch(self, batch_id: UUID, outcomes: Sequence[Outcome]) -> None: ...


class Mail(Protocol):
    """A delivery that was claimed, or as much of it as the way needs."""

    pk: int
    claim_token: UUID


class Way(Protocol):
    """How claimed mails get to the wire: one each, or in batches."""

    claim_size: int

    def claim(self, count: int, now: datetime) -> Sequence[Mail]:
        """Take up to `count` mails that are due and that no other worker can take."""

    def send(self, claimed: Sequence[Mail], progress: Progress) -> None:
        """Try one after the other until all are tried or `progress.is_over()`.

        Before any byte goes out the mail is marked *submitting*, after a last look, and that is
        committed. Of each try `progress.note(…)` is told.
        """

    def settle(self, now: datetime) -> None:
        """Write down what is not written yet, in the caller's transaction. May be asked twice."""

    def close(self) -> None:
        """Let go of the wire. Never raises."""
