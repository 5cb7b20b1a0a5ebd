"""What each mail provider can, by its name in ANYMAIL_ESP: read out of anymail 15's backends.

A copy of a mailing has its own link to leave, in its body and in its `List-Unsubscribe` header. So
several copies may share one call only where both can differ from copy to copy:

- *inline*: the provider itself puts each reader's values into places of our own HTML (anymail's
  `merge_data`) and headers (`merge_headers`);
- *whole*: the call takes many complete mails. anymail writes the same body into all of them, so
  `newsletter.backends` has a small backend that writes each reader's own.

Everybody else's mails go in a call of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from newsletter.tags import tag_of

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from newsletter.models import Campaign

TAG = "d"
# Those whose batches need a backend of ours over anymail's.
OUR_BACKENDS = ("brevo", "postmark", "resend")


@dataclass(frozen=True)
class Provider:
    """`place` is how a place in the words is written for the provider, `{}` being its name; None
    where it fills in nothing. `reserved` are marks that the provider would take for its own: a
    mailing that has one in its words goes one mail each.
    """

    title: str
    why: str
    batch_size: int = 1
    max_bytes: int = 20_000_000
    place: str | None = None
    reserved: tuple[str, ...] = ()
    # Headers of one copy take the place of the common ones, instead of joining them.
    headers_replace: bool = False
    # What anymail must be told besides (`esp_extra`), so that it fills in places.
    extra: Mapping[str, object] = field(default_factory=dict)
    repeats_within: timedelta | None = None
    # The tag of a delivery comes back with each event about it.
    returns_tag: bool = True

    @property
    def is_whole(self) -> bool:
        return self.batch_size > 1 and self.place is None

    def tag(self, mail: EmailMessage, delivery_id: int) -> None:
        """Name the delivery to the provider, where it names it to us again."""
        if self.returns_tag:
            mail.metadata = {TAG: tag_of(delivery_id)}

    def written(self, name: str) -> str:
        """How the place `name` stands in the words."""
        return self.place.format(name) if self.place else name

    def most_a_call(self) -> int:
        return min(self.batch_size, own_limit())

    def batch_size_for(self, campaign: Campaign) -> int:
        """How many copies of this mailing may share a call: 1 means one mail each."""
        words = (campaign.subject, campaign.html, campaign.text)
        if any(mark in word for mark in self.reserved for word in words):
            return 1
        size = self.most_a_call()
        if not self.is_whole:
            return size
        # As JSON, where a letter beyond ASCII takes six bytes, and with some room for headers.
        copy_bytes = sum(len(word) + 5 * non_ascii(word) for word in words) + 2_000
        return max(1, min(size, self.max_bytes // copy_bytes))


def non_ascii(word: str) -> int:
    return 0 if word.isascii() else sum(letter > "\x7f" for letter in word)


ONE_BODY = "anymail's batch call has one body for all, and its own HTML takes no merge_data"

PROVIDERS = {
    "amazon_ses": Provider(
        "Amazon SES",
        "merge_data and merge_headers need a template stored there (SendBulkEmail); boto3 is not "
        "among our packages",
    ),
    "brevo": Provider(
        "Brevo",
        "whole: each messageVersion takes its own htmlContent and textContent; the key is the "
        "idempotencyKey among the headers, good for 15 minutes by the stricter of its two pages",
        batch_size=1000,
        max_bytes=4_000_000,
        headers_replace=True,
        repeats_within=timedelta(minutes=15),
    ),
    "mailersend": Provider(
        "MailerSend",
        "the bulk call answers without saying what became of whom, the other one shows every "
        "address to every reader; there is no metadata",
        returns_tag=False,
    ),
    "mailgun": Provider(
        "Mailgun",
        "inline: recipient-variables in our own HTML, headers and metadata",
        batch_size=1000,
        place="%recipient.{}%",
        reserved=("%recipient",),
    ),
    "mailjet": Provider(
        "Mailjet",
        "inline: Variables in our own HTML, once TemplateLanguage is on",
        batch_size=50,
        place="{{{{var:{}}}}}",
        reserved=("{{", "{%"),
        headers_replace=True,
        extra={"Globals": {"TemplateLanguage": True}},
    ),
    "mailtrap": Provider("Mailtrap", ONE_BODY),
    "mandrill": Provider("Mandrill", "has no headers of one reader's own in a batch"),
    "postal": Provider("Postal", "takes one mail a call, and no metadata", returns_tag=False),
    "postmark": Provider(
        "Postmark",
        "whole: /email/batch takes 500 mails and answers for each, in their order",
        batch_size=500,
        max_bytes=40_000_000,
    ),
    "resend": Provider(
        "Resend",
        "whole: /emails/batch takes 100 mails, all or none; Idempotency-Key, good for 24 hours",
        batch_size=100,
        repeats_within=timedelta(hours=24),
    ),
    "scaleway": Provider("Scaleway", "takes one mail a call; has no webhooks", returns_tag=False),
    "sendgrid": Provider(
        "SendGrid",
        "inline: substitutions of any words in our own HTML, headers of each personalization; "
        "anymail no longer supports it officially",
        batch_size=1000,
        place="-{}-",
        extra={"merge_field_format": "-{}-"},
    ),
    "sparkpost": Provider("SparkPost", "drops a List-Unsubscribe that differs by reader"),
    "unisender_go": Provider(
        "Unisender Go", "lets only List-Unsubscribe differ by reader, and only once approved"
    ),
}


def current() -> Provider | None:
    """Whose interface the settings' mail backend talks to; None for SMTP and files."""
    package, _, name = settings.EMAIL_BACKEND.removesuffix(".EmailBackend").rpartition(".")
    if package == "newsletter.backends":
        return PROVIDERS.get(name)
    found = PROVIDERS.get(name) if package == "anymail.backends" else None
    if found and found.is_whole:  # that needs our backend
        return replace(found, batch_size=1, repeats_within=None)
    return found


def backend_of(name: str) -> str:
    """For EMAIL_BACKEND. Some need a backend of ours over anymail's, for their batches."""
    whose = "newsletter" if name in OUR_BACKENDS else "anymail"
    return f"{whose}.backends.{name}.EmailBackend"


def way_name() -> str:
    """How the mails leave, in one word: as in ANYMAIL_ESP, or `smtp`."""
    return settings.EMAIL_BACKEND.removesuffix(".EmailBackend").rpartition(".")[2]


def own_limit() -> int:
    """ANYMAIL_BATCH_SIZE: at most so many copies a call, for an account that may not send more."""
    limit = str(settings.ANYMAIL.get("BATCH_SIZE") or "")
    return int(limit) if limit.isascii() and limit.isdigit() and int(limit) else 1000
