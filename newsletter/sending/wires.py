"""The wires that take one mail at a time: plain SMTP with ready bytes, or Django's mail backend,
whichever it is.
"""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from blog.models import Publication
from newsletter import providers
from newsletter.emails import campaign_mail
from newsletter.models import Campaign
from newsletter.outcomes import (
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
from newsletter.states import State

ACCEPTED = Outcome(State.ACCEPTED)


class Wire(Line):
    """Over a connection that is opened for the first mail and kept."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.publication = Publication.current()

    def transmit(self, claimed: Claimed, now: datetime) -> Outcome:
        """Write this mail and hand it over. Never raises."""
        try:
            mail = self.write(claimed, now)
        except (BadKey, OSError) as error:
            return refused_for_all(f"Mails cannot be signed: {error}")
        except ValueError as error:
            return unwritable(error)
        except Exception as error:
            return later(f"This mail could not be written: {error}", stops=True)
        return self.connect() or self._hand_over(mail)

    def _hand_over(self, mail: object) -> Outcome:
        try:
            return self.hand_over(mail)
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

    def write(self, claimed: Claimed, now: datetime) -> ReadyCopy:
        if self.ready is None:
            self.ready = ReadyMail(self.message_to, signer())
        return self.ready.copy(
            number=claimed.pk, address=claimed.address, handle=claimed.handle, now=now
        )

    def message_to(self, somebody: StandIn) -> EmailMultiAlternatives:
        somebody.campaign = self.campaign
        return campaign_mail(self.campaign, somebody, self.publication)

    def hand_over(self, mail: ReadyCopy) -> Outcome:
        self.connection.hand_over(
            self.ready.sender, mail.recipient, mail.content, is_ascii=self.ready.is_ascii
        )
        return ACCEPTED
