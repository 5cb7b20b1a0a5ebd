"""What an answer from the wire means for one mail: one table, by provider's word or exception.

The question behind each line is only: may the other side have the mail? If it cannot, the mail
waits for another try; if it can, it is accepted or in doubt, and never sent again by guess.
"""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from newsletter.sender import sender_address
from newsletter.states import State
from newsletter.times import LONGEST_WAIT

REFUSED_US = {401, 402, 403, 404, 405}
SLOW_DOWN = {420, 429}
REFUSED_CONTENT = {400, 406, 409, 410, 411, 412, 413, 414, 415, 416, 422}
# Raised by anymail while it writes the call, and by Python's mail package.
BEFORE_THE_WIRE = (
    AnymailInvalidAddress,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
    UnicodeError,
)

ADDRESS = re.compile(r"[^\s@'\"<>(),;:]+@[^\s@'\"<>(),;:]*")


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `stops`: do not try the next one now. `pauses`: nor any later one,
    until a person has looked. `slows`: we are too fast for the other side."""

    state: State
    reason: str = ""
    provider_id: str = ""
    retry_after: timedelta | None = None
    is_counted: bool = True
    stops: bool = False
    pauses: bool = False
    slows: bool = False


ACCEPTED = Outcome(State.ACCEPTED)


def later(reason: str, **more: object) -> Outcome:
    return Outcome(State.QUEUED, reason, **more)


def not_now(reason: str, retry_after: timedelta | None = None) -> Outcome:
    """Nothing was sent and nothing is wrong with this mail."""
    return later(reason, retry_after=retry_after, is_counted=False, stops=True)


def refused_for_all(reason: str) -> Outcome:
    return later(reason, is_counted=False, stops=True, pauses=True)


def unwritable(error: ValueError) -> Outcome:
    return Outcome(State.FAILED, f"This mail could not be written: {error}")


def in_doubt(reason: str) -> Outcome:
    return Outcome(State.IN_DOUBT, reason, stops=True)


def of_success(message: EmailMessage) -> Outcome:
    """No exception. A provider's own word for the recipient counts, where there is one."""
    status = getattr(message, "anymail_status", None)
    if status is None:
        return ACCEPTED
    return of_recipient(status, message.to[0])


@dataclass(frozen=True)
class Answer:
    """What one call means for each of its recipients. `is_about_one`: nobody of them got anything,
    maybe because of one of them, so the others are worth a call without that one."""

    for_all: Outcome | None = None
    each: Mapping[str, Outcome] = field(default_factory=dict)
    is_about_one: bool = False
    http_status: int | None = None

    def of(self, address: str) -> Outcome:
        silent = in_doubt("The provider’s answer does not say what became of this one.")
        return self.for_all or self.each.get(address.casefold(), silent)


def of_call(message: EmailMessage, error: Exception | None = None) -> Answer:
    """The answer to a batch. What came with it counts more than an exception after it."""
    status = getattr(message, "anymail_status", None)
    http_status = getattr(status and status.esp_response, "status_code", None)
    if status is not None and status.recipients:
        each: dict[str, Outcome] = {}
        for address, found in status.recipients.items():
            outcome = of_word(found.status, found.message_id or "", http_status)
            key = address.casefold()  # a provider may spell an address differently: a yes counts
            if key not in each or outcome.state == State.ACCEPTED:
                each[key] = outcome
        return Answer(each=each, http_status=http_status)
    if error is None:
        return Answer(in_doubt("The mail backend did not say what it did."))
    if http_status is None and isinstance(error, BEFORE_THE_WIRE):
        return Answer(_of_unwritten(error), is_about_one=True)
    code = getattr(error, "status_code", None)
    outcome = of_error(error, message, is_out=None)
    if len(message.to) > 1:  # what is written down for many names none of them
        outcome = replace(outcome, reason=nameless(outcome.reason))
    return Answer(outcome, is_about_one=code in REFUSED_CONTENT, http_status=code or http_status)


def nameless(words: str) -> str:
    """Without any address but the sender's."""
    own = sender_address().casefold()
    return ADDRESS.sub(lambda m: m[0] if m[0].casefold() == own else "(an address)", words)


