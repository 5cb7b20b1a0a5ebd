"""Whom we must not write to: staff ask by the whole address, enter one, lift one."""

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from newsletter.models import Subscriber, Suppression
from newsletter.tests.factories import all_rows, make_subscriber, staff

pytestmark = pytest.mark.django_db

LIST, PAGE = "/admin/newsletter/suppression/", "/admin/newsletter/suppression/address/"
REASON = Suppression.Reason
LIFTABLE = [REASON.NOT_ME, REASON.SOFT_BOUNCED, REASON.BOUNCED, REASON.STAFF]


@pytest.fixture
def keeper() -> Client:
    return staff("view_suppression", "add_suppression", "delete_suppression")


def ask(client: Client, address: str = "ada@example.com", **more: str) -> HttpResponse:
    return client.post(PAGE, {"address": address, **more})


def test_an_address_is_looked_up_whole_and_in_any_spelling(keeper: Client) -> None:
    Suppression.objects.add("ada@example.com", REASON.BOUNCED)
    assert "does not exist" in ask(keeper, " ADA@Example.com ").content.decode()
    assert "Nothing here forbids" in ask(keeper, "ben@example.com").content.decode()
    assert "does not look like" in ask(keeper, "%@%").content.decode()
    assert "Look it up" in keeper.get(LIST).content.decode()


def test_staff_enter_an_address_and_it_is_never_written_to(keeper: Client) -> None:
    person = make_subscriber("ada@example.com")
    assert "never written to again" in ask(keeper, do="add").content.decode()
    assert Suppression.objects.get().reason == REASON.STAFF
    assert not Subscriber.objects.mailable().filter(pk=person.pk).exists()
    ask(keeper, do="add")
    assert Suppression.objects.count() == 1
    entry = LogEntry.objects.get()
    assert "example.com" not in entry.object_repr + entry.change_message


@pytest.mark.parametrize("reason", LIFTABLE)
def test_what_may_be_lifted_is_lifted(keeper: Client, reason: str) -> None:
    person = make_subscriber("ada@example.com")
    Suppression.objects.add("ada@example.com", reason)
    assert "lift this" in ask(keeper).content.decode()
    assert "may be written to again" in ask(keeper, do="lift").content.decode()
    assert not Suppression.objects.exists()
    assert Subscriber.objects.mailable().filter(pk=person.pk).exists()
    assert "example.com" not in LogEntry.objects.get().change_message


@pytest.mark.parametrize("reason", sorted(set(REASON) - set(LIFTABLE)))
def test_who_complained_or_was_erased_stays(keeper: Client, reason: str) -> None:
    Suppression.objects.add("ada@example.com", reason)
    page = ask(keeper).content.decode()
    assert "lift this" not in page
    assert "sign up" in page
    ask(keeper, do="lift")
    assert Suppression.objects.covers("ada@example.com")


def test_each_deed_needs_its_right(client: Client) -> None:
    Suppression.objects.add("ada@example.com", REASON.BOUNCED)
    assert ask(client).headers["Location"].startswith("/admin/login/")
    assert ask(staff(name="nobody")).status_code == 403
    viewer = staff("view_suppression", name="viewer")
    assert "lift this" not in ask(viewer).content.decode()
    before = all_rows()
    assert ask(viewer, do="lift").status_code == 403
    assert ask(viewer, "ben@example.com", do="add").status_code == 403
    assert all_rows()["newsletter.Suppression"] == before["newsletter.Suppression"]
    assert viewer.get(PAGE).status_code == 405


def test_typed_markup_is_shown_and_never_run(keeper: Client) -> None:
    assert "<script>alert" not in ask(keeper, '"><script>alert(1)</script>').content.decode()
