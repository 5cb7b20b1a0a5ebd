"""Where `static/article.js` says that an article was read."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from blog import reads
from blog.visitors import client_network

LONGEST_BYTES = 500


class ReadForm(forms.Form):
    article = forms.UUIDField()
    referrer = forms.CharField(required=False, max_length=253)


@csrf_exempt  # it knows no session, and a browser tells what other sites send
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """One read more. Who asks not to be counted, a robot and staff get the same answer."""
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return answer(403)
    if len(request.body) > LONGEST_BYTES:
        return answer(413)
    form = ReadForm(request.POST)
    if not form.is_valid():
        return answer(400)
    if is_to_be_counted(request):
        said = form.cleaned_data
        reads.count(said["article"], said["referrer"], client_network(request))
    return answer(204)


def is_to_be_counted(request: HttpRequest) -> bool:
    says_no = "1" in (request.headers.get("Sec-GPC"), request.headers.get("DNT"))
    is_signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    return not (says_no or is_signed_in or reads.is_robot(request.headers.get("User-Agent", "")))


def answer(status: int) -> HttpResponse:
    return HttpResponse(status=status, headers={"Cache-Control": "no-store"})
