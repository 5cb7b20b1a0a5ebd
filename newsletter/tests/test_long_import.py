"""A long list is tried and imported by a worker, in steps, and staff see how far it is."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from newsletter.consent import Origin
from newsletter.forms import importing as limits
from newsletter.importing import one_person, stepping, waiting
from newsletter.importing.stepping import import_some
from newsletter.models import ConsentEvent, ListImport, Subscriber, Suppression, SuppressionKey
from newsletter.models.list_import import LEASE
from newsletter.personal_data import erase
from newsletter.tests.factories import let_workers_run, make_subscriber, staff
from newsletter.tests.races import at_the_same_time, race

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:newsletter_subscriber_import")
PEOPLE = 25


@pytest.fixture(autouse=True)
def short_steps(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long elsewhere is 25 people here, in steps of ten."""
    settings.PRIVATE_ROOT = tmp_path
    monkeypatch.setattr("newsletter.admin.list_import.MOST_AT_ONCE_BYTES", 100)
    monkeypatch.setattr(stepping, "AT_ONCE", 10)


@pytest.fixture
def importer() -> Client:
    return staff("import_subscriber", "view_subscriber")


def upload(client: Client, *lines: str) -> HttpResponse:
    people = [f"reader{n}@example.com" for n in range(PEOPLE)]
    file = SimpleUploadedFile("people.csv", "\n".join(["email", *people, *lines]).encode())
    fields = {"file": file, "source": "Job fair in Cork", "date": "2026-01-31"}
    return client.post(UPLOAD, fields, follow=True)


def page() -> str:
    return reverse("admin:newsletter_subscriber_long_import", args=[ListImport.objects.get().pk])


def seen(client: Client) -> str:
    return client.get(page()).content.decode()


def turn(budget_s: float = 0) -> bool:
    """Of one worker; without time it ends after a step."""
    return import_some(ListImport.objects.get().pk, budget_s, timezone.now)


def tried(client: Client, *lines: str) -> ListImport:
    upload(client, *lines)
    let_workers_run()
    return ListImport.objects.get()


def stop(*_: object) -> None:
    raise OSError("The disk is full.")


def test_it_is_tried_by_a_worker_and_changes_nothing(importer: Client) -> None:
    make_subscriber("reader1@example.com", left=True)
    first = upload(importer, "no address").content.decode()
    assert "It is being tried out" in first
    assert 'http-equiv="refresh"' in first
    assert turn()
    assert "10 rows so far" in seen(importer)
    let_workers_run()
    shown = seen(importer)
    assert "Import 24 people" in shown
    assert "This does not look like an email address" in shown
    assert 'http-equiv="refresh"' not in shown
    assert Subscriber.objects.count() == 1


def test_a_press_imports_it_in_steps_and_says_how_far_it_is(importer: Client) -> None:
    tried(importer)
    importer.post(page())
    importer.post(page())  # pressed twice
    assert turn()
    assert Subscriber.objects.count() == 10
    shown = seen(importer)
    assert '<progress class="meter" max="25" value="10"' in shown
    assert "10 of 25 rows so far" in shown
    let_workers_run()
    assert Subscriber.objects.mailable().count() == PEOPLE
    assert ConsentEvent.objects.filter(kind="imported", actor="ada").count() == PEOPLE
    assert "25 people came onto the list" in seen(importer)
    assert waiting.files() == []
    said = "Began to import 25 rows: Job fair in Cork"
    assert LogEntry.objects.get().change_message == said


