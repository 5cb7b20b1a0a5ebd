"""“Already on the list?” A link to one's choices, by mail. The answer is the same for everybody."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from blog.public_forms import MINIMUM_FILL, Limit, Verdict, form_stamp, judge, take
from blog.views.furniture import page_context, private_page
from blog.visitors import client_network
from newsletter.addresses import address_key
from newsletter.forms import AddressForm
from newsletter.models import PersonalMail, Subscriber
from newsletter.views.pace import at_one_pace

HOUR = timedelta(hours=1)
BY_NETWORK = Limit("link network", 10, HOUR)
BY_ADDRESS = Limit("link address", 3, HOUR)
EVERYBODY = Limit("link all", 60, timedelta(minutes=1))
FROM_ELSEWHERE = "This form was sent from another site. Please send it from here."
ONCE_MORE = "Please press the button once more."
TOO_MANY = "There were too many requests just now. Please try again in an hour."
TITLE = "A link to your mails"


@csrf_exempt  # no cookie, no token: `judge` stands in its place
@require_http_methods(["GET", "HEAD", "POST"])
def link_request(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, AddressForm(), form_stamp())
    now = timezone.now()
    verdict, form = judge(request, now), AddressForm(request.POST)
    if verdict is Verdict.FOREIGN:
        return _form_again(request, form, FROM_ELSEWHERE, 403)
    if verdict is Verdict.ROBOT:
        return _sent(request)
    if not form.is_valid():
        return _form_again(request, form, "", 400)
    if verdict in (Verdict.HASTY, Verdict.UNSTAMPED):
        return _form_again(request, form, ONCE_MORE, 400)
    if not _may_ask(request, form.cleaned_data["email"], now):
        return _form_again(request, form, TOO_MANY, 429)
    with at_one_pace():
        _make_due(form.cleaned_data["email"], "data" in request.POST, now)
    return _sent(request)


def _may_ask(request: HttpRequest, address: str, now: datetime) -> bool:
    """Counted for whatever was typed, so that a limit tells nothing either."""
    values = {
        BY_NETWORK: client_network(request),
        BY_ADDRESS: address_key(address),
        EVERYBODY: "",
    }
    return not take(values, now)


def _make_due(address: str, about_data: bool, now: datetime) -> None:
    """Whoever left may come back by this link; who has not confirmed may see what is kept."""
    people = Subscriber.objects.filter(suppressed_at__isnull=True)
    subscriber = people.filter(address_key=address_key(address)).first()
    if subscriber and about_data:
        PersonalMail.objects.link_to_data(subscriber, now)
    elif subscriber and subscriber.confirmed_at:
        PersonalMail.objects.make_due(PersonalMail.Kind.PREFERENCES_LINK, subscriber, now)


def _form(request: HttpRequest, form: AddressForm, stamp: str, status: int = 200) -> HttpResponse:
    context = {**page_context(request, title=TITLE, recent=[]), "form": form, "form_stamp": stamp}
    response = private_page("newsletter/link_request.html", context, status)
    # After "no-referrer" a browser sends the form with "Origin: null", and we would refuse it.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _form_again(request: HttpRequest, form: AddressForm, message: str, status: int) -> HttpResponse:
    """With what was typed. Who has waited once need not wait again."""
    if message:
        form.add_error(None, message)
    response = _form(request, form, form_stamp(timezone.now() - MINIMUM_FILL), status)
    if status == 429:
        response.headers["Retry-After"] = str(int(HOUR.total_seconds()))
    return response


def _sent(request: HttpRequest) -> HttpResponse:
    context = page_context(request, title="Check your inbox", recent=[])
    return private_page("newsletter/link_sent.html", context)
