"""The page of a long file: how far the worker is with it, what would happen, and the button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from blog.nudges import nudge
from newsletter.admin.history import note_deed
from newsletter.importing import Outcome, waiting
from newsletter.models import ListImport, Subscriber

PAGE = "admin/newsletter/subscriber/long_import.html"


def long_import_page(
    request: HttpRequest, import_id: int, context: dict[str, object]
) -> HttpResponse:
    """For those who may; the caller has looked."""
    work = get_object_or_404(ListImport, pk=import_id)
    if request.method == "POST":
        return _cancel(work) if "cancel" in request.POST else _begin(request, work)
    outcome = Outcome(**work.outcome)
    shown = {
        "work": work,
        "outcome": outcome,
        "coming": outcome.added + outcome.confirmed,
        "wrong": work.wrong,
        "more_wrong": outcome.wrong - len(work.wrong),
    }
    response = TemplateResponse(request, PAGE, {**context, **shown})
    response.headers["Cache-Control"] = "no-store"
    return response


def _begin(request: HttpRequest, work: ListImport) -> HttpResponse:
    if work.begin(timezone.now()):
        note_deed(request, Subscriber, f"Began to import {work.rows_in_all:,} rows: {work.source}")
        nudge("newsletter.tasks.import_list", work.pk)
    return HttpResponseRedirect(address_of(work))


def _cancel(work: ListImport) -> HttpResponse:
    if not work.call_off():
        return HttpResponseRedirect(address_of(work))
    if path := waiting.path_of(work.file):
        path.unlink(missing_ok=True)
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_import"))


def taken_in(request: HttpRequest, work: ListImport) -> HttpResponse:
    nudge("newsletter.tasks.import_list", work.pk)
    messages.info(request, "The file is here. A worker tries it out; nothing is changed yet.")
    return HttpResponseRedirect(address_of(work))


def address_of(work: ListImport) -> str:
    return reverse("admin:newsletter_subscriber_long_import", args=[work.pk])
