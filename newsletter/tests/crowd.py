"""What readers and staff do in the middle of a campaign, each by the page that is for it; and what
must be true afterwards of each single mail, whatever was killed meanwhile."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter.models import AddressChange, Campaign, Delivery, PersonalMail, Subscriber
from newsletter.personal_data import ERASED, NEVER_KNOWN
from newsletter.states import OPEN_STATES, State
from newsletter.tests.factories import staff
from newsletter.tests.ordeal import Came
from newsletter.tests.readers import link, link_of_change, link_to_leave, one_click, press
from newsletter.tokens import Purpose

NEXT_IN_LINE = 12
PAGES_LOOKED_AT = 8
MAILS_OF_A_PERSON = re.compile(r'/newsletter/campaign/([0-9]+)/change/">.*?</th><td>(.*?)</td>')


# --- Readers ------------------------------------------------------------------------------


def leave(reader: Subscriber) -> None:
    assert one_click(link_to_leave(reader)).status_code == 200


def leave_and_come_back(reader: Subscriber) -> None:
    leave(reader)
    assert Client().post(link(reader), {"resubscribe": "1"}).status_code == 200


def rest(reader: Subscriber) -> None:
    assert press(reader, "pause", length="1").status_code == 200


def move(reader: Subscriber) -> None:
    press(reader, "address", email=f"moved{reader.pk}@example.com")
    change = AddressChange.objects.get(subscriber=reader, made_at=None)
    assert Client().post(link_of_change(change)).status_code == 200
    PersonalMail.objects.all().delete()  # here nobody is at work who would send them


def be_erased(reader: Subscriber) -> None:
    page = f"/newsletter/your-data/{reader.token(Purpose.YOUR_DATA, timezone.now())}/"
    assert Client().post(page, {"act": "erase", "certain": "1"}).status_code == 200


ROUND = (leave, leave_and_come_back, rest, move, move, be_erased, be_erased)


@dataclass
class Readers:
    """Each of them acts once at most."""

    chance: random.Random
    acted: set[int] = field(default_factory=set)

    def round(self) -> list[Callable[[], None]]:
        acts = self.chance.sample(ROUND, len(ROUND))
        return [lambda act=act: self.let_somebody(act) for act in acts]

    def let_somebody(self, act: Callable[[Subscriber], None]) -> None:
        """Half of the time one of those whose mail is on its way just now."""
        still = Subscriber.objects.exclude(pk__in=self.acted).order_by("pk")
        near = Delivery.objects.filter(state__in=OPEN_STATES, subscriber__in=still).order_by("pk")
        people = near.values_list("subscriber", flat=True)[:NEXT_IN_LINE]
        if self.chance.random() < 0.5 or not people:
            people = still.values_list("pk", flat=True)
        reader = Subscriber.objects.get(pk=self.chance.choice(list(people)))
        self.acted.add(reader.pk)
        act(reader)


# --- Staff --------------------------------------------------------------------------------


@dataclass
class Desk:
    client: Client = field(
        default_factory=lambda: staff(
            "view_campaign", "change_campaign", "view_delivery", "view_subscriber"
        )
    )

    def press(self, deed: str, campaign: Campaign, **fields: str) -> None:
        where = reverse("admin:newsletter_campaign_deed", args=[campaign.pk, deed])
        assert self.client.post(where, fields).status_code == 302

    def mails_of(self, reader: Subscriber) -> dict[int, str]:
        """As the page of this person shows them: by campaign the words for their states."""
        where = reverse("admin:newsletter_subscriber_change", args=[reader.pk])
        page = self.client.get(where).content.decode()
        return {int(campaign): words for campaign, words in MAILS_OF_A_PERSON.findall(page)}


# --- The truth ----------------------------------------------------------------------------


def times_it_may_have_come(mail: Delivery) -> range:
    """Staff may have had it sent anew, though it was in doubt whether it had come."""
    if mail.state == State.IN_DOUBT or mail.reason == NEVER_KNOWN:
        return range(2 + mail.sent_anew)
    if mail.state == State.ACCEPTED:
        return range(1, 2 + mail.sent_anew)
    return range(1 + mail.sent_anew)


def assert_true_of_each_mail(arrived: Iterable[Came]) -> None:
    """What is written of each is what the far end has, and it has it at the address written."""
    arrived = list(arrived)
    times, mails = Counter(came.number for came in arrived), Delivery.objects.in_bulk()
    assert times.keys() <= mails.keys()
    wrong = [
        (mail.pk, mail.state, mail.reason, times[mail.pk])
        for mail in mails.values()
        if times[mail.pk] not in times_it_may_have_come(mail)
    ]
    assert wrong == [], wrong
    elsewhere = [
        (came, mails[came.number].address)
        for came in arrived
        if mails[came.number].address not in (came.address, ERASED)
        and not mails[came.number].sent_anew
    ]
    assert elsewhere == [], elsewhere


def assert_pages_say_it(desk: Desk, arrived: Iterable[Came], chance: random.Random) -> None:
    """The page of a person, read by somebody of the staff."""
    times = Counter(came.number for came in arrived)
    people = list(Subscriber.objects.order_by("pk"))
    for reader in chance.sample(people, min(PAGES_LOOKED_AT, len(people))):
        mails = reader.deliveries.all()
        shown = desk.mails_of(reader)
        assert shown.keys() == {mail.campaign_id for mail in mails}
        for mail in mails:
            said = State(
                dict(zip(State.labels, State.values, strict=True))[shown[mail.campaign_id]]
            )
            assert said == mail.state
            assert times[mail.pk] in times_it_may_have_come(mail)
