"""The wires that take one mail at a time: plain SMTP with ready bytes, or Django's mail backend,
whichever it is.
"""

from collections.abc import Callable
from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from blog.models import Publication
from newsletter import providers
from newsletter.emails import campaign_mail
from newsletter.models import Campaign
from newsletter.outcomes import (
    ACCEPTED,
    Outcome,
    in_doubt,
    later,
    of_error,
    of_success,
    refused_for_all,
    unwritable,
)
from newsletter.ready_mail import ReadyCopy, ReadyMail, StandIn
from newsletter.sending.line import Line
from newsletter.sending.marks import Claimed
from newsletter.signing import BadKey, signer


class Wire(Line):
    """Over a connection that is opened for the first mail and kept.

    `is_sure`: the last mail was to go, so the next most likely is too.
    """

    is_sure = False

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.publication = Publication.current()

    def transmit(
        self, claimed: Claimed, now: datetime, may_go: Callable[[], bool]
    ) -> Outcome | None:
        """Write this mail, and hand it over if `may_go()` says so; None if not.

        Nothing of its content goes out before that. Raises what `may_go` raises, nothing else.
        """
        begun = self._begin(claimed, now) if self.begins_early() else None
        self.is_sure = False
        try:
            self.is_sure = may_go()
        finally:
            if not self.is_sure:
                self.withdraw()
        if not self.is_sure:
            return None
        mail, trouble = begun or self._begin(claimed, now)
        return trouble or self._attempt(self.hand_over, mail)

    def begins_early(self) -> bool:
        """Is the next mail written and announced before it may go? That must ask no database."""
        return False

    def announce(self, mail: object) -> None:
        """Say what comes, as far as that can be said without its content."""

    def withdraw(self) -> None:
        """What was announced does not come. Never raises."""

    def _begin(self, claimed: Claimed, now: datetime) -> tuple[object, Outcome | None]:
        mail, trouble = self._written(claimed, now)
        return mail, trouble or self._attempt(self.announce, mail)

    def _written(self, claimed: Claimed, now: datetime) -> tuple[object, Outcome | None]:
        try:
            return self.write(claimed, now), None
        except (BadKey, OSError) as error:
            return None, refused_for_all(f"Mails cannot be signed: {error}")
        except ValueError as error:
            return None, unwritable(error)
        except Exception as error:
            return None, later(f"This mail could not be written: {error}", stops=True)

    def _attempt(self, act: Callable[[object], Outcome | None], mail: object) -> Outcome | None:
        if trouble := self.connect():
            return trouble
        try:
            return act(mail)
        except Exception as error:
            return of_error(error, mail, is_out=getattr(self.connection, "is_out", None))


class BackendWire(Wire):
    def write(self, claimed: Claimed, now: datetime) -> EmailMultiAlternatives:
        message = campaign_mail(self.campaign, claimed.delivery(), self.publication, now)
        if provider := providers.current():
            provider.tag(message, claimed.pk)
        message.message()  # what cannot be written is known before anything is sent
        return message

    def hand_over(self, message: EmailMultiAlternatives) -> Outcome:
        if not self.connection.send_messages([message]):
            return in_doubt("The mail backend did not say what it did.")
        return of_success(message)


class SmtpWire(Wire):
    """The mail is built once for all copies of this turn."""

    ready: ReadyMail | None = None

    def begins_early(self) -> bool:
        return self.is_sure and self.ready is not None

    def write(self, claimed: Claimed, now: datetime) -> ReadyCopy:
        if self.ready is None:
            self.ready = ReadyMail(self.message_to, signer())
        return self.ready.copy(
            number=claimed.pk, address=claimed.address, handle=claimed.handle, now=now
        )

    def message_to(self, somebody: StandIn) -> EmailMultiAlternatives:
        somebody.campaign = self.campaign
        return campaign_mail(self.campaign, somebody, self.publication)

    def announce(self, mail: ReadyCopy) -> None:
        self.connection.announce(mail)

    def withdraw(self) -> None:
        if self.connection:
            self.connection.withdraw()

    def hand_over(self, mail: ReadyCopy) -> Outcome:
        self.connection.hand_over(mail)
        return ACCEPTED
