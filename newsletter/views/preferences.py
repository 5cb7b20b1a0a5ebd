"""One page for all that a subscriber may choose. Its link stands in each mail.

Whoever a mail was forwarded to can open it too, so it shows no whole address and nothing of the
past, and what shows or erases all about a person begins with a mail to that person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from blog.public_forms import Limit, take
from newsletter.addresses import address_key, masked
from newsletter.consent import Origin
from newsletter.forms import NewAddressForm, PauseForm, PreferencesForm
from newsletter.models import AddressChange, PersonalMail, Preferences, Subscriber
from newsletter.tokens import Purpose
from newsletter.views.pace import at_one_pace
from newsletter.views.token_page import answer, origin_of, token_page

SOURCE = "page of choices"
TITLE = "Your mails"
# So that nobody's mailbox is filled by wishes of many who claim to move there.
TO_ONE_ADDRESS = Limit("new address", 3, timedelta(days=1))
LOOK_THERE = (
    "We have sent a mail to the new address. Open it and press the button there; until then all "
    "stays as it is. Nothing comes? An address that is on our list already gets no such mail."
)
LINK_COMES = (
    "We send you a mail with a link, which works for two hours. If our mails have moved to another "
    "address within the last two weeks, none comes yet."
)


@dataclass
class Visit:
    """One request to the page: who, and what became of what was pressed."""

    request: HttpRequest
    subscriber: Subscriber
    now: datetime
    said: str = ""
    sent: dict[str, forms.Form] = field(default_factory=dict)

    @property
    def origin(self) -> Origin:
        return origin_of(self.request, SOURCE)

    def form(self, name: str) -> forms.Form:
        """As it was sent, if it was this one; else as things are."""
        if name in self.sent:
            return self.sent[name]
        if name == "choice":
            return PreferencesForm(chosen=Preferences.of(self.subscriber))
        return {"pause": PauseForm, "address": NewAddressForm}[name]()


@token_page(Purpose.PREFERENCES)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    visit = Visit(request, subscriber, timezone.now())
    act = act_of(request)
    if act and (subscriber.is_on_the_list or act is come_back):
        act(visit)
    if not visit.subscriber.is_on_the_list:
        may_return = visit.subscriber.may_return
        return answer(request, "unsubscribed", "You get no more mails", may_return=may_return)
    status = 400 if any(form.errors for form in visit.sent.values()) else 200
    return answer(request, "preferences", TITLE, status, **shown(visit))


def choose(visit: Visit) -> None:
    chosen = Preferences.of(visit.subscriber)
    form = visit.sent["choice"] = PreferencesForm(visit.request.POST, chosen=chosen)
    if form.is_valid():
        form.preferences.keep(visit.subscriber, visit.origin, visit.now)
        visit.said = "Your choice is kept."


def pause(visit: Visit) -> None:
    form = visit.sent["pause"] = PauseForm(visit.request.POST)
    if form.is_valid():
        visit.subscriber.pause(form.until(visit.now), visit.origin, visit.now)
        visit.said = "You get no mails until then."


def end_pause(visit: Visit) -> None:
    visit.subscriber.end_pause(visit.origin, visit.now)
    visit.said = "You get our mails again."


def ask_for_address(visit: Visit) -> None:
    """The same words, after the same time, whoever has that address."""
    form = visit.sent["address"] = NewAddressForm(visit.request.POST)
    if not form.is_valid():
        return
    address = form.cleaned_data["email"]
    with at_one_pace():
        if not take({TO_ONE_ADDRESS: address_key(address)}, visit.now):
            AddressChange.objects.ask(visit.subscriber, address, visit.origin, visit.now)
    visit.said = LOOK_THERE
    visit.sent.clear()


def ask_for_data(visit: Visit) -> None:
    PersonalMail.objects.link_to_data(visit.subscriber, visit.now)
    visit.said = LINK_COMES


def leave(visit: Visit) -> None:
    visit.subscriber.unsubscribe(visit.origin, visit.now)


def come_back(visit: Visit) -> None:
    if visit.subscriber.resubscribe(visit.origin, visit.now):
        visit.said = "You are on the list again."


ACTS: dict[str, Callable[[Visit], None]] = {
    "choose": choose,
    "pause": pause,
    "end_pause": end_pause,
    "address": ask_for_address,
    "leave": leave,
    "data": ask_for_data,
}


def act_of(request: HttpRequest) -> Callable[[Visit], None] | None:
    if request.method != "POST":
        return None
    if request.POST.get("resubscribe"):  # the button of the page after leaving
        return come_back
    return ACTS.get(request.POST.get("act", ""))


def shown(visit: Visit) -> dict[str, object]:
    subscriber = visit.subscriber
    return {
        "said": visit.said,
        "masked_address": masked(subscriber.address),
        "paused_until": subscriber.paused_until if subscriber.is_resting(visit.now) else None,
        "topics_gone": subscriber.has_no_topic_left,
        "choice_form": visit.form("choice"),
        "pause_form": visit.form("pause"),
        "address_form": visit.form("address"),
    }
