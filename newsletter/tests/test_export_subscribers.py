"""The list as a file: whole, safe to open in a spreadsheet, and good to be read in again."""

import csv
import io
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletter.consent import Origin
from newsletter.exporting import safe_cell
from newsletter.models import Subscriber
from newsletter.tests.factories import make_subscriber

pytestmark = pytest.mark.django_db

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")', "=cmd|' /C x'!A0"]


def exported() -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("export_subscribers", stdout=out, stderr=io.StringIO())
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_everybody_is_in_it_with_their_state_and_where_they_came_from() -> None:
    ada = make_subscriber("ada@example.com")
    ada.note("asked", Origin(source="/articles/six-lines/"), timezone.now())
    make_subscriber("ben@example.com", left=True)
    make_subscriber("eve@example.com", confirmed=False)
    rows = exported()
    assert [row["email"] for row in rows] == [
        "ada@example.com",
        "ben@example.com",
        "eve@example.com",
    ]
    assert [row["status"] for row in rows] == ["confirmed", "left", "waiting for confirmation"]
    assert rows[0]["source"] == "/articles/six-lines/"
    assert rows[0]["confirmed_at"].endswith("+00:00")
    assert rows[1]["left_at"]
    assert "handle" not in rows[0]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    subscriber = make_subscriber("+ada@example.com")
    subscriber.note("asked", Origin(source=formula), timezone.now())
    row = exported()[0]
    assert row["email"] == "'+ada@example.com"
    assert row["source"] == f"'{formula}"
    assert safe_cell("ada@example.com") == "ada@example.com"


def test_what_was_exported_can_be_imported_and_brings_nobody_back(tmp_path: Path) -> None:
    make_subscriber("+ada@example.com")
    make_subscriber("left@example.com", left=True)
    make_subscriber("eve@example.com", confirmed=False)
    file = tmp_path / "list.csv"
    call_command("export_subscribers", file, stderr=io.StringIO())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Subscriber.objects.all().delete()
    call_command(
        "import_subscribers",
        file,
        *("--source", "Our old site"),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    assert list(Subscriber.objects.values_list("address", flat=True)) == ["+ada@example.com"]


def test_a_long_list_is_read_in_parts(django_assert_max_num_queries: object) -> None:
    for number in range(30):
        make_subscriber(f"reader{number}@example.com")
    with django_assert_max_num_queries(4):
        assert len(exported()) == 30


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Nothing was written"):
        call_command("export_subscribers", tmp_path / "missing" / "list.csv")
    assert list(tmp_path.iterdir()) == []
