"""Staff's page about one person: looked up, downloaded, erased, each with its own right."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client

from careersite.personal_data import has_staff_account
from enquiries.models import Question
from newsletter.models import Subscriber, Suppression
from newsletter.tests.factories import make_subscriber, staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/person/"


@pytest.fixture(autouse=True)
def ada() -> Subscriber:
    Question.objects.create(text="How?", email="ada@example.com", sent_key="1")
    return make_subscriber("ada@example.com")


def ask(client: Client, address: str = "ada@example.com", **more: str) -> HttpResponse:
    return client.post(PAGE, {"address": address, **more}, follow=True)


def test_what_is_kept_is_shown_in_numbers() -> None:
    client = staff("export_person")
    assert "Look it up" in client.get(PAGE).content.decode()
    page = ask(client, "ADA@example.com").content.decode()
    assert "Subscriber" in page
    assert "Questions" in page
    assert "How?" not in page
    assert "Nothing." in ask(client, "ben@example.com").content.decode()
    assert "does not look like" in ask(client, "ada").content.decode()


def test_all_of_it_is_downloaded_and_the_history_names_nobody() -> None:
    response = ask(staff("export_person"), do="download")
    assert json.loads(response.content)["enquiries"]["questions"][0]["text"] == "How?"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]
    entry = LogEntry.objects.get()
    assert "ada@" not in entry.object_repr + entry.change_message


def test_a_person_is_erased_once_somebody_is_certain() -> None:
    client = staff("erase_person")
    assert "Tick the box first" in ask(client, do="erase").content.decode()
    assert Subscriber.objects.exists()
    page = ask(client, do="erase", certain="yes").content.decode()
    assert "All of it is gone: 1 subscribers" in page
    assert "ada@example.com" not in page
    assert not Subscriber.objects.exists()
    assert not Question.objects.exists()
    assert Suppression.objects.get().reason == Suppression.Reason.ERASED
    assert LogEntry.objects.get().change_message == "Erased a person."


def test_each_deed_needs_its_right(client: Client) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/admin/login/")
    assert client.post(PAGE, {"do": "erase", "certain": "yes"}).status_code == 302
    assert staff("view_subscriber", name="plain").get(PAGE).status_code == 403
    assert ask(staff("export_person", name="one"), do="erase", certain="yes").status_code == 403
    assert ask(staff("erase_person", name="two"), do="download").status_code == 403
    assert Subscriber.objects.exists()
    assert not has_staff_account("ada@example.com")


def test_a_form_of_another_site_does_nothing() -> None:
    staff("erase_person")
    strict = Client(enforce_csrf_checks=True)
    strict.login(username="ada", password="a long enough phrase")
    assert ask(strict, do="erase", certain="yes").status_code == 403
    assert Subscriber.objects.exists()