def _of_unwritten(error: Exception) -> Outcome:
    return _of_anymail(error) if isinstance(error, AnymailError) else unwritable(error)


def of_recipient(status: object, address: str) -> Outcome:
    """anymail's status of one recipient (its documentation, “ESP send status”)."""
    recipients = {email.casefold(): found for email, found in (status.recipients or {}).items()}
    found = recipients.get(address.casefold())
    word = found.status if found else None
    http_status = getattr(status.esp_response, "status_code", None)
    return of_word(word, (found and found.message_id) or "", http_status)


def of_word(word: str | None, identifier: str, http_status: int | None) -> Outcome:
    """anymail's word for what a provider says of one recipient."""
    is_refusal = (http_status or 200) >= 400
    if word == "invalid":
        return Outcome(State.FAILED, "The provider says that this is no address.", identifier)
    if word == "rejected":
        return Outcome(State.REJECTED, "The provider refuses this recipient.", identifier)
    if word == "failed" and not is_refusal:
        return later("The provider failed to send it.")
    if word in ("failed", "unknown") and is_refusal:
        return Outcome(State.FAILED, "The provider refused it, for a reason we cannot read.")
    return Outcome(State.ACCEPTED, "", identifier)


def of_no_connection(error: Exception) -> Outcome:
    """The connection could not be opened: nothing was sent, and that says nothing of any mail."""
    reason = f"No connection to the mail server: {error}"
    is_final = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
    if is_final or isinstance(error, smtplib.SMTPNotSupportedError | ImproperlyConfigured):
        return refused_for_all(reason)
    return not_now(reason)


def of_error(error: Exception, message: EmailMessage, *, is_out: bool | None) -> Outcome:
    """`is_out`: may the other side have the message? None where the backend cannot tell."""
    status = getattr(message, "anymail_status", None)
    if status is not None and status.recipients:
        return of_recipient(status, message.to[0])  # it had answered; what broke came later
    has_answer = getattr(status, "esp_response", None) is not None
    if isinstance(error, AnymailError) and (isinstance(error, AnymailAPIError) or not has_answer):
        return _of_anymail(error)
    is_unreadable = type(error) is smtplib.SMTPResponseException  # its line does not end
    if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) and not (
        is_out and is_unreadable
    ):
        return _of_smtp_reply(error)
    if is_out is False and isinstance(error, OSError):
        return not_now(f"The connection broke before the mail was out: {error}")
    if is_out is False and isinstance(error, ValueError):
        return unwritable(error)
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
    if isinstance(error, smtplib.SMTPSenderRefused) and code >= 500:
        return refused_for_all(f"The mail server refuses our sender’s address: {reason}")
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPHeloError) or code == 421:
        return not_now(reason)
    if isinstance(error, smtplib.SMTPDataError) and code < 400:
        return in_doubt(f"The mail server says neither yes nor no: {reason}")
    return Outcome(final, reason) if code >= 500 else later(reason)


def _of_anymail(error: AnymailError) -> Outcome:
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
    if code in REFUSED_US:
        return refused_for_all(reason)
    if code in SLOW_DOWN:
        wait = retry_after(error.response.headers.get("Retry-After"))
        return replace(not_now(reason, wait), slows=True)
    if code in REFUSED_CONTENT:
        return Outcome(State.FAILED, reason)
    return in_doubt(reason)


def _of_broken_call(error: AnymailAPIError) -> Outcome:
    """No answer at all: was there a connection?"""
    cause = error.__cause__
    inner = cause.args[0] if cause and cause.args else None
    why = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(cause, ValueError):  # a wrong address or key: requests would not even call
        return refused_for_all(f"The mail provider is not set up rightly: {cause}")
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return not_now("No connection to the mail provider.")
    if isinstance(why, NewConnectionError) or _is_bad_certificate(why):
        return not_now(f"No connection to the mail provider: {why}")
    return in_doubt(f"The provider did not answer: {type(cause).__name__}")


def _is_bad_certificate(why: object) -> bool:
    """Seen before anything is sent; other troubles of TLS may come after."""
    inner = why.args[0] if isinstance(why, SSLError) and why.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)


def retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3). Whoever asks for days is asked again sooner."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=int(value))
    except ValueError:
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
