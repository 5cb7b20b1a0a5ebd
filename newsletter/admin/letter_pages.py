"""The pages of one letter beside its form: looked at and checked, tried on staff, sent."""

from collections.abc import Callable
from datetime import datetime
from functools import partial, update_wrapper

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import localize
from django.views.decorators.http import require_POST, require_safe

from blog.nudges import nudge
from newsletter.admin.letter_forms import SendForm, TrialForm
from newsletter.before_sending import remarks, stops, tick_for
from newsletter.emails import Words
from newsletter.models import Letter
from newsletter.models.campaign import Variant
from newsletter.trial import as_shown, send_trial

SEND = "newsletter.send_letter"
# Nothing in it runs, sends, or is loaded from elsewhere; its links open beside it. It is of this
# site, without scripts, because our pictures are for pages of this site only.
PREVIEW_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)
TOO_LATE_OR_EARLY = (
    "Nothing changed: it was chosen before, it is too early, or that subject was cancelled."
)
LINKS_OPEN_BESIDE = '<head><base target="_blank">'
View = Callable[..., HttpResponse]


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def page(name: str, view: View, *, method: View = require_safe) -> URLPattern:
        bound = update_wrapper(partial(view, model_admin), view)
        guarded = model_admin.admin_site.admin_view(method(bound))
        return path(f"<int:letter_id>/{name}/", guarded, name=f"newsletter_letter_{name}")

    return [
        page("check", check),
        page("preview", preview),
        page("try", try_on_staff, method=require_POST),
        page("send", send, method=require_POST),
        page("take-back", take_back, method=require_POST),
        page("rest", send_rest, method=require_POST),
    ]


# --- Looking ----------------------------------------------------------------------------------


def check(model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = find(model_admin, request, letter_id)
    return page_of(model_admin, request, letter, timezone.now())


def page_of(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    letter: Letter,
    now: datetime,
    **forms: object,
) -> HttpResponse:
    found = remarks(letter, now) if letter.is_draft else []
    tick = tick_for(found)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": letter.subject,
        "letter": letter,
        "campaigns": letter.campaigns.order_by("pk"),
        "people": letter.people(now),
        "rest": rest_of(letter, now),
        "remarks": found,
        "stops": stops(found),
        "tick": tick,
        "text": as_shown(words_of(letter, letter.subject), now).text,
        "may_change": model_admin.has_change_permission(request, letter),
        "may_send": request.user.has_perm(SEND),
        "trial_form": TrialForm(request.user),
        "send_form": SendForm(tick, now),
        **forms,
    }
    return TemplateResponse(request, "admin/newsletter/letter/check.html", context)


def rest_of(letter: Letter, now: datetime) -> dict[str, object]:
    """For whom somebody may choose a subject, and among which; empty if there is nothing to do."""
    if not letter.waits_for_a_choice:
        return {}
    return {"people": letter.people_of_rest(now), "choices": letter.choices()}


def preview(model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int) -> HttpResponse:
    """The HTML part, for a frame."""
    letter = find(model_admin, request, letter_id)
    is_other = "other" in request.GET and letter.compares
    words = words_of(letter, letter.other_subject if is_other else letter.subject)
    headers = {
        "Content-Security-Policy": PREVIEW_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    html = as_shown(words, timezone.now()).html
    return HttpResponse(html.replace("<head>", LINKS_OPEN_BESIDE, 1), headers=headers)


def words_of(letter: Letter, subject: str) -> Words:
    """What was frozen, if it is; else as it would be frozen now."""
    frozen = letter.campaigns.filter(subject=subject).order_by("pk").first()
    return Words(frozen.subject, frozen.html, frozen.text) if frozen else letter.words(subject)


# --- Acting -----------------------------------------------------------------------------------


def try_on_staff(
    model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int
) -> HttpResponse:
    letter = find(model_admin, request, letter_id, to_change=True)
    form = TrialForm(request.user, request.POST)
    if not form.is_valid():
        return page_of(model_admin, request, letter, timezone.now(), trial_form=form)
    addresses = [user.email for user in form.cleaned_data["to"]]
    try:
        sent = send_trial(letter, addresses)
    except Exception as error:  # whatever the wire raises, the person should know
        messages.error(request, f"The test could not be sent: {error}")
    else:
        model_admin.log_change(request, letter, f"Sent {sent} test mails.")
        messages.success(request, f"The test is on its way to {', '.join(addresses)}.")
    return back_to(letter)


def send(model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int) -> HttpResponse:
    letter, now = find(model_admin, request, letter_id, to_send=True), timezone.now()
    if not letter.is_draft:
        messages.warning(request, "It was sent before. A letter is sent once.")
        return back_to(letter)
    found = remarks(letter, now)
    form = SendForm(tick_for(found), now, request.POST)
    if stops(found) or not form.is_valid():
        return page_of(model_admin, request, letter, now, send_form=form)
    at = form.cleaned_data["at"]
    if letter.send(at, now):
        later = f"Scheduled for {localize(timezone.localtime(at))}." if at > now else "Sent."
        model_admin.log_change(request, letter, later)
        messages.success(request, later if at > now else "It goes out now, within a minute.")
        nudge("newsletter.tasks.sweep")
    return back_to(letter)


def take_back(model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = find(model_admin, request, letter_id, to_send=True)
    if letter.take_back():
        model_admin.log_change(request, letter, "Taken back to draft.")
        messages.success(request, "It is a draft again. Nobody has got it.")
    else:
        messages.warning(request, "It has begun already. Pause or cancel it on its own page.")
    return back_to(letter)


def send_rest(model_admin: admin.ModelAdmin, request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = find(model_admin, request, letter_id, to_send=True)
    winner = Variant.B if request.POST.get("winner") == Variant.B else Variant.A
    if letter.send_rest(winner, timezone.now()):
        model_admin.log_change(request, letter, f"Chose “{letter.campaign(winner).subject}”.")
        messages.success(request, "The rest gets it with this subject now.")
        nudge("newsletter.tasks.sweep")
    else:
        messages.warning(request, TOO_LATE_OR_EARLY)
    return back_to(letter)


def find(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    letter_id: int,
    *,
    to_change: bool = False,
    to_send: bool = False,
) -> Letter:
    """Raises PermissionDenied or Http404."""
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    if to_send and not request.user.has_perm(SEND):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=letter_id)
    if to_change and not model_admin.has_change_permission(request, letter):
        raise PermissionDenied
    return letter


def back_to(letter: Letter) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:newsletter_letter_check", args=[letter.pk]))
