"""How a provider proves that a report comes from it. Nothing is believed without such a proof."""

from importlib.util import find_spec

from anymail.utils import get_anymail_setting, get_request_basic_auth
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

# The setting of each provider’s own signature, where django-anymail knows how to check it. The
# others give USER:PASSWORD of ANYMAIL_WEBHOOK_SECRET with each call.
SIGNED_WITH = {
    "mailersend": "MAILERSEND_SIGNING_SECRET",
    "mailgun": "MAILGUN_WEBHOOK_SIGNING_KEY",
    "mailtrap": "MAILTRAP_TRACKING_SECRET",
    "mandrill": "MANDRILL_WEBHOOK_KEY",
    "postal": "POSTAL_WEBHOOK_KEY",
    "resend": "RESEND_SIGNING_SECRET",
    "sendgrid": "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",
    "unisender_go": "UNISENDER_GO_API_KEY",
}
NEEDS_PACKAGE = {"postal": "cryptography", "sendgrid": "cryptography"}
REPORTS_NOTHING = {"scaleway"}
# anymail believes these by their signature only, whatever else is set.
ALWAYS_SIGN = {"mailersend", "mandrill", "postal"}


def has_secret() -> bool:
    return bool(get_anymail_setting("webhook_secret", default=None))


def gives_secret(request: HttpRequest) -> bool:
    """Does the call come with the secret that we agreed on? That shows before its body is read."""
    agreed = get_anymail_setting("webhook_secret", default=None) or []
    given = get_request_basic_auth(request) or ""
    secrets = [agreed] if isinstance(agreed, str) else agreed
    return any([constant_time_compare(given, secret) for secret in secrets])


def has_signature(provider: str) -> bool:
    """`provider` as in ANYMAIL_ESP."""
    name = SIGNED_WITH.get(provider)
    if name is None or not (settings.ANYMAIL.get(name) or getattr(settings, f"ANYMAIL_{name}", "")):
        return False
    package = NEEDS_PACKAGE.get(provider)
    return package is None or find_spec(package) is not None


def is_guarded(provider: str) -> bool:
    return has_secret() or has_signature(provider)
