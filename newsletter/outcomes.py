"""What an answer from the wire means for one mail: one table, by provider's word or exception.

The question behind each line is only: may the other side have the mail? If it cannot, the mail
waits for another try; if it can, it is accepted or in doubt, and never sent again by guess.
"""

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMessage
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from newsletter.states import State

REFUSED_CREDENTIALS = {401, 402, 403}
SLOW_DOWN = {420, 429}
REFUSED_CONTENT = {400, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 422}


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `stops`: do not try the next one now. `pauses`: nor any later one,
    until a person has looked."""

    state: State
    reason: str = ""
    provider_id: str = ""
    retry_after: timedelta | None = None
    is_counted: bool = True
    stops: bool = False
    pauses: bool = False


def later(reason: str, **more: object) -> Outcome:
    return Outcome(State.QUEUED, reason, **more)


def not_now(reason: str, retry_after: timedelta | None = None) -> Outcome:
    """Nothing was sent and nothing is wrong with this mail."""
    return later(reason, retry_after=retry_after, is_counted=False, stops=True)


def refused_for_all(reason: str) -> Outcome:
    return later(reason, is_counted=False, stops=True, pauses=True)


def in_doubt(reason: str) -> Outcome:
    return Outcome(State.IN_DOUBT, reason, stops=True)


def of_success(message: EmailMessage) -> Outcome:
    """No exception. A provider's own word for the recipient counts, where there is one."""
    status = getattr(message, "anymail_status", None)
    if status is None:
        return Outcome(State.ACCEPTED)
    return of_recipient(status, message.to[0])


def of_recipient(status: object, address: str) -> Outcome:
    """anymail's status of one recipient (its documentation, “ESP send status”)."""
    recipients = {email.casefold(): found for email, found in (status.recipients or {}).items()}
    found = recipients.get(address.casefold())
    word = found.status if found else None
    identifier = (found and found.message_id) or ""
    if word == "invalid":
        return Outcome(State.FAILED, "The provider says that this is no address.", identifier)
    if word == "rejected":
        return Outcome(State.REJECTED, "The provider refuses this recipient.", identifier)
    if word == "failed":
        return later("The provider failed to send it.")
    return Outcome(State.ACCEPTED, "", identifier)


def of_error(error: Exception, message: EmailMessage, *, is_out: bool | None) -> Outcome:
    """`is_out`: has the message itself been on the wire? None where the backend cannot tell."""
    if isinstance(error, AnymailError):
        return _of_anymail(error, message)
    if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
        return _of_smtp_reply(error)
    if is_out is False:
        return not_now(f"No connection to the mail server: {error}")
    return in_doubt(f"The connection broke before the answer: {type(error).__name__} {error}")


def _of_smtp_reply(error: smtplib.SMTPException) -> Outcome:
    """A server that answers with an error code has not taken the mail (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        final = State.REJECTED
    else:
        code, text = error.smtp_code, error.smtp_error
        final = State.FAILED
    reason = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    if isinstance(error, smtplib.SMTPAuthenticationError) and code >= 500:
        return refused_for_all(f"The mail server refuses our name or password: {reason}")
    if isinstance(error, smtplib.SMTPSenderRefused) and code >= 500:
        return refused_for_all(f"The mail server refuses our sender’s address: {reason}")
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError) or code == 421:
        return not_now(reason)
    return Outcome(final, reason) if code >= 500 else later(reason)


def _of_anymail(error: AnymailError, message: EmailMessage) -> Outcome:
    if isinstance(error, AnymailRecipientsRefused):
        return of_recipient(message.anymail_status, message.to[0])
    if isinstance(error, AnymailInvalidAddress):
        return Outcome(State.FAILED, f"This address cannot be sent to: {error}")
    if isinstance(
        error, AnymailConfigurationError | AnymailUnsupportedFeature | AnymailSerializationError
    ):
        return refused_for_all(f"The mail provider is not set up rightly: {error}")
    if isinstance(error, AnymailAPIError):
        return _of_provider_answer(error)
    return in_doubt(f"{type(error).__name__}: {error}")


def _of_provider_answer(error: AnymailAPIError) -> Outcome:
    code = error.status_code
    reason = f"The provider answered {code}: {str(error)[:200]}"
    if code is None:
        return _of_broken_call(error)
    if code in REFUSED_CREDENTIALS:
        return refused_for_all(reason)
    if code in SLOW_DOWN:
        return not_now(reason, retry_after(error.response.headers.get("Retry-After")))
    if code in REFUSED_CONTENT:
        return Outcome(State.FAILED, reason)
    return in_doubt(reason)


def _of_broken_call(error: AnymailAPIError) -> Outcome:
    """No answer at all: was there a connection?"""
    cause = error.__cause__
    inner = cause.args[0] if cause and cause.args else None
    why = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(cause, requests.ConnectTimeout) or isinstance(why, NewConnectionError | SSLError):
        return not_now("No connection to the mail provider.")
    return in_doubt(f"The provider did not answer: {type(cause).__name__}")


def retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3), at most a day."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=int(value))
    except ValueError:
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return min(max(wait, timedelta(0)), timedelta(days=1))
