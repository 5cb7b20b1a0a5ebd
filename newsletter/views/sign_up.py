"""Signing up. The answer is the same for every address, known or not."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from blog.nudges import nudge
from blog.public_forms import MINIMUM_FILL, Limit, Verdict, form_stamp, judge, take
from blog.views.furniture import page_context, private_page, public_page
from blog.visitors import client_network
from newsletter.addresses import address_key, domain_of
from newsletter.forms import SignUpForm
from newsletter.models import Subscriber, Suppression
from newsletter.views.pace import at_one_pace
from newsletter.views.token_page import origin_of

HOUR = timedelta(hours=1)
BY_NETWORK = Limit("sign-up network", 20, HOUR)
# A form without our time stamp is not refused, but such a sender gets little.
UNSTAMPED_BY_NETWORK = Limit("sign-up unstamped", 3, HOUR)
BY_ADDRESS = Limit("sign-up address", 5, HOUR)
BY_DOMAIN = Limit("sign-up domain", 500, HOUR)
EVERYBODY = Limit("sign-up all", 120, timedelta(minutes=1))

ONCE_MORE = "Please press the button once more."
TOO_MANY = "There were too many sign-ups just now. Please try again in {}."
FROM_ELSEWHERE = "This form was sent from another site. Please sign up here."


@require_safe
def newsletter(request: HttpRequest) -> HttpResponse:
    """The page with nothing but the form."""
    form = SignUpForm(initial={"source": request.path})
    return public_page("newsletter/newsletter.html", {**_context(request), "form": form})


@csrf_exempt  # public pages know no cookie; `judge` and the confirmation stand in its place
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # an address from somebody's history
        return redirect("newsletter")
    now = timezone.now()
    verdict = judge(request, now)
    form = SignUpForm(request.POST)
    if verdict is Verdict.FOREIGN:
        return _form_again(request, form, FROM_ELSEWHERE, 403)
    if verdict is Verdict.ROBOT:
        return _check_inbox(request)
    if not form.is_valid():
        return _form_again(request, form, "", 400)
    if verdict is Verdict.HASTY:
        return _form_again(request, form, ONCE_MORE, 400)
    if limit := _limit_reached(request, form.cleaned_data["email"], verdict, now):
        return _too_many(request, form, limit)
    _sign_up(request, form, now)
    return _check_inbox(request)


def _sign_up(request: HttpRequest, form: SignUpForm, now: datetime) -> None:
    address, origin = form.cleaned_data["email"], origin_of(request, form.cleaned_data["source"])
    with at_one_pace():
        if not Suppression.objects.bars_from_signing_up(address):
            subscriber = Subscriber.objects.sign_up(address, origin, now)
            nudge("newsletter.tasks.send_confirmation", subscriber.pk)


def _limit_reached(
    request: HttpRequest, address: str, verdict: Verdict, now: datetime
) -> Limit | None:
    """The one that lasts longest. None: this sign-up is welcome, and counted."""
    values = {
        BY_NETWORK: client_network(request),
        BY_ADDRESS: address_key(address),
        BY_DOMAIN: domain_of(address),
        EVERYBODY: "",
    }
    if verdict is Verdict.UNSTAMPED:
        values[UNSTAMPED_BY_NETWORK] = values[BY_NETWORK]
    return max(take(values, now), key=lambda limit: limit.period, default=None)


def _context(request: HttpRequest) -> dict[str, object]:
    return page_context(
        request,
        title="Free email updates",
        description="Get each new article by mail. Leave with one click, any time.",
    )


def _check_inbox(request: HttpRequest) -> HttpResponse:
    context = {**_context(request), "title": "Check your inbox"}
    return private_page("newsletter/check_inbox.html", context)


def _too_many(request: HttpRequest, form: SignUpForm, limit: Limit) -> HttpResponse:
    wait = "an hour" if limit.period == HOUR else "a minute"
    response = _form_again(request, form, TOO_MANY.format(wait), 429)
    response.headers["Retry-After"] = str(int(limit.period.total_seconds()))
    return response


def _form_again(request: HttpRequest, form: SignUpForm, message: str, status: int) -> HttpResponse:
    """The form with what was typed, and what to do. Who has waited once need not wait again."""
    if message:
        form.add_error(None, message)
    stamp = form_stamp(timezone.now() - MINIMUM_FILL)
    context = {**_context(request), "form": form, "form_stamp": stamp}
    response = private_page("newsletter/newsletter.html", context, status)
    # After "no-referrer" a browser sends the form with "Origin: null", and we would refuse it.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
