"""What happens when the database is away: an honest 503, from which the page cache recovers."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


class DatabaseAway:
    """Answers 503 with Retry-After instead of 500 when the database cannot be reached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.error("The database did not answer for %s: %s", request.path, error)
        return HttpResponse(
            render_to_string("503.html"),
            status=503,
            headers={"Retry-After": "30", "Cache-Control": "no-store"},
        )