def test_a_step_that_fails_is_taken_back_and_done_anew(
    importer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tried(importer)
    importer.post(page())
    with monkeypatch.context() as broken, pytest.raises(OSError):
        broken.setattr(ListImport, "note_step", stop)
        turn()
    assert not Subscriber.objects.exists()
    assert not turn()  # the dead worker's lease
    ListImport.objects.update(lease_until=None)
    let_workers_run()
    work.refresh_from_db()
    assert (work.phase, work.outcome["added"], work.outcome["twice"]) == ("done", PEOPLE, 0)


def test_each_step_keeps_other_workers_away_for_longer(
    importer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tried(importer)
    importer.post(page())
    note, start = ListImport.note_step, timezone.now()
    minutes = (start + timedelta(minutes=number) for number in count())

    def stop_at_second(self: ListImport, *given: object) -> bool:
        return stop() if self.rows_done else note(self, *given)

    monkeypatch.setattr(ListImport, "note_step", stop_at_second)
    with pytest.raises(OSError, match="full"):
        import_some(work.pk, 60, lambda: next(minutes))
    assert ListImport.objects.get().lease_until == start + timedelta(minutes=1) + LEASE


def test_a_lease_of_a_clock_that_was_put_back_keeps_nobody_away(importer: Client) -> None:
    upload(importer)
    ListImport.objects.update(lease_until=timezone.now() + timedelta(hours=1))
    assert turn()


def test_no_more_wrong_rows_are_kept_than_are_shown(
    importer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "ROWS_SHOWN", 2)
    work = tried(importer, "no address", "nor this", "nor that")
    assert [row["line"] for row in work.wrong] == [PEOPLE + 2, PEOPLE + 3]
    assert work.outcome["wrong"] == 3


def test_who_is_overtaken_by_another_worker_adds_nothing(importer: Client) -> None:
    tried(importer)
    importer.post(page())
    work = ListImport.objects.get()
    assert turn()
    outcome = stepping.Outcome()
    rows = list(stepping.Rows(waiting.path_of(work.file), work.agreed_on, work.begun_at))
    with pytest.raises(stepping.Overtaken):
        stepping._step(work, rows, outcome, timezone.now())
    assert Subscriber.objects.count() == 10


def test_who_left_or_was_erased_meanwhile_does_not_come(importer: Client) -> None:
    tried(importer)
    importer.post(page())
    turn()
    Subscriber.objects.get(address="reader3@example.com").unsubscribe(Origin(), timezone.now())
    for erased in ("reader5@example.com", "reader20@example.com"):  # who came already, who did not
        Suppression.objects.add(erased, Suppression.Reason.ERASED)
        assert one_person.cut_out(erased) == 1
    let_workers_run()
    assert ListImport.objects.get().phase == "done"
    assert Subscriber.objects.mailable().count() == PEOPLE - 3


def test_who_is_erased_during_the_trial_has_nobody_told_of_twice(importer: Client) -> None:
    upload(importer, "no address", *(f"late{n}@example.com" for n in range(10)))
    assert turn() and turn() and turn()
    assert len(ListImport.objects.get().wrong) == 1
    assert one_person.cut_out("reader5@example.com") == 1
    let_workers_run()
    work = ListImport.objects.get()
    assert (work.phase, len(work.wrong), work.rows_in_all) == ("tried", 1, PEOPLE + 10)
    assert work.outcome["added"] == PEOPLE + 9


def test_who_came_before_a_row_was_cut_out_is_counted_once(importer: Client) -> None:
    make_subscriber("reader2@example.com", confirmed=False)
    tried(importer)
    importer.post(page())
    turn()
    assert one_person.cut_out("reader20@example.com") == 1
    let_workers_run()
    outcome = ListImport.objects.get().outcome
    numbers = {name: number for name, number in outcome.items() if number}
    assert numbers == {"rows": PEOPLE - 1, "added": PEOPLE - 2, "confirmed": 1}
    assert "24 people came onto the list" in seen(importer)


@at_the_same_time
def test_who_is_erased_in_the_middle_of_a_step_does_not_come(
    importer: Client, eventually: Callable
) -> None:
    SuppressionKey.objects.usable()
    tried(importer)
    importer.post(page())
    now = timezone.now()
    race(turn, lambda: erase("reader3@example.com", now), eventually)
    assert not Subscriber.objects.filter(address="reader3@example.com").exists()
    assert Subscriber.objects.count() == 9


def test_it_is_called_off_and_nothing_is_left(importer: Client) -> None:
    tried(importer)
    importer.post(page(), {"cancel": "yes"})
    assert not ListImport.objects.exists()
    assert waiting.files() == []


def test_what_is_being_imported_is_not_called_off(importer: Client) -> None:
    tried(importer)
    importer.post(page())
    answer = importer.post(page(), {"cancel": "yes"}, follow=True)
    assert "It is being imported" in answer.content.decode()
    let_workers_run()
    assert Subscriber.objects.mailable().count() == PEOPLE


def test_what_cannot_be_read_is_said(importer: Client) -> None:
    upload(importer, '"' + "x" * 140_000)
    let_workers_run()
    assert "cannot be read: field larger than field limit" in seen(importer)


def test_a_file_that_is_gone_is_said(importer: Client) -> None:
    upload(importer)
    waiting.files()[0].unlink()
    let_workers_run()
    assert stepping.GONE in seen(importer)


def test_the_longest_goes_by_command(importer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 200)
    assert "larger than 100 MB" in upload(importer).content.decode()
    assert not ListImport.objects.exists()


def test_it_is_forgotten_after_a_day(importer: Client) -> None:
    tried(importer)
    let_workers_run(timezone.now() + timedelta(days=1, minutes=1))
    assert not ListImport.objects.exists()


def test_only_those_who_may_import_see_it(importer: Client) -> None:
    upload(importer)
    for act in (staff("view_subscriber", name="eve").get, staff(name="bob").post):
        assert act(page()).status_code == 403
    assert "/admin/login/" in Client().post(page()).headers["Location"]
    assert ListImport.objects.get().phase == "trying"


def test_nothing_is_read_from_who_may_not_import(
    importer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MultiPartParser, "parse", stop)
    file = {"file": SimpleUploadedFile("people.csv", b"email")}
    assert staff("view_subscriber", name="eve").post(UPLOAD, file).status_code == 403
    assert "/admin/login/" in Client().post(UPLOAD, file).headers["Location"]
    with pytest.raises(OSError):
        importer.post(UPLOAD, file)


def test_a_file_from_another_site_is_refused() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("root"))
    assert strict.post(UPLOAD, {"source": "A fair"}).status_code == 403
