"""The site has one name. Under another one that it answers to, readers are led to the one."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.encoding import iri_to_uri

# Programs ask for these by a name or a number of the machine.
ASKED_BY_MACHINES = ("/healthz", "/readyz")


class OneHost:
    """Middleware, in public only: at home each name of this machine will do.

    The view has a say first, so that a former address is one step away under any name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.host = urlsplit(settings.SITE_URL).netloc.lower()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_no_answer = response.status_code == 400 or response.status_code >= 500
        if is_no_answer or not self.is_asked_by_another_name(request):
            return response
        path = response.headers.get("Location", request.get_full_path())
        if not path.startswith("/") or path.startswith("//"):
            return response
        headers = {"Cache-Control": response.headers.get("Cache-Control", "no-store")}
        return HttpResponsePermanentRedirect(
            iri_to_uri(f"{settings.SITE_URL}{path}"), headers=headers
        )

    def is_asked_by_another_name(self, request: HttpRequest) -> bool:
        is_read = request.method in ("GET", "HEAD") and request.path not in ASKED_BY_MACHINES
        if not (settings.SITE_IS_HTTPS and is_read):
            return False
        return request.get_host().lower().removesuffix(":443") != self.host
