"""Mails at another address: when that mailbox says so, and nobody learns who is on the list."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from newsletter.consent import Origin
from newsletter.models import (
    AddressChange,
    Batch,
    Campaign,
    ConsentEvent,
    Delivery,
    Letter,
    PersonalMail,
    Subscriber,
    Suppression,
)
from newsletter.outcomes import in_doubt, later, not_now
from newsletter.tests.factories import (
    all_rows,
    at_once,
    let_workers_run,
    make_mailing,
    make_subscriber,
    send,
)
from newsletter.tests.races import at_the_same_time
from newsletter.tests.readers import link_of_change, press
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

NEW = "new@example.com"


def ask(subscriber: Subscriber, address: str = NEW) -> HttpResponse:
    return press(subscriber, "address", email=address)


def wish(subscriber: Subscriber) -> str:
    """The link in the mail to the new address."""
    ask(subscriber)
    return link_of_change(AddressChange.objects.get())


def test_the_new_mailbox_decides_and_the_former_one_is_told(
    client: Client, mailoutbox: list
) -> None:
    subscriber = make_subscriber("ada@example.com")
    ask(subscriber)
    let_workers_run()
    [question] = mailoutbox
    assert question.to == [NEW]
    assert "ada" not in question.body
    [link] = [word for word in question.body.split() if "/newsletter/address/" in word]
    path = link.removeprefix("http://127.0.0.1:8000")

    before = all_rows()
    assert "Shall our mails come here?" in client.get(path).content.decode()
    assert client.head(path).status_code == 200
    assert all_rows() == before

    for _ in range(2):
        assert "Our mails come here now" in client.post(path).content.decode()
    let_workers_run()
    subscriber.refresh_from_db()
    assert (subscriber.address, subscriber.address_key) == (NEW, NEW)
    assert [mail.to for mail in mailoutbox[1:]] == [["ada@example.com"]]
    assert NEW not in mailoutbox[1].body
    assert list(ConsentEvent.objects.values_list("kind", "detail")) == [
        ("address_asked", ""),
        ("address_changed", "from ada@example.com to new@example.com"),
    ]


def test_the_answer_is_the_same_whoever_has_the_address() -> None:
    make_subscriber("known@example.com")
    make_subscriber("pending@example.com", confirmed=False)
    make_subscriber("left@example.com", left=True)
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    subscriber = make_subscriber("ada@example.com")
    names = ("free", "known", "pending", "left", "erased", "ada")
    pages = {ask(subscriber, f"{name}@example.com").content for name in names}
    paths = {page.replace(b"ada@", b"") for page in pages}
    assert len({len(page) for page in paths}) == 1


@pytest.mark.parametrize("name", ["free", "known", "pending", "left", "erased", "ada"])
def test_nor_does_what_is_kept_or_an_earlier_link_tell_who_has_it(
    client: Client, mailoutbox: list, name: str
) -> None:
    make_subscriber("known@example.com")
    make_subscriber("pending@example.com", confirmed=False)
    make_subscriber("left@example.com", left=True)
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    subscriber = make_subscriber("ada@example.com")
    first = wish(subscriber)
    ask(subscriber, f"{name}@example.com")
    let_workers_run()
    assert client.post(first).status_code == 404
    assert AddressChange.objects.get().address == f"{name}@example.com"
    assert PersonalMail.objects.get(kind="address_change").sent_at is not None
    assert subscriber.consent_events.filter(kind="address_asked").count() == 2
    assert [mail.to[0] for mail in mailoutbox] == ["free@example.com"] * (name == "free")


def test_an_address_that_is_none_comes_back_to_be_mended() -> None:
    page = ask(make_subscriber(), "no address")
    assert page.status_code == 400
    assert "It should read like name@example.com" in page.content.decode()


def test_a_later_wish_ends_the_one_before(client: Client) -> None:
    subscriber = make_subscriber()
    first = wish(subscriber)
    ask(subscriber, "other@example.com")
    assert client.post(first).status_code == 404
    assert AddressChange.objects.get().address == "other@example.com"


def test_wishes_are_few_for_one_person_and_for_one_address(mailoutbox: list) -> None:
    subscriber = make_subscriber()
    for number in range(5):
        ask(subscriber, f"new{number}@example.com")
        let_workers_run()
    assert len(mailoutbox) == 3
    for number in range(5):
        ask(make_subscriber(f"crowd{number}@example.com"), "victim@example.com")
        let_workers_run()
    assert [mail.to for mail in mailoutbox].count(["victim@example.com"]) == 3


def test_who_got_the_address_meanwhile_keeps_it(client: Client) -> None:
    subscriber = make_subscriber("ada@example.com")
    link = wish(subscriber)
    make_subscriber(NEW)
    assert "cannot be used" in client.post(link).content.decode()
    subscriber.refresh_from_db()
    assert subscriber.address == "ada@example.com"
    assert AddressChange.objects.get().made_at is None


def test_an_address_that_must_get_no_mail_by_now_is_not_taken(client: Client) -> None:
    subscriber = make_subscriber("ada@example.com")
    link = wish(subscriber)
    Suppression.objects.add(NEW, Suppression.Reason.COMPLAINED)
    assert "cannot be used" in client.post(link).content.decode()
    subscriber.refresh_from_db()
    assert subscriber.address == "ada@example.com"


def test_a_link_goes_stale_and_serves_only_this(client: Client) -> None:
    subscriber = make_subscriber()
    ask(subscriber)
    change = AddressChange.objects.get()
    token = subscriber.token(Purpose.ADDRESS_CHANGE, timezone.now())
    bad = [link_of_change(change, timedelta(days=8)), f"/newsletter/address/{token}/"]
    bad.append(f"/newsletter/unsubscribe/{change.token(timezone.now())}/")
    subscriber.unsubscribe(Origin(), timezone.now())
    bad.append(link_of_change(change))
    assert {client.post(link).status_code for link in bad} == {404}
    subscriber.refresh_from_db()
    assert subscriber.address == "reader@example.com"


def test_mails_that_wait_go_to_the_new_address(client: Client, mailoutbox: list) -> None:
    campaign = make_mailing()
    subscriber = Subscriber.objects.get()
    link = wish(subscriber)
    [held] = Delivery.objects.claim(campaign, 1, timezone.now())
    client.post(link)
    assert not held.go(timezone.now())
    send(campaign)
    assert [mail.to for mail in mailoutbox] == [[NEW]]


@pytest.mark.parametrize("how", ["put back", "sent again", "a call put back"])
def test_what_was_on_the_wire_goes_to_the_new_address_if_it_comes_back(
    client: Client, mailoutbox: list, how: str
) -> None:
    campaign, now = make_mailing(), timezone.now()
    link = wish(Subscriber.objects.get())
    claimed = Delivery.objects.claim(campaign, 1, now)
    batch, [held] = Batch.objects.begin(campaign, claimed, now)
    client.post(link)
    match how:
        case "put back":
            held.record(later("450 Try later"), now)
        case "a call put back":
            batch.record({held: not_now("429 Too many")}, 429, now)
        case _:
            held.record(in_doubt("The connection broke."), now)
            campaign.resend_doubtful(now)
    assert Delivery.objects.get().address == NEW
    Delivery.objects.update(not_before=None)
    send(campaign)
    assert [mail.to for mail in mailoutbox] == [[NEW]]


def test_a_campaign_that_went_to_the_new_address_already_goes_there_once(client: Client) -> None:
    campaign = make_mailing(readers=2)
    ada, ben = Subscriber.objects.order_by("pk")
    link = wish(ada)
    campaign.deliveries.filter(subscriber=ben).update(address=NEW, address_key=NEW)
    client.post(link)
    assert campaign.deliveries.get(subscriber=ada).state == "skipped"


def test_a_letter_that_went_to_the_new_address_under_its_other_subject_goes_there_once(
    client: Client,
) -> None:
    campaign = make_mailing(readers=2)
    ada, ben = Subscriber.objects.order_by("pk")
    link = wish(ada)
    letter = Letter.objects.create(subject="Hello")
    other = Campaign.objects.create(kind="letter", letter=letter, created_at=timezone.now())
    campaign.deliveries.update(letter=letter)
    campaign.deliveries.filter(subscriber=ben).update(
        campaign=other, address=NEW, address_key=NEW, state="accepted"
    )
    client.post(link)
    ada.refresh_from_db()
    assert ada.address == NEW
    assert campaign.deliveries.get(subscriber=ada).state == "skipped"


def test_the_database_refuses_two_wishes_at_once() -> None:
    subscriber = make_subscriber()
    ask(subscriber)
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressChange.objects.create(
            subscriber=subscriber, address="x@example.com", asked_at=timezone.now()
        )


@at_the_same_time
def test_presses_at_one_moment_change_it_once() -> None:
    link = wish(make_subscriber())
    at_once(lambda: Client().post(link).status_code)
    assert Subscriber.objects.get().address == NEW
    assert ConsentEvent.objects.filter(kind="address_changed").count() == 1
    assert PersonalMail.objects.filter(kind="address_changed").count() == 1


@at_the_same_time
def test_two_people_who_want_one_address_do_not_both_get_it(eventually: Callable) -> None:
    people = [make_subscriber(f"reader{n}@example.com") for n in range(2)]
    for person in people:
        AddressChange.objects.ask(person, NEW, Origin(), timezone.now())
    links = iter([link_of_change(change) for change in AddressChange.objects.all()])
    at_once(lambda: Client().post(next(links)).status_code, 2)
    assert Subscriber.objects.filter(address=NEW).count() == 1
