"""What a browser may do with our pages. A view that needs something else sets its own header."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from careersite.reading_sheet import source

STRICT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
}
# CKEditor 4 writes handlers and styles into attributes. Scripts of its own it does not need.
EDITOR_POLICY = STRICT_POLICY | {
    "style-src": "'self' 'unsafe-inline'",
    "script-src-attr": "'unsafe-inline'",
}
FRAMING_POLICY = STRICT_POLICY | {"frame-src": "'self'"}
UNUSED_FEATURES = (
    *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
    *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
)


def as_header(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


STRICT = as_header(STRICT_POLICY)
FOR_EDITOR = as_header(EDITOR_POLICY)
FOR_FRAMING = as_header(FRAMING_POLICY)
HEADERS = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Web mail that asks for pictures by itself shows them on pages of its own.
SHOWN_IN_MAILS = f"{settings.STATIC_URL}icons/"


class SecurityHeaders:
    """Middleware. The pages named in `EDITOR_VIEW_NAMES` get what CKEditor cannot do without, those
    in `FRAMING_VIEW_NAMES` may show other pages of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request))
        if request.path.startswith(SHOWN_IN_MAILS):
            response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def policy_for(request: HttpRequest) -> str:
    name = request.resolver_match and request.resolver_match.view_name
    if name in settings.EDITOR_VIEW_NAMES:
        return FOR_EDITOR
    return with_sheet(FOR_FRAMING if name in settings.FRAMING_VIEW_NAMES else STRICT)


def with_sheet(policy: str) -> str:
    """The readers’ pages carry their stylesheet in themselves: this one and no other."""
    return policy.replace("style-src 'self'", f"style-src 'self' {source()}")
