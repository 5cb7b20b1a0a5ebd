"""What is kept about one person comes out whole, and goes away everywhere."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from blog.tests.factories import make_article
from careersite.outbox import EmailBackend, names_newest_first, write
from enquiries.models import Question, ResumeRequest
from newsletter.consent import Origin
from newsletter.models import (
    AddressChange,
    Campaign,
    ConsentEvent,
    Delivery,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from newsletter.outcomes import Outcome
from newsletter.personal_data import NEVER_KNOWN
from newsletter.states import State
from newsletter.sweeping import sweep
from newsletter.tests.factories import all_rows, let_workers_run, make_mailing, make_subscriber

pytestmark = pytest.mark.django_db

ADA, BEN = "Ada.Lovelace@example.com", "ben@example.com"
MARK = "lovelace"


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path) -> None:
    settings.OUTBOX_DIR, settings.PRIVATE_ROOT = tmp_path / "outbox", tmp_path / "private"
    settings.EMAIL_BACKEND = f"{EmailBackend.__module__}.{EmailBackend.__qualname__}"


@pytest.fixture
def ada() -> Subscriber:
    """Somebody who has left traces everywhere, beside somebody else."""
    now = timezone.now()
    ada, _ = make_subscriber(ADA), make_subscriber(BEN)
    ada.note("asked", Origin(source="/newsletter/"), now)
    make_article("Six lines", published_at=now)
    let_workers_run()
    mail = Delivery.objects.get(subscriber=ada)
    Delivery.objects.filter(pk=mail.pk).update(reason=f"250 ok for {ADA}", provider_id="x1")
    WebhookEvent.objects.create(
        esp="mailgun", dedupe_key="1", kind="delivered", delivery=mail, at=now, received_at=now
    )
    WebhookEvent.objects.create(
        esp="mailgun", dedupe_key="2", kind="delivered", recipient=ADA, at=now, received_at=now
    )
    AddressChange.objects.ask(ada, "augusta.lovelace@example.com", Origin(), now)
    Question.objects.create(text="How?", email=ADA.lower(), sent_key="1")
    ResumeRequest.objects.create(text="Help", name="Ada", email=ADA, sent_key="2", phone="1")
    user = User.objects.create_user("editor")
    LogEntry.objects.create(user=user, object_repr=ADA, action_flag=CHANGE, change_message="x")
    return ada


def export(address: str) -> dict:
    out = io.StringIO()
    call_command("export_person", address, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def erase(address: str) -> str:
    out = io.StringIO()
    call_command("erase_person", address, stdout=out)
    return out.getvalue()


def test_the_export_has_everything_and_nobody_elses(ada: Subscriber) -> None:
    kept = export(ADA.upper().replace("@EXAMPLE.COM", "@example.com"))
    assert kept["newsletter"]["subscriber"]["address"] == ADA
    assert kept["newsletter"]["subscriber"]["status"] == "confirmed"
    assert {event["kind"] for event in kept["newsletter"]["consent"]} >= {"asked", "address_asked"}
    assert [mail["subject"] for mail in kept["newsletter"]["mails"]] == ["Six lines"]
    assert len(kept["newsletter"]["reports of the mail provider"]) == 2
    assert kept["newsletter"]["changes of address"][0]["address"] == "augusta.lovelace@example.com"
    assert kept["enquiries"]["questions"][0]["text"] == "How?"
    assert kept["enquiries"]["resume requests"][0]["phone"] == "1"
    assert len(kept["site"]["history of staff"]) == 1
    assert len(kept["site"]["mails in the outbox"]) == 1
    written = json.dumps(kept)
    assert BEN not in written
    assert ada.handle not in written  # with which links are made


def test_after_erasing_the_address_stands_nowhere(ada: Subscriber, tmp_path: Path) -> None:
    told = erase(ADA)
    rows = json.dumps(all_rows(), default=str).lower()
    assert MARK not in rows
    assert BEN in rows
    assert Delivery.objects.get(address="erased").provider_id == ""
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or MARK not in file.read_text().lower()
    assert MARK not in told.lower()
    assert not Subscriber.objects.filter(pk=ada.pk).exists()
    assert export(ADA) == {"newsletter": {"not written to": {"reason": "erased", "at": ANY_TIME}}}


class AnyTime:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.endswith("Z")


ANY_TIME = AnyTime()


def test_campaigns_keep_their_totals(ada: Subscriber) -> None:
    campaign = Campaign.objects.get()
    before = campaign.tally()
    erase(ADA)
    campaign.refresh_from_db()
    assert campaign.tally() == before
    assert sum(before.values()) == 2


def test_what_waits_is_not_sent_and_what_is_on_the_wire_is_nobodys() -> None:
    campaign = make_mailing(readers=2)
    waiting, out = campaign.deliveries.order_by("pk")
    now = timezone.now()
    erase(waiting.address)
    taken = Delivery.objects.claim(campaign, 1, now)[0]
    assert taken.pk == out.pk
    assert taken.go(now)
    erase(out.address)
    out.refresh_from_db()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.SKIPPED, "erased")
    assert (out.state, out.reason) == (State.ACCEPTED, NEVER_KNOWN)
    taken.record(Outcome(State.FAILED, f"550 no {taken.address}"), now)
    sweep(now)
    assert campaign.tally() == {State.SKIPPED: 1, State.ACCEPTED: 1}
    assert Campaign.objects.get().status == "sent"
    out.refresh_from_db()
    assert "@" not in out.address + out.address_key + out.reason + waiting.address_key


def test_a_doubt_about_somebody_who_is_erased_ends() -> None:
    """Else it would stand there for ever: nobody can be asked, and nothing can be sent again."""
    campaign = make_mailing(readers=2)
    campaign.deliveries.update(state=State.IN_DOUBT, reason="The connection broke.")
    erase("reader1@example.com")
    assert campaign.tally() == {State.IN_DOUBT: 1, State.ACCEPTED: 1}
    assert campaign.deliveries.get(address="erased").reason == NEVER_KNOWN


def test_no_import_brings_them_back_and_they_may_come_back_themselves(
    ada: Subscriber, tmp_path: Path
) -> None:
    erase(ADA)
    (tmp_path / "list.csv").write_text(f"email\n{ADA}\n")
    call_command(
        "import_subscribers",
        tmp_path / "list.csv",
        *("--source", "old list", "--date", "2026-01-01"),
        stdout=io.StringIO(),
    )
    assert not Subscriber.objects.filter(address=ADA).exists()
    assert Suppression.objects.covers(ADA)
    assert not Suppression.objects.bars_from_signing_up(ADA)
    Suppression.objects.add(ADA, Suppression.Reason.COMPLAINED)
    assert Suppression.objects.bars_from_signing_up(ADA)


def test_who_complained_stays_barred_after_being_erased() -> None:
    make_subscriber(ADA, suppressed=True)
    erase(ADA)
    assert Suppression.objects.bars_from_signing_up(ADA)


def test_an_address_that_somebody_moved_away_from_is_forgotten_too() -> None:
    ada = make_subscriber(ADA)
    change = AddressChange.objects.ask(ada, "new@example.com", Origin(), timezone.now())
    change.make(Origin(), timezone.now())
    erase(ADA)
    assert MARK not in json.dumps(all_rows(), default=str).lower()
    assert Subscriber.objects.get().address == "new@example.com"
    assert ConsentEvent.objects.filter(detail="(erased)").exists()


@pytest.mark.parametrize("address", ["lace@example.com", "ada.lovelace@example.co"])
def test_whoever_has_a_piece_of_an_address_neither_sees_nor_erases_what_is_anothers(
    ada: Subscriber, address: str
) -> None:
    moving = make_subscriber("old@example.com")
    change = AddressChange.objects.ask(moving, "new-lovelace@example.com", Origin(), timezone.now())
    change.make(Origin(), timezone.now())
    make_subscriber(address)
    assert "history of staff" not in export(address).get("site", {})
    erase(address)
    assert LogEntry.objects.filter(object_repr=ADA, change_message="x").exists()
    assert ConsentEvent.objects.filter(detail__endswith=" to new-lovelace@example.com").exists()


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "private" / "imports"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_only_the_persons_row_is_cut_out_of_a_list_that_waits(lists: Path, encoding: str) -> None:
    waiting = lists / "1.csv"
    content = f'email;name\r\nBEN@example.com;"Ben\nof Köln"\r\n{ADA.lower()};Ada\r\nc@x.org;é'
    waiting.write_bytes(content.encode(encoding))
    os.utime(waiting, (1000, 1000))
    shown = "rows of lists that wait to be imported"
    assert export(ADA)["newsletter"][shown] == [f"{ADA.lower()};Ada"]
    assert f"1 {shown}" in erase(ADA)
    rest = 'email;name\r\nBEN@example.com;"Ben\nof Köln"\r\nc@x.org;é'
    assert waiting.read_bytes() == rest.encode(encoding)
    assert waiting.stat().st_mtime == 1000  # and is forgotten no later
    assert [file.name for file in lists.iterdir()] == ["1.csv"]


def test_a_longer_address_in_a_list_or_a_mail_is_somebody_elses(lists: Path) -> None:
    others = "email\njoann@x.org\no'ann@x.org\nann@x.org.uk\nann+jobs@x.org\n"
    (lists / "1.csv").write_text(others)
    for number, address in enumerate(others.split()[1:]):
        write(f"To: {address}\nSubject: One\n\nHello {address}\n".encode())
        assert len(names_newest_first()) == number + 1
    assert export("ann@x.org") == {}
    assert "Nothing was kept" in erase("ann@x.org")
    assert (lists / "1.csv").read_text() == others
    assert len(names_newest_first()) == 4


@pytest.mark.parametrize(
    "mail",
    [
        "To: Ann <ANN@x.org>\n\nHello\n",
        "To: ben@x.org\n\nAnn's address is (ann@x.org).\n",
        "To: ben@x.org\nContent-Transfer-Encoding: quoted-printable\n\nann@x=\n.org\n",
        "To: ben@x.org\nContent-Transfer-Encoding: base64\n\nd3JpdGUgdG8gYW5uQHgub3Jn\n",
        "To: =?utf-8?q?Ann_=3Cann=40x=2Eorg=3E?= <ben@x.org>\n\nHello\n",
        "\0no mail at all, of ann@x.org",
    ],
)
def test_a_mail_in_the_outbox_goes_however_it_writes_the_address(mail: str) -> None:
    write(mail.encode())
    write(b"To: ben@x.org\n\nHello\n")
    assert "1 mails in the outbox" in erase("ann@x.org")
    assert len(names_newest_first()) == 1


def test_a_list_that_cannot_be_read_to_its_end_goes_as_a_whole(lists: Path) -> None:
    (lists / "1.csv").write_text(f'email\n{ADA}\n"' + "x" * 200_000)
    (lists / "2.csv").write_text(f'email\n{BEN}\n"' + "x" * 200_000)
    erase(ADA)
    assert [file.name for file in lists.iterdir()] == ["2.csv"]


def test_a_staff_account_is_named_and_stays() -> None:
    User.objects.create_user("ada", email=ADA)
    assert export(ADA)["site"]["staff account"] == ["ada"]
    assert "A staff account has this address" in erase(ADA)
    assert User.objects.filter(username="ada").exists()


def test_a_domain_in_another_script_is_found_in_both_its_forms(lists: Path) -> None:
    Question.objects.create(text="How?", email="ada@bücher.example", sent_key="1")
    make_subscriber("ada@xn--bcher-kva.example")
    (lists / "1.csv").write_text("email\nada@bücher.example\n")
    for typed in ("ada@bücher.example", "ada@xn--bcher-kva.example"):
        assert set(export(typed)) == {"newsletter", "enquiries"}
    erase("ada@bücher.example")
    assert (lists / "1.csv").read_text() == "email\n"
    assert not Question.objects.exists()
    assert not Subscriber.objects.exists()


def test_twice_and_of_nobody_is_fine(ada: Subscriber) -> None:
    erase(ADA)
    assert "Nothing was kept" in erase(ADA)
    assert export("nobody@example.com") == {}


@pytest.mark.parametrize("typed", ["", "ada", "%@%", "a@b\nBcc: c@d"])
def test_what_is_no_address_erases_nobody(typed: str) -> None:
    make_subscriber(ADA)
    for command in ("erase_person", "export_person"):
        with pytest.raises(CommandError):
            call_command(command, typed)
    assert Subscriber.objects.filter(suppressed_at=None).count() == 1
    assert timezone.now() - Subscriber.objects.get().created_at > timedelta(days=1)
