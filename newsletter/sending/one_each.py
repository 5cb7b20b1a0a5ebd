"""One message for each mail, over a connection that is kept open.

For each mail: move the mark to it and commit; send. That the mark moves on says that the mail
before was accepted; any other outcome is written down before. A worker that dies leaves at most one
mail in doubt, and that one is not sent again by guess.

While the database is at it, the wire may say all that comes before the content: a server can take
no mail whose content it has not seen.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.db import connection
from django.utils import timezone

from newsletter.models import Campaign
from newsletter.sending.marks import Claimed, Marks, Settled
from newsletter.sending.way import Progress
from newsletter.sending.wires import Wire

# Of a small campaign each worker gets a share; in a large one claims are rare. A worker that dies
# keeps what it has claimed from the others until its lease is over.
SMALLEST_CLAIM = 25
LARGEST_CLAIM = 200


class OneEach:
    def __init__(self, campaign: Campaign, wire: Wire) -> None:
        self.claim_size = SMALLEST_CLAIM
        self.marks = Marks(campaign)
        self.wire = wire
        self.last: Settled | None = None
        make_commits_last()

    def claim(self, count: int, now: datetime) -> list[Claimed]:
        self.claim_size = min(2 * self.claim_size, LARGEST_CLAIM)
        return self.marks.claim_with_mark(count, now)

    def send(self, claimed: Sequence[Claimed], progress: Progress) -> None:
        for mail in claimed:
            if progress.is_over():
                break
            now = timezone.now()
            marked = self.marks.settle_and_go(self.last, mail, now)
            outcome = self.wire.transmit(mail, now, partial(self._may_go, marked))
            if outcome:
                self.last = Settled(mail, outcome)
                progress.note(mail.pk, outcome)

    def _may_go(self, marked: Callable[[], bool]) -> bool:
        """Once this is answered, so is what became of the last mail."""
        answer = marked()
        self.last = None
        return answer

    def settle(self, now: datetime) -> None:
        self.marks.settle(self.last, now)

    def close(self) -> None:
        self.wire.close()


def make_commits_last() -> None:
    """A mark that a loss of power could take back would let a mail go out twice.

    PostgreSQL waits for the disk by itself. SQLite does so only when asked, as here, for this
    process and from now on; for the rest of the site a lost second is no harm.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
