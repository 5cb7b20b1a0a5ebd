"""Resend signs its reports by the Standard Webhooks scheme; checked here without a further package.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the
HMAC-SHA256 of `id.timestamp.body`, with the key that stands in base64 behind `whsec_`. A call may
carry several signatures while the key is being changed.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import timedelta

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.utils import get_anymail_setting
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from django.http import HttpRequest
from django.utils import timezone

# The scheme asks for a limit, so that an old call cannot be played again.
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class SignedResendView(ResendTrackingWebhookView):
    """anymail's view, with the check of the signature in the place of the package `svix`."""

    _svix_webhook = None

    def __init__(self, **kwargs: object) -> None:
        self.secret = get_anymail_setting("signing_secret", esp_name=self.esp_name, default=None)
        self.warn_if_no_basic_auth = not self.secret
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        if self.secret and not is_signed(request, self.secret):
            raise AnymailWebhookValidationFailure("A call in the name of Resend is not signed.")


def is_signed(request: HttpRequest, secret: str) -> bool:
    names = ("svix-id", "svix-timestamp", "svix-signature")
    number, sent_at, signatures = (request.headers.get(name, "") for name in names)
    if not (number and sent_at.isascii() and sent_at.isdigit()):
        return False
    if abs(timezone.now().timestamp() - int(sent_at)) > CLOCKS_DIFFER_BY.total_seconds():
        return False
    expected = signature(secret, number, sent_at, request.body).encode()
    return any(hmac.compare_digest(one.encode(), expected) for one in signatures.split())


def signature(secret: str, number: str, sent_at: str, body: bytes) -> str:
    """Raises `AnymailWebhookValidationFailure` for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise AnymailWebhookValidationFailure("RESEND_SIGNING_SECRET is no such secret.") from None
    mac = hmac.new(key, f"{number}.{sent_at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()
