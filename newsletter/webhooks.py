"""Where mail providers report what became of our mails: `/anymail/<provider>/tracking/`.

django-anymail checks the proofs and reads the bodies; here the reports are stored, many at once,
and the answer goes out. A worker lets them count later.
"""

import logging
from collections.abc import Iterator
from functools import cache

from anymail import urls as anymail_urls
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailImproperlyInstalled,
    AnymailWebhookValidationFailure,
)
from anymail.signals import AnymailTrackingEvent, tracking
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from blog.nudges import nudge
from newsletter.models import WebhookEvent
from newsletter.signed_reports import SignedResendView
from newsletter.webhook_proofs import gives_secret, is_guarded

logger = logging.getLogger(__name__)

# Reports have some 1 to 4 kB each, and providers send a thousand in one call at the most.
MOST_BYTES = 8 * 1024 * 1024
# What is longer is let through unread, so that the answer arrives; nginx.conf has the same number.
MOST_UNREAD_BYTES = 32 * 1024 * 1024
PIECE_BYTES = 64 * 1024

OURS = {ResendTrackingWebhookView: SignedResendView}


class Unreadable(ValueError):
    """What came has no proof that it is the provider's, or is no report that anymail can read."""


class Stores(AnymailCoreWebhookView):
    """Takes the place of the last step of anymail's views: store all, tell a worker."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        events = self.read(request)
        kept = WebhookEvent.objects.keep(self.esp_name, events, timezone.now())
        if kept:
            nudge("newsletter.tasks.settle_reports")
        return HttpResponse()

    def read(self, request: HttpRequest) -> list[AnymailTrackingEvent]:
        """Whatever a foreign body breaks on its way through anymail, it is the body's fault."""
        try:
            request._body = request.read()  # `body` would refuse what is longer than a form
            self.run_validators(request)
            events = self.parse_events(request)
        except (AnymailConfigurationError, AnymailImproperlyInstalled):
            raise
        except Exception as error:
            # Not its words: they may repeat the body, and with it addresses.
            raise Unreadable(type(error).__name__) from None
        return [event for event in events if isinstance(event, AnymailTrackingEvent)]


@cache
def storing(view: type[AnymailCoreWebhookView]) -> type[AnymailCoreWebhookView]:
    view = OURS.get(view, view)
    return type(f"Stores{view.__name__}", (view, Stores), {"__module__": __name__})


@csrf_exempt
def receive(request: HttpRequest, view: type[AnymailCoreWebhookView]) -> HttpResponse:
    """2xx: stored, none of our business, or of no use to send again. 4xx: nothing was stored."""
    provider = view.esp_name.lower().replace(" ", "_")
    if not is_guarded(provider):
        return HttpResponse("No proof has been agreed on with this provider.", status=403)
    if length_of(request) > MOST_BYTES:
        return leave_unread(request, view.esp_name)
    try:
        return storing(view).as_view()(request)
    except (AnymailConfigurationError, AnymailImproperlyInstalled):
        logger.error("Reports of %s cannot be read: its settings are not complete.", view.esp_name)
        return HttpResponse("This provider is not set up.", status=403)
    except (AnymailWebhookValidationFailure, Unreadable) as error:
        logger.warning("A report in the name of %s was refused: %s", view.esp_name, error)
        return HttpResponse("This is no report that we know for one.", status=400)


def leave_unread(request: HttpRequest, esp: str) -> HttpResponse:
    """Sent again for days it would be as long: who proves to be the provider hears that all is
    well, and staff hear that reports were lost. Where only a signature over the body would prove
    it, nothing is believed."""
    length = length_of(request)
    logger.warning("A call of %s with %s bytes was not read.", esp, length)
    if length > MOST_UNREAD_BYTES or not gives_secret(request):
        return HttpResponse("This is too long.", status=413)
    while request.read(PIECE_BYTES):
        pass
    WebhookEvent.objects.note_unread(esp, length, timezone.now())
    return HttpResponse()


def length_of(request: HttpRequest) -> int:
    written = request.META.get("CONTENT_LENGTH") or ""
    return int(written) if written.isascii() and written.isdigit() else 0


def receivers() -> Iterator[URLPattern]:
    """One for each provider of anymail; mails that come in (its other views) are not wanted."""
    for pattern in anymail_urls.urlpatterns:
        view = pattern.callback.view_class
        if view.signal is tracking or issubclass(view, MandrillCombinedWebhookView):
            yield path(str(pattern.pattern), receive, {"view": view}, name=pattern.name)


app_name = "anymail"
urlpatterns = list(receivers())
