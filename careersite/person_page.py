"""Staff's page about one person: what is kept, to download, to erase.

Everything is asked for by POST: a mail address belongs into no address of a page, and no log.
"""

import json

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from careersite.personal_data import erase, has_staff_account, kept_of
from newsletter.addresses import clean_address
from newsletter.models import Subscriber

EXPORT, ERASE = "newsletter.export_person", "newsletter.erase_person"
BE_CERTAIN = "Tick the box first: this cannot be taken back."
GONE = "All of it is gone: {}. A hash stays, so that no import brings the address back."


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest) -> HttpResponse:
    if not (request.user.has_perm(EXPORT) or request.user.has_perm(ERASE)):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request)
    typed = request.POST.get("address", "").strip()[:254]
    try:
        address = clean_address(typed)
    except ValidationError as error:
        return _page(request, address=typed, problem=error.messages[0])
    match request.POST.get("do"):
        case "download":
            return _download(request, address)
        case "erase":
            return _erase(request, address)
    return _page(request, **_summary(address))


def _download(request: HttpRequest, address: str) -> HttpResponse:
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    _note(request, "Downloaded all that is kept of a person.")
    content = json.dumps(kept_of(address), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="person.json"'}
    headers["Cache-Control"] = "no-store"
    return HttpResponse(content, content_type="application/json", headers=headers)


def _erase(request: HttpRequest, address: str) -> HttpResponse:
    if not request.user.has_perm(ERASE):
        raise PermissionDenied
    if "certain" not in request.POST:
        messages.warning(request, BE_CERTAIN)
        return _page(request, **_summary(address))
    counts = erase(address, timezone.now())
    _note(request, "Erased a person.")
    gone = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    messages.success(request, GONE.format(gone or "nothing was kept"))
    return HttpResponseRedirect(request.path)


def _note(request: HttpRequest, what: str) -> None:
    """In the history of staff, where nobody is named: it outlives what was erased."""
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(Subscriber),
        object_repr=what,
        action_flag=DELETION,
        change_message=what,
    )


def _summary(address: str) -> dict[str, object]:
    """What is kept, in numbers; the words themselves are in the download."""
    kept = [
        (app, what, 1 if isinstance(rows, dict) else len(rows))
        for app, kinds in kept_of(address).items()
        for what, rows in kinds.items()
    ]
    return {
        "address": address,
        "kept": kept,
        "is_looked_up": True,
        "has_staff_account": has_staff_account(address),
    }


def _page(request: HttpRequest, **more: object) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "One person’s data",
        "may_export": request.user.has_perm(EXPORT),
        "may_erase": request.user.has_perm(ERASE),
        **more,
    }
    return TemplateResponse(request, "careersite/person.html", context)
