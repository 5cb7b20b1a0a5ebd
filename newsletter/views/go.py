"""Where counted links lead: on to their own address, at once."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from blog.reads import is_robot
from blog.views.errors import not_found
from blog.visitors import client_network
from newsletter.models import Link
from newsletter.presses import waiting_presses


@require_safe
def go(request: HttpRequest, key: str) -> HttpResponse:
    """One read, no write: what is counted is written later, or is lost. Nobody waits for it."""
    link = Link.objects.by_key(key)
    if link is None:
        return not_found(request)
    if is_a_press(request):
        waiting_presses.note(link, client_network(request))
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return HttpResponseRedirect(link.url, headers=headers)


def is_a_press(request: HttpRequest) -> bool:
    """By a person, as far as one can tell, who has not asked to be left out."""
    asks_not = "1" in (request.headers.get("Sec-GPC"), request.headers.get("DNT"))
    fetches_ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    is_machine = is_robot(request.headers.get("User-Agent", ""))
    return request.method == "GET" and not (asks_not or fetches_ahead or is_machine)
