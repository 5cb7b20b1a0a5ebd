"""Many mails in one call, for providers that can (see `newsletter.providers`).

For each batch: a last look at everybody in it, mark them *submitting*, commit; one call; write down
what became of each. A call that was refused as a whole is halved until the one it is about is
alone. A worker that dies leaves one batch in doubt; with a key it is repeated (`repeating`).
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from anymail.utils import parse_single_address
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from blog.models import Publication
from newsletter.models import Batch, Campaign, Delivery
from newsletter.outcomes import (
    Answer,
    Outcome,
    in_doubt,
    not_now,
    of_call,
    unwritable,
)
from newsletter.providers import Provider
from newsletter.sending.batch_mail import batch_mail, chunks, fingerprint
from newsletter.sending.line import Line
from newsletter.sending.marks import Marks
from newsletter.sending.one_each import make_commits_last
from newsletter.sending.way import Progress
from newsletter.states import State


class Answered(NamedTuple):
    """A batch, and what became of each mail in it."""

    batch: Batch
    outcomes: dict[Delivery, Outcome]
    http_status: int | None

    def record(self, now: datetime) -> None:
        self.batch.record(self.outcomes, self.http_status, now)


@dataclass
class Batches(Line):
    campaign: Campaign
    provider: Provider
    publication: Publication = field(default_factory=Publication.current)
    last: Answered | None = None

    def __post_init__(self) -> None:
        self.claim_size = self.provider.batch_size_for(self.campaign)
        self.marks = Marks(self.campaign)
        make_commits_last()

    def claim(self, count: int, now: datetime) -> list[Delivery]:
        return [claimed.delivery() for claimed in self.marks.claim(count, now)]

    def send(self, claimed: Sequence[Delivery], progress: Progress) -> None:
        for chunk in chunks(claimed):
            if not progress.is_over():
                self._send(chunk, progress)

    def settle(self, now: datetime) -> None:
        """Each batch is settled as soon as it is answered, if the database is there to take it."""
        if self.last:
            self.last.record(now)

    def _send(self, claimed: Sequence[Delivery], progress: Progress) -> None:
        batch, going = Batch.objects.begin(
            self.campaign, claimed, timezone.now(), self.provider.repeats_within
        )
        if not going:
            return
        answer = self.call(batch, going)
        if answer.is_about_one and len(going) > 1:
            batch.refuse(going, answer.for_all.reason, answer.http_status, timezone.now())
            self._send_halves(going, progress)
            return
        outcomes = {delivery: answer.of(delivery.address) for delivery in going}
        self.last = Answered(batch, outcomes, answer.http_status)
        progress.note_batch(batch.pk, list(outcomes.values()))
        self.settle(timezone.now())
        self.last = None

    def _send_halves(self, refused: Sequence[Delivery], progress: Progress) -> None:
        """The first in any case: else a short turn would only ever be told the same refusals."""
        middle = len(refused) // 2
        self._send(refused[:middle], progress)
        if not progress.is_over():
            self._send(refused[middle:], progress)

    def call(self, batch: Batch, going: Sequence[Delivery]) -> Answer:
        """One call. What it says is noted before, where it may be repeated."""
        try:
            message = self._written(batch, going)
        except ValueError as error:
            return Answer(unwritable(error), is_about_one=True)
        except Exception as error:
            return Answer(not_now(f"These mails could not be written: {error}"))
        if refusal := self.connect():
            return Answer(refusal)
        if self.provider.repeats_within and not batch.says(fingerprint(message, self.connection)):
            return Answer(in_doubt("The same call cannot be made again: something has changed."))
        return self._hand_over(message)

    def _written(self, batch: Batch, going: Sequence[Delivery]) -> EmailMultiAlternatives:
        """Raises `ValueError` for an address that cannot be written, or is more than one."""
        if len(going) == 1:
            parse_single_address(going[0].address)
        message = batch_mail(batch, going, self.publication, self.provider)
        if len(going) == 1:
            message.message()
        return message

    def _hand_over(self, message: EmailMultiAlternatives) -> Answer:
        try:
            self.connection.send_messages([message])
        except Exception as error:
            answer = of_call(message, error)
            is_unwritable = answer.is_about_one and answer.for_all.pauses
            if is_unwritable and len(message.to) == 1:
                return self._whose_fault(message, answer)
            return answer
        return of_call(message)

    def _whose_fault(self, message: EmailMultiAlternatives, answer: Answer) -> Answer:
        """The call could not be written: if it can for a plain address, it is about this one."""
        plain = copy(message)
        plain.to = [f"postmaster@{settings.SITE_HOST}"]
        try:
            payload = self.connection.build_message_payload(plain, self.connection.send_defaults)
            payload.serialize_data()
        except Exception:
            return replace(answer, is_about_one=False)
        return replace(answer, for_all=Outcome(State.FAILED, answer.for_all.reason))
