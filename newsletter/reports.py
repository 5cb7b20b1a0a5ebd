"""What a provider reports of a mail, in our words.

django-anymail brings the reports of all providers into one shape, but calls every mail that came
back “bounced”. Whether an address is gone for good or a mailbox was full, each provider says in its
own way: the table below reads it.
"""

import re
from collections.abc import Callable
from contextlib import suppress

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db import models

from newsletter.states import State


class Report(models.TextChoices):
    SENT = "sent", "the provider has it"
    DELIVERED = "delivered", "delivered"
    SOFT_BOUNCE = "soft_bounce", "came back this time"
    HARD_BOUNCE = "hard_bounce", "came back for good"
    REJECTED = "rejected", "refused by the provider"
    FAILED = "failed", "failed at the provider"
    COMPLAINED = "complained", "reported as spam"
    UNSUBSCRIBED = "unsubscribed", "left at the provider"
    UNREAD = "unread", "too long to be read"


# What a delivery becomes. Of several reports the one that stands last here counts, in whichever
# order they come in: a mail may come back after it was taken, but one that was given back for a
# while and then taken has arrived.
BECOMES = {
    Report.SENT: State.ACCEPTED,
    Report.UNSUBSCRIBED: State.ACCEPTED,
    Report.FAILED: State.FAILED,
    Report.REJECTED: State.REJECTED,
    Report.SOFT_BOUNCE: State.BOUNCED,
    Report.DELIVERED: State.DELIVERED,
    Report.HARD_BOUNCE: State.BOUNCED,
    Report.COMPLAINED: State.COMPLAINED,
}
WEIGHT = {report: weight for weight, report in enumerate(BECOMES)}

# Answering machines and “prove that you are human” only show that the mail is there; what was
# opened or pressed by whom is nobody's business and not even stored.
PLAIN = {
    EventType.QUEUED: Report.SENT,
    EventType.SENT: Report.SENT,
    EventType.DEFERRED: Report.SENT,
    EventType.AUTORESPONDED: Report.SENT,
    EventType.DELIVERED: Report.DELIVERED,
    EventType.REJECTED: Report.REJECTED,
    EventType.FAILED: Report.FAILED,
    EventType.COMPLAINED: Report.COMPLAINED,
    EventType.UNSUBSCRIBED: Report.UNSUBSCRIBED,
}

# RFC 3463: 5.1.x is a bad address; anything else may be different next week.
BAD_ADDRESS = re.compile(r"\b5\.1\.\d{1,3}\b")

# By django-anymail's name of the provider: is the address gone for good? From their pages on
# webhooks; `raw` is what they sent.
FOR_GOOD: dict[str, Callable[[dict], bool]] = {
    "Amazon SES": lambda raw: raw["bounce"]["bounceType"] == "Permanent",
    "Brevo": lambda raw: raw["event"] in ("hard_bounce", "invalid_email"),
    "MailerSend": lambda raw: raw["data"]["type"] == "hard_bounced",
    "Mailgun": lambda raw: raw["event-data"]["reason"] in ("bounce", "suppress-bounce"),
    "Mailjet": lambda raw: raw["hard_bounce"] in (True, 1, "1", "true"),
    "Mailtrap": lambda raw: raw["event"] == "bounce",
    "Mandrill": lambda raw: raw["event"] == "hard_bounce",
    "Postmark": lambda raw: raw["Type"] == "HardBounce",
    "Resend": lambda raw: raw["data"]["bounce"]["type"] == "Permanent",
    "SendGrid": lambda raw: raw["type"] == "bounce",
    "SparkPost": lambda raw: next(iter(raw["msys"].values()))["bounce_class"] in ("10", "30"),
    "Unisender Go": lambda raw: raw["status"] == "hard_bounced",
}
FOR_GOOD["SendinBlue"] = FOR_GOOD["Brevo"]


def report_of(esp: str, event: AnymailTrackingEvent) -> Report | None:
    """None for what does not concern us."""
    raw = event.esp_event
    if esp == "Mailtrap" and raw.get("event") == "soft bounce":
        return Report.SOFT_BOUNCE
    if esp == "Amazon SES" and event.description == "not-spam":
        return None  # somebody took it out of the spam folder: the opposite of a complaint
    if esp == "Postmark" and _word(raw, "Type") == "SpamNotification":
        return Report.SOFT_BOUNCE  # a filter said so, no person did
    if event.event_type == EventType.BOUNCED or (esp, event.event_type) == ("Postal", "failed"):
        return _bounce(esp, event)
    return PLAIN.get(event.event_type)


def reject_reason_of(esp: str, event: AnymailTrackingEvent) -> str:
    """anymail's word, put right where a provider says more."""
    said = _word(event.esp_event, "reason").lower()
    if esp == "SendGrid" and said == "spam reporting address":
        return RejectReason.SPAM
    if esp == "Mailjet" and event.event_type == EventType.REJECTED:
        is_gone = event.reject_reason == RejectReason.BOUNCED and _for_good(esp, event)
        return RejectReason.BOUNCED if is_gone else RejectReason.OTHER
    return event.reject_reason or ""


def _bounce(esp: str, event: AnymailTrackingEvent) -> Report:
    if event.reject_reason == RejectReason.UNSUBSCRIBED:
        return Report.UNSUBSCRIBED
    is_policy = event.reject_reason in (RejectReason.BLOCKED, RejectReason.SPAM)
    if event.reject_reason == RejectReason.INVALID:
        return Report.HARD_BOUNCE
    is_hard = not is_policy and _for_good(esp, event)
    return Report.HARD_BOUNCE if is_hard else Report.SOFT_BOUNCE


def _for_good(esp: str, event: AnymailTrackingEvent) -> bool:
    reads = FOR_GOOD.get(esp)
    with suppress(KeyError, TypeError, AttributeError, StopIteration):
        if reads and reads(event.esp_event):
            return True
    return bool(BAD_ADDRESS.search(str(event.mta_response or "")))


def _word(raw: object, name: str) -> str:
    found = raw.get(name) if hasattr(raw, "get") else None
    return found if isinstance(found, str) else ""
