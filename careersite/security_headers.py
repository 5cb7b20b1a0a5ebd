"""What a browser may do with our pages. A view that needs something else sets its own header."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

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
UNUSED_FEATURES = (
    *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
    *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
)


def as_header(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


STRICT = as_header(STRICT_POLICY)
FOR_EDITOR = as_header(EDITOR_POLICY)
HEADERS = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Middleware. The pages named in `EDITOR_VIEW_NAMES` get what CKEditor cannot do without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = FOR_EDITOR if has_editor(request) else STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def has_editor(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name in settings.EDITOR_VIEW_NAMES
