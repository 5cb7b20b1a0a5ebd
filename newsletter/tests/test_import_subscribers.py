"""People brought along from another list: who comes, who does not, and what is written down."""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter.importing import CannotImport, Import, Person, Rows, WrongRow
from newsletter.importing.reading import NO_ADDRESS_COLUMN
from newsletter.importing.table import encoding_of, rows_of, separator_of
from newsletter.models import ConsentEvent, Subscriber, Suppression
from newsletter.tests.factories import all_rows, let_workers_run, make_subscriber

pytestmark = pytest.mark.django_db

NAMED = "email\n"
SOURCE = "Sign-up sheet, job fair in Cork"


@pytest.fixture
def run(tmp_path: Path) -> object:
    """`run("email\\nada@example.com\\n")` imports it, and returns what was printed."""
    Suppression.objects.covers("nobody@example.com")  # makes the key, if there is none yet

    def run(content: str | bytes, *more: str, source: str = SOURCE, on: str = "2026-05-01") -> str:
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out, err = io.StringIO(), io.StringIO()
        day = ["--date", on] if on else []
        call_command(
            "import_subscribers", path, "--source", source, *day, *more, stdout=out, stderr=err
        )
        return out.getvalue() + err.getvalue()

    return run


def addresses() -> list[str]:
    return sorted(Subscriber.objects.mailable().values_list("address", flat=True))


# --- What is written down -------------------------------------------------------------------


def test_who_agreed_elsewhere_is_on_the_list_and_the_proof_is_kept(run: object) -> None:
    printed = run("email,name\nAda@Example.com,Ada\nben@example.com,Ben\n")
    assert "2 put on the list" in printed
    assert addresses() == ["Ada@example.com", "ben@example.com"]
    event = ConsentEvent.objects.get(subscriber__address_key="ada@example.com")
    assert event.kind == ConsentEvent.Kind.IMPORTED
    assert event.source == f"{SOURCE}, agreed on 2026-05-01"
    assert event.actor == "import_subscribers"
    assert timezone.now() - event.at < timedelta(minutes=1)


def test_nobody_is_sent_a_question_or_a_welcome(run: object) -> None:
    run("email\nada@example.com\n")
    let_workers_run()
    assert mail.outbox == []


def test_a_column_may_say_when_each_agreed(run: object) -> None:
    run("Email;Date\nada@example.com;2024-02-29T10:00:00+00:00\nben@example.com;\n")
    agreed = list(ConsentEvent.objects.order_by("subscriber_id").values_list("source", flat=True))
    assert agreed == [f"{SOURCE}, agreed on 2024-02-29", f"{SOURCE}, agreed on 2026-05-01"]


def test_a_long_source_keeps_its_date(run: object) -> None:
    run("email\nada@example.com\n", source="x" * 300)
    assert ConsentEvent.objects.get().source.endswith("xx, agreed on 2026-05-01")


# --- Who stays away -------------------------------------------------------------------------


def test_nobody_who_left_or_must_not_be_written_to_is_revived(run: object) -> None:
    make_subscriber("left@example.com", left=True)
    make_subscriber("angry@example.com", suppressed=True)
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    before = all_rows()
    printed = run("email\nLEFT@example.com\nangry@example.com\nerased@Example.com\n")
    assert "1 left us before" in printed
    assert "2 must not be written to" in printed
    assert all_rows() == before


def test_who_is_here_already_stays_as_they_are(run: object) -> None:
    make_subscriber("ada@example.com")
    before = all_rows()
    assert "1 were on the list already" in run("email\nADA@example.com\n")
    assert all_rows() == before


def test_who_asked_and_never_confirmed_has_agreed_now(run: object) -> None:
    waiting = make_subscriber("ada@example.com", confirmed=False)
    waiting.request_confirmation(timezone.now())
    assert "1 had asked before" in run("email\nada@example.com\n")
    assert addresses() == ["ada@example.com"]
    let_workers_run()
    assert mail.outbox == []


def test_who_is_off_that_list_does_not_come_along(run: object) -> None:
    printed = run("email,status\na@example.com,Subscribed\nb@example.com,Cleaned\nc@example.com,\n")
    assert addresses() == ["a@example.com", "c@example.com"]
    assert "Line 3: Not on that list any more: “Cleaned”." in printed


def test_once_is_enough_for_each(run: object) -> None:
    printed = run("email\nada@example.com\nADA@example.com\nben@example.com\n")
    assert "2 put on the list" in printed
    assert "1 stand in the file twice" in printed
    again = run("email\nada@example.com\nben@example.com\n")
    assert "2 were on the list already" in again
    assert ConsentEvent.objects.count() == 2


