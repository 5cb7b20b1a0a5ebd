"""The two public forms: ask a question, ask for help with a resume.

The pages know no visitor, so there is no cookie and no CSRF token; `blog.public_forms.judge`
stands in its place. Whatever is refused comes back with every word that was typed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from blog.nudges import nudge
from blog.public_forms import (
    MINIMUM_FILL,
    Limit,
    Verdict,
    form_stamp,
    judge,
    limits_reached,
    note_attempts,
)
from blog.site_address import own_path
from blog.views.furniture import page_context, private_page
from blog.visitors import client_network
from enquiries.forms import EnquiryForm, QuestionForm, ResumeRequestForm
from enquiries.models import Enquiry, Question, ResumeRequest

HOUR = timedelta(hours=1)
FROM_ELSEWHERE = (
    "This did not come from our own page, so we have not taken it. "
    "Your words are still here: please look at them, and send them once more."
)
ONCE_MORE = "Almost there. Please press the button once more."
TOO_MANY = (
    "We got a lot from where you are within the last hour, so we have not taken this one. "
    "Your words are still here: please send them again in an hour."
)
REFUSED = {Verdict.FOREIGN, Verdict.UNSTAMPED}


@dataclass(frozen=True)
class Desk:
    """A form, where it goes, and how much of it we take from one network and from everybody.

    What looks like spam has limits of its own, so that it cannot keep people out.
    """

    form: type[EnquiryForm]
    model: type[Enquiry]
    template: str
    thanks: str
    title: str
    description: str
    by_network: Limit
    everybody: Limit
    all_spam: Limit


QUESTIONS = Desk(
    QuestionForm,
    Question,
    "enquiries/ask.html",
    "asked",
    "Ask us your career questions",
    "Ask a career question. A person reads it and answers by mail.",
    by_network=Limit("question network", 6, HOUR),
    everybody=Limit("question all", 300, HOUR),
    all_spam=Limit("question spam", 300, HOUR),
)
RESUMES = Desk(
    ResumeRequestForm,
    ResumeRequest,
    "enquiries/resume.html",
    "resume_sent",
    "Need a resume?",
    "Tell us what you have done and what you want next. A writer reads it and answers.",
    by_network=Limit("resume network", 4, HOUR),
    everybody=Limit("resume all", 200, HOUR),
    all_spam=Limit("resume spam", 200, HOUR),
)


@csrf_exempt  # no cookie, no token: see above
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    return _receive(request, QUESTIONS) if request.method == "POST" else _show(request, QUESTIONS)


@csrf_exempt  # no cookie, no token: see above
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    return _receive(request, RESUMES) if request.method == "POST" else _show(request, RESUMES)


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    context = page_context(request, title="We have your question", recent=[])
    return private_page("enquiries/asked.html", context)


@require_safe
def resume_sent(request: HttpRequest) -> HttpResponse:
    context = page_context(request, title="A writer has it now", recent=[])
    return private_page("enquiries/resume_sent.html", context)


def _show(request: HttpRequest, desk: Desk) -> HttpResponse:
    where = {"source_path": _source(request), "placement": request.GET.get("placement", "")}
    return _page(request, desk, desk.form(initial=where), form_stamp())


def _receive(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = timezone.now()
    verdict = judge(request, now)
    form = desk.form(request.POST)
    is_complete = form.is_valid()
    if verdict in REFUSED:
        return _again(request, desk, form, FROM_ELSEWHERE, 403)
    if not is_complete:
        return _again(request, desk, form, "", 400)
    if verdict is Verdict.HASTY:
        return _again(request, desk, form, ONCE_MORE, 400)
    if not _keep(request, desk, form, verdict is Verdict.ROBOT, now):
        return _again(request, desk, form, TOO_MANY, 429)
    return redirect(desk.thanks)


def _keep(
    request: HttpRequest, desk: Desk, form: EnquiryForm, looks_like_spam: bool, now: datetime
) -> bool:
    """Store what came, once. False if it is more than we take."""
    sent_key = form.sent_key(request.POST.get("form_stamp", ""))
    if desk.model.objects.filter(sent_key=sent_key).exists():
        return True
    limits = {
        desk.by_network: client_network(request),
        desk.all_spam if looks_like_spam else desk.everybody: "",
    }
    facts = {**form.cleaned_data, "looks_like_spam": looks_like_spam, "created_at": now}
    with transaction.atomic():
        if limits_reached(limits, now):
            return False
        if desk.model.objects.receive(sent_key, facts):
            note_attempts(limits, now)
            nudge("enquiries.tasks.notify_staff")
    return True


def _again(
    request: HttpRequest, desk: Desk, form: EnquiryForm, message: str, status: int
) -> HttpResponse:
    """The form with every word kept. Whoever has written already need not wait once more."""
    if message:
        form.add_error(None, message)
    response = _page(request, desk, form, form_stamp(timezone.now() - MINIMUM_FILL), status)
    if status == 429:
        response.headers["Retry-After"] = str(int(desk.by_network.period.total_seconds()))
    return response


def _page(
    request: HttpRequest, desk: Desk, form: EnquiryForm, stamp: str, status: int = 200
) -> HttpResponse:
    """Not for a shared cache, but browsers may keep it: Back brings what was typed."""
    context = page_context(request, title=desk.title, description=desk.description, recent=[])
    context |= {"form": form, "form_stamp": stamp}
    response = render(request, desk.template, context, status=status)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _source(request: HttpRequest) -> str:
    """The page that led here: as the link says, or as the browser says if it was ours."""
    if named := request.GET.get("from"):
        return own_path(named)
    own, referrer = f"{request.scheme}://{request.get_host()}", request.headers.get("Referer", "")
    is_ours = referrer.startswith(f"{own}/")
    return own_path(referrer.removeprefix(own).partition("?")[0]) if is_ours else ""
