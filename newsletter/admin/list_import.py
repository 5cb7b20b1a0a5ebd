"""Importing people on staff's own pages: a file, a trial with its report, then the button."""

from datetime import date
from pathlib import Path

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from newsletter.admin.history import note_deed
from newsletter.admin.long_import import taken_in
from newsletter.forms.importing import MOST_AT_ONCE_BYTES, ConsentForm, ImportForm
from newsletter.importing import CannotImport, Import, Outcome, Rows, WrongRow, waiting
from newsletter.importing.stepping import ROWS_SHOWN, keep_for_worker
from newsletter.models import Subscriber

FILE_IS_GONE = "That file is gone by now. Choose it once more."
PAGE = "admin/newsletter/subscriber/import.html"


@csrf_protect
def import_page(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """For those who may; the caller has looked. `context` is what each staff page needs."""
    if request.method != "POST":
        return _page(request, context, form=ImportForm())
    if "waiting" not in request.POST:
        return _try_out(request, context)
    path = waiting.path_of(request.POST["waiting"])
    consent = ConsentForm(request.POST)
    if path is None or not consent.is_valid():
        messages.warning(request, FILE_IS_GONE)
        return _page(request, context, form=ImportForm())
    if "cancel" in request.POST:
        path.unlink(missing_ok=True)
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_import"))
    return _import(request, context, path, consent)


def _try_out(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, context, form=form)
    file = form.cleaned_data["file"]
    if file.size > MOST_AT_ONCE_BYTES:
        actor = request.user.get_username()[:80]
        work = keep_for_worker(file.chunks(), form.cleaned_data, actor, timezone.now())
        return taken_in(request, work)
    name = waiting.keep(file.chunks())
    path, wrong = waiting.path_of(name), []
    try:
        outcome = _run(request, path, form.cleaned_data, wrong, is_trial=True)
    except CannotImport as error:
        path.unlink(missing_ok=True)
        form.add_error("file", str(error))
        return _page(request, context, form=form)
    return _page(
        request,
        context,
        consent=ConsentForm(form.cleaned_data),
        waiting=name,
        outcome=outcome,
        coming=outcome.added + outcome.confirmed,
        wrong=wrong,
        more_wrong=outcome.wrong - len(wrong),
    )


def _import(
    request: HttpRequest, context: dict[str, object], path: Path, consent: ConsentForm
) -> HttpResponse:
    try:
        outcome = _run(request, path, consent.cleaned_data, [], is_trial=False)
    except CannotImport as error:
        messages.error(request, f"{error} Nothing was imported.")
        return _page(request, context, form=ImportForm())
    path.unlink(missing_ok=True)
    came = outcome.added + outcome.confirmed
    people = f"{came:,} {'person' if came == 1 else 'people'}"
    note_deed(request, Subscriber, f"Imported {people}: {consent.cleaned_data['source']}")
    messages.success(request, f"{people} came onto the list. Nobody was sent a mail.")
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))


def _run(
    request: HttpRequest,
    path: Path,
    agreed: dict[str, object],
    wrong: list[WrongRow],
    *,
    is_trial: bool,
) -> Outcome:
    now, day = timezone.now(), agreed["date"]
    rows = Rows(path, day if isinstance(day, date) else None, now)
    actor = request.user.get_username()[:80]

    def note(row: WrongRow) -> None:
        """No more than are shown: a small file can have a million of them."""
        if len(wrong) < ROWS_SHOWN:
            wrong.append(row)

    return Import(str(agreed["source"]), actor, now, is_trial, note).run(rows)


def _page(request: HttpRequest, context: dict[str, object], **more: object) -> HttpResponse:
    return TemplateResponse(request, PAGE, {**context, "title": "Import people", **more})
