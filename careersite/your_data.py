"""A reader's own page: all that is kept of them, to download or to erase.

Its link is mailed to the address, works for two hours, and stands in no newsletter: whoever a mail
was forwarded to can do none of this.
"""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from careersite.personal_data import erase, kept_of
from newsletter.addresses import masked
from newsletter.models import Subscriber
from newsletter.tokens import Purpose
from newsletter.views.token_page import answer, token_page

TITLE = "Your data"


@token_page(Purpose.YOUR_DATA)
def your_data(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    act = request.POST.get("act") if request.method == "POST" else None
    if act == "download":
        return _download(subscriber.address)
    if act == "erase" and "certain" in request.POST:
        erase(subscriber.address, timezone.now())
        return answer(request, "your_data", TITLE, erased=True)
    context = {"masked_address": masked(subscriber.address), "must_tick": act == "erase"}
    return answer(request, "your_data", TITLE, 400 if act == "erase" else 200, **context)


def _download(address: str) -> HttpResponse:
    content = json.dumps(kept_of(address), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="your-data.json"'}
    headers |= {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
    return HttpResponse(content, content_type="application/json", headers=headers)