def test_a_second_time_in_a_later_thousand_is_seen_too(
    run: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.importing.storing.AT_ONCE", 2)
    printed = run("email\na@example.com\nb@example.com\nA@example.com\nc@example.com\n")
    assert "3 put on the list" in printed
    assert "1 stand in the file twice" in printed


def test_who_signs_up_at_this_very_moment_stays_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between our look and our insert."""
    handles = iter("ab")

    def handle_and_sign_up() -> str:
        if not Subscriber.objects.exists():
            make_subscriber("ada@example.com", confirmed=False)
        return next(handles)

    monkeypatch.setattr("newsletter.importing.storing.new_handle", handle_and_sign_up)
    addresses = ("ada@example.com", "b@x.org")
    people = [Person(line, address, date.min) for line, address in enumerate(addresses)]
    outcome = Import(SOURCE, "test", timezone.now()).run(people)
    assert (outcome.added, outcome.here) == (1, 1)
    assert Subscriber.objects.get(address="ada@example.com").confirmed_at is None
    assert ConsentEvent.objects.get().subscriber.address == "b@x.org"


# --- Wrong rows, wrong files ----------------------------------------------------------------


def test_each_wrong_row_is_named_and_the_others_come(run: object) -> None:
    printed = run(
        "email\nada@example.com\nnobody\n\na@b@c\ncr\u202e@example.com\nben@example.com\n"
    )
    assert addresses() == ["ada@example.com", "ben@example.com"]
    assert "Line 3: This does not look like an email address" in printed
    assert "Line 5:" in printed
    assert "Line 6:" in printed
    assert "3 cannot be read" in printed


def test_a_trial_says_the_same_and_changes_nothing(run: object) -> None:
    make_subscriber("left@example.com", left=True)
    content = "email\nada@example.com\nada@example.com\nleft@example.com\nx\n"
    before = all_rows()
    trial = run(content, "--dry-run")
    assert all_rows() == before
    assert "nothing was changed" in trial
    real = run(content)
    assert real.replace("Done.", "") == trial.replace("Only a trial: nothing was changed.", "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"name;phone\nAda;1\n", NO_ADDRESS_COLUMN),
        (b'email\nada@example.com\n"' + b"x" * 200_000, "Line 3"),
    ],
)
def test_a_file_that_is_no_list_changes_nothing(run: object, content: bytes, why: str) -> None:
    before = all_rows()
    with pytest.raises(CommandError, match="Nothing was imported") as raised:
        run(content)
    assert why in str(raised.value)
    assert all_rows()["newsletter.Subscriber"] == before["newsletter.Subscriber"]


def test_a_failure_in_the_middle_leaves_nothing_half_done(
    run: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.importing.storing.AT_ONCE", 1)
    with pytest.raises(CommandError):
        run(b'email\nada@example.com\nben@example.com\n"' + b"x" * 200_000)
    assert not Subscriber.objects.exists()


def test_where_and_when_they_agreed_must_be_said(run: object, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Say on which day"):
        run("email\nada@example.com\n", on="")
    with pytest.raises(CommandError, match="--source"):
        run("email\nada@example.com\n", source=" ")
    with pytest.raises(CommandError, match="--source"):
        call_command("import_subscribers", tmp_path / "x.csv")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_subscribers", tmp_path / "x.csv", "--source", SOURCE)
    assert "is still to come" in run("email\nada@example.com\n", on="2999-01-01")
    assert not Subscriber.objects.exists()


# --- What the file looks like ---------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_common_encoding_and_separator_is_understood(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "people.csv"
    lines = ["Name|E-Mail|City", "Zoë|zoe@example.com|Köln", "Ada|ada@example.com|Malmö"]
    path.write_bytes("\r\n".join(lines).replace("|", separator).encode(encoding))
    rows = list(rows_of(path))
    assert [cells for _, cells in rows][1] == ["Zoë", "zoe@example.com", "Köln"]
    people = list(Rows(path, date(2026, 5, 1), timezone.now()))
    assert [person.address for person in people] == ["zoe@example.com", "ada@example.com"]


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "E-Mail",
        "Email Address",
        "EMAIL",
        "e-mail address",
        "Subscriber",
        '"email"',
        "Mail",
    ],
)
def test_the_column_has_many_names(run: object, name: str) -> None:
    run(f"No,{name}\n1,ada@example.com\n")
    assert addresses() == ["ada@example.com"]


def test_a_file_without_names_is_understood(run: object) -> None:
    run("1;ada@example.com\n2;ben@example.com\n")
    assert addresses() == ["ada@example.com", "ben@example.com"]


def test_commas_in_quotes_and_line_breaks_in_cells_part_nothing(run: object) -> None:
    run('name,email\n"Lovelace, Ada",ada@example.com\n"Ben\nSmith",ben@example.com\n')
    assert addresses() == ["ada@example.com", "ben@example.com"]


def test_guesses_look_at_the_bytes_and_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"email\n" + b"a@example.com\n" * 10_000 + "zoë".encode("cp1252"))
    assert encoding_of(path) == "cp1252"
    assert separator_of("a;b,c;d\n1;2;3\n") == ";"
    assert separator_of("email\nada@example.com\n") == ","


def test_nothing_is_read_ahead_of_what_is_stored(tmp_path: Path) -> None:
    """Memory stays flat: a thousand rows are fetched, stored and forgotten."""
    fetched: list[int] = []
    seen: list[tuple[int, int]] = []

    def endless() -> Iterator[Person | WrongRow]:
        for line in range(3500):
            fetched.append(line)
            address = f"reader{line}@example.com"
            yield WrongRow(line, "x") if line % 2 else Person(line, address, date(2026, 5, 1))

    def note(rows: int) -> None:
        seen.append((rows, len(fetched)))

    work = Import(SOURCE, "test", timezone.now(), is_trial=True, on_progress=note)
    outcome = work.run(endless())
    assert (outcome.added, outcome.rows) == (1750, 3500)
    assert seen[0][0] == seen[0][1] < 2100
    assert not Subscriber.objects.exists()


def test_an_import_is_few_statements(tmp_path: Path, django_assert_max_num_queries: object) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"r{n}@example.com\n" for n in range(1000)))
    rows = Rows(path, date(2026, 5, 1), timezone.now())
    with django_assert_max_num_queries(16):
        Import(SOURCE, "test", timezone.now()).run(rows)


def test_a_file_that_is_no_csv_says_so(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 40)
    with pytest.raises(CannotImport):
        list(Rows(path, date(2026, 5, 1), timezone.now()))
