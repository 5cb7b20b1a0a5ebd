"""Staff's pages about many people: bring them, download them, see one of them."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from newsletter.consent import Origin
from newsletter.importing import waiting
from newsletter.models import ConsentEvent, Subscriber
from newsletter.tests.factories import all_rows, let_workers_run, make_mailing, make_subscriber
from newsletter.tests.factories import staff as staff_with

pytestmark = pytest.mark.django_db

IMPORT, EXPORT = "/admin/newsletter/subscriber/import/", "/admin/newsletter/subscriber/export/"
SOURCE = {"source": "Job fair in Cork", "date": "2026-05-01"}


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.PRIVATE_ROOT = tmp_path
    return tmp_path / "imports"


@pytest.fixture
def importer() -> Client:
    return staff_with("import_subscriber", "view_subscriber")


def upload(client: Client, content: bytes, **more: str) -> HttpResponse:
    file = SimpleUploadedFile("people.csv", content)
    return client.post(IMPORT, {"file": file, **SOURCE, **more})


def press(client: Client, trial: HttpResponse, **more: str) -> HttpResponse:
    fields = {"waiting": trial.context["waiting"], **SOURCE, **more}
    return client.post(IMPORT, fields, follow=True)


# --- Bringing people ------------------------------------------------------------------------


def test_of_many_wrong_rows_the_first_are_shown_and_the_others_counted(importer: Client) -> None:
    trial = upload(importer, b"email\n" + b"x\n" * 150)
    assert len(trial.context["wrong"]) == 100
    assert "And 50 more." in trial.content.decode()


def test_a_file_is_tried_first_and_imported_by_a_button(importer: Client, folder: Path) -> None:
    make_subscriber("left@example.com", left=True)
    content = b"email\nada@example.com\nleft@example.com\nnobody\n"
    trial = upload(importer, content)
    page = trial.content.decode()
    assert "Import 1 person" in page
    assert "This does not look like an email address" in page
    assert Subscriber.objects.count() == 1
    assert [file.read_bytes() for file in folder.iterdir()] == [content]
    done = press(importer, trial)
    assert "1 person came onto the list" in done.content.decode()
    event = ConsentEvent.objects.get(kind="imported")
    assert event.source == "Job fair in Cork, agreed on 2026-05-01"
    assert event.actor == "ada"
    assert list(folder.iterdir()) == []
    assert [entry.change_message for entry in LogEntry.objects.all()] == [
        "Imported 1 person: Job fair in Cork"
    ]


def test_who_thinks_better_of_it_leaves_nothing_behind(importer: Client, folder: Path) -> None:
    trial = upload(importer, b"email\nada@example.com\n")
    press(importer, trial, cancel="yes")
    assert not Subscriber.objects.exists()
    assert list(folder.iterdir()) == []


def test_a_second_press_imports_nothing_more(importer: Client) -> None:
    trial = upload(importer, b"email\nada@example.com\n")
    press(importer, trial)
    assert "That file is gone by now" in press(importer, trial).content.decode()
    assert Subscriber.objects.count() == 1


@pytest.mark.parametrize("name", ["", "../../db", "x" * 22, "../imports/" + "x" * 22])
def test_nobody_names_another_file(importer: Client, name: str) -> None:
    response = importer.post(IMPORT, {"waiting": name, **SOURCE})
    assert "That file is gone by now" in response.content.decode()


@pytest.mark.parametrize(
    ("content", "more", "why"),
    [
        (b"name\nAda\n", {}, "No column is named as one with mail addresses"),
        (b"\0", {}, "The file is empty"),
        (b"email\nada@example.com\n", {"source": ""}, "This field is required"),
        (b"email\nada@example.com\n", {"date": ""}, "Say on which day these people agreed"),
    ],
)
def test_what_cannot_be_read_is_said_beside_it(
    importer: Client, folder: Path, content: bytes, more: dict, why: str
) -> None:
    response = upload(importer, content, **more)
    assert response.status_code == 200
    assert why in response.content.decode()
    assert not folder.exists() or list(folder.iterdir()) == []


def test_many_wrong_rows_are_shown_in_part(importer: Client) -> None:
    page = upload(importer, b"email\n" + b"nobody\n" * 150).content.decode()
    assert "And 50 more." in page
    assert "Import 0" not in page


def test_markup_in_a_file_is_shown_and_never_run(importer: Client) -> None:
    page = upload(
        importer, b"email,status\na@example.com,<script>alert(1)</script>\n", source="<b>"
    )
    assert "<script>alert" not in page.content.decode()


def test_a_file_that_nobody_imported_is_gone_after_a_day(importer: Client, folder: Path) -> None:
    trial = upload(importer, b"email\nada@example.com\n")
    let_workers_run()
    assert waiting.path_of(trial.context["waiting"])
    let_workers_run(timezone.now() + timedelta(days=1, minutes=1))
    assert waiting.path_of(trial.context["waiting"]) is None


# --- Taking the list along ------------------------------------------------------------------


def test_the_list_is_downloaded_and_that_is_written_down() -> None:
    make_subscriber("ada@example.com")
    response = staff_with("export_subscriber").post(EXPORT)
    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode())))
    assert [row["email"] for row in rows] == ["ada@example.com"]
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert "no-store" in response.headers["Cache-Control"]
    assert LogEntry.objects.get().change_message == "Downloaded the list of subscribers."


@pytest.mark.parametrize("url", [IMPORT, EXPORT])
def test_nobody_gets_there_without_the_right(client: Client, url: str) -> None:
    """Past advisories: WP Email Subscribers CVE-2019-19985, AcyMailing CVE-2026-5200."""
    make_subscriber("ada@example.com")
    before = all_rows()
    for act in (client.get, client.post):
        response = act(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")
    plain = staff_with("view_subscriber", name="plain")
    for act in (plain.get, plain.post):
        assert act(url).status_code in (403, 405)
    assert plain.post(url).status_code == 403
    assert "Import people" not in plain.get("/admin/newsletter/subscriber/").content.decode()
    after = all_rows()
    assert after["newsletter.Subscriber"] == before["newsletter.Subscriber"]
    assert after["admin.LogEntry"] == []


def test_a_form_of_another_site_does_nothing() -> None:
    staff_with("import_subscriber", "export_subscriber")
    strict = Client(enforce_csrf_checks=True)
    strict.login(username="ada", password="a long enough phrase")
    assert strict.post(EXPORT).status_code == 403
    assert upload(strict, b"email\nada@example.com\n").status_code == 403


# --- One person -----------------------------------------------------------------------------


def test_the_page_of_a_person_tells_all_that_was_agreed_and_sent() -> None:
    client = staff_with("view_subscriber", "view_consentevent", "view_delivery")
    campaign = make_mailing(title="Six lines")
    person = Subscriber.objects.get()
    person.note("asked", Origin(source="/articles/x/", actor="import"), timezone.now())
    page = client.get(reverse("admin:newsletter_subscriber_change", args=[person.pk]))
    text = page.content.decode()
    for words in ("Confirmed", "Asked to join", "/articles/x/", "by import", "Six lines"):
        assert words in text
    assert campaign.deliveries.get().get_state_display() in text
    assert person.handle not in text


def test_each_part_needs_its_right() -> None:
    make_mailing(title="Six lines")
    person = Subscriber.objects.get()
    url = reverse("admin:newsletter_subscriber_change", args=[person.pk])
    text = staff_with("view_subscriber").get(url).content.decode()
    assert "Six lines" not in text
    assert "What they agreed to" not in text
    assert staff_with(name="nobody").get(url).status_code == 403
    assert staff_with("view_subscriber", name="poster").post(url).status_code == 403
