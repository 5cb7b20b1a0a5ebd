"""An article as people really have it: a date, paragraphs, broken characters, page furniture."""

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article
from blog.tests.importing import import_content, refusal, write

pytestmark = pytest.mark.django_db

# A look-alike of what a site's owner copied out of his pages, with what befell it on the way.
COPIED = (
    "March 4, 2025\n"
    "Two people can leave the same room with different ideas. You're sure it went well.\xa0So, "
    "what’s the difference?\n"
    'A polite talk is a start, and then\xa0promptly\xa0you ask. They think, "how kind."Â\n'
    "A useful talk has an order of its own. It’s short–and then it ends. See you there.Â\n"
    "Ask us your questions in the box at the lower left.\xa0We’re glad to help.\n"
    "Need A Resume?\n"
    "Let us help you with yours.\n"
    "Recent Posts\n"
    "Don't Forget To Sign Up For Free Email Updates"
)
PARAGRAPHS = [
    "Two people can leave the same room with different ideas. You're sure it went well. So, "
    "what’s the difference?",
    'A polite talk is a start, and then promptly you ask. They think, "how kind."',
    "A useful talk has an order of its own. It’s short–and then it ends. See you there.",
]
FURNITURE = [
    "Ask us your questions in the box at the lower left. We’re glad to help.",
    "Need A Resume?",
    "Let us help you with yours.",
    "Recent Posts",
    "Don't Forget To Sign Up For Free Email Updates",
]


def paragraphs(article: Article) -> list[str]:
    article.refresh_from_db()
    return [line.removeprefix("<p>").removesuffix("</p>") for line in article.body.split("\n")]


def taken(folder: Path, content: str | bytes, *options: str, title: str = "Two talks") -> Article:
    import_content(write(folder / "talk.txt", content), "--title", title, *options)
    return Article.objects.get()


def test_the_copied_article_is_whole_and_mended(tmp_path: Path) -> None:
    article = taken(tmp_path, COPIED, "--publish")
    assert paragraphs(article) == PARAGRAPHS + FURNITURE
    assert article.published_at == timezone.make_aware(datetime(2025, 3, 4, 12))
    assert article.title == "Two talks"
    assert article.wants_notice is False


def test_the_page_shows_it(tmp_path: Path, client: Client) -> None:
    article = taken(tmp_path, COPIED, "--publish", "--until", "Ask us")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "4 March 2025" in page
    assert "what’s the difference?" in page
    assert "Â" not in page


@pytest.mark.parametrize("until", ["Ask us", "ask us your", "ASK  US"])
def test_furniture_goes_only_when_asked_and_is_named(tmp_path: Path, until: str) -> None:
    file = write(tmp_path / "talk.txt", COPIED)
    said = import_content(file, "--title", "Two talks", "--until", until)
    assert paragraphs(Article.objects.get()) == PARAGRAPHS
    assert [line[12:] for line in said.splitlines() if line.startswith("  Left out: ")] == FURNITURE


def test_straight_quotes_find_curly_ones(tmp_path: Path) -> None:
    content = COPIED.replace("Don't Forget", "Don’t Forget")
    article = taken(tmp_path, content, "--until", "Don't forget")
    assert paragraphs(article) == PARAGRAPHS + FURNITURE[:-1]


def test_furniture_that_is_taken_is_warned_of(tmp_path: Path) -> None:
    said = import_content(write(tmp_path / "talk.txt", COPIED), "--title", "Two talks")
    assert "“Ask us your questions in the box at…” looks like" in said
    assert "--until" in said


def test_the_last_words_are_not_taken_for_furniture_in_vain(tmp_path: Path) -> None:
    said = import_content(write(tmp_path / "a.txt", "One.\n\nTwo, and good luck."), "--title", "A")
    assert "looks like" not in said


def test_an_ending_that_is_nowhere_stops_the_import(tmp_path: Path) -> None:
    file = write(tmp_path / "talk.txt", COPIED)
    said = refusal(file, "--title", "Two talks", "--until", "Nothing such")
    assert "No paragraph" in said
    assert "“Nothing such”" in said
    assert not Article.objects.exists()


def test_nothing_left_is_nothing_imported(tmp_path: Path) -> None:
    file = write(tmp_path / "talk.txt", COPIED)
    assert "no text" in refusal(file, "--title", "Two talks", "--until", "Two people")
    assert "no text" in refusal(write(tmp_path / "b.txt", "March 4, 2025\n"), "--title", "B")


# --- Dates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("July 10, 2024", (2024, 7, 10, 12, 0)),
        ("july 10 2024", (2024, 7, 10, 12, 0)),
        ("Jul 10, 2024", (2024, 7, 10, 12, 0)),
        ("Jul. 10th, 2024", (2024, 7, 10, 12, 0)),
        ("Sept. 1, 2024", (2024, 9, 1, 12, 0)),
        ("10 July 2024", (2024, 7, 10, 12, 0)),
        ("1st May 2024", (2024, 5, 1, 12, 0)),
        ("10. July 2024", (2024, 7, 10, 12, 0)),
        ("Wednesday, July 10, 2024", (2024, 7, 10, 12, 0)),
        ("Wed 10 Jul 2024", (2024, 7, 10, 12, 0)),
        ("2024-07-10", (2024, 7, 10, 12, 0)),
        ("2024/07/10", (2024, 7, 10, 12, 0)),
        ("10.07.2024", (2024, 7, 10, 12, 0)),
        ("7/24/2024", (2024, 7, 24, 12, 0)),
        ("24/7/2024", (2024, 7, 24, 12, 0)),
        ("2024-07-10 09:30", (2024, 7, 10, 9, 30)),
        ("2024-07-10T09:30:00+00:00", (2024, 7, 10, 9, 30)),
        ("July 10, 2024 at 9:05 pm", (2024, 7, 10, 21, 5)),
        ("July 10, 2024, 12:10 a.m.", (2024, 7, 10, 0, 10)),
        ("10 July 2024 18:45", (2024, 7, 10, 18, 45)),
        ("Published on July 10, 2024", (2024, 7, 10, 12, 0)),
        ("Date: 10 July 2024", (2024, 7, 10, 12, 0)),
        ("  July 10, 2024  ", (2024, 7, 10, 12, 0)),
    ],
)
def test_usual_dates_are_read(tmp_path: Path, written: str, expected: tuple[int, ...]) -> None:
    article = taken(tmp_path, f"{written}\nThe text.", "--publish")
    assert article.published_at == timezone.make_aware(datetime(*expected))
    assert paragraphs(article) == ["The text."]


@pytest.mark.parametrize(
    "first",
    ["February 30, 2024", "13/13/2024", "May I ask?", "2024", "Now", "Mar 4", "July 10, 24", "1.1"],
)
def test_what_is_no_date_stays_in_the_text(tmp_path: Path, first: str) -> None:
    article = taken(tmp_path, f"{first}\nThe text.")
    assert paragraphs(article) == [first, "The text."]


def test_a_date_that_can_be_two_is_asked_about(tmp_path: Path) -> None:
    said = refusal(write(tmp_path / "a.txt", "07/10/2024\nThe text."), "--title", "A")
    assert "two ways" in said
    assert "2024-07-10 or 2024-10-07" in said


def test_dates_are_of_the_sites_zone(tmp_path: Path) -> None:
    with timezone.override("America/New_York"):
        article = taken(tmp_path, "July 10, 2024 at 11:30 pm\nThe text.", "--publish")
    assert article.published_at.isoformat() == "2024-07-11T03:30:00+00:00"


def test_without_a_date_nothing_is_published(tmp_path: Path) -> None:
    said = refusal(write(tmp_path / "a.txt", "Only text."), "--title", "A", "--publish")
    assert "has no date" in said
    assert "date:" in said
    assert not Article.objects.exists()


def test_told_so_it_is_public_now(tmp_path: Path) -> None:
    article = taken(tmp_path, "Date: now\nThe text.", "--publish")
    assert article.is_public
    assert paragraphs(article) == ["The text."]


def test_a_date_to_come_schedules(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "2099-01-01\nThe text.")
    said = import_content(file, "--title", "A", "--publish")
    assert Article.objects.get().is_scheduled
    assert "scheduled for 2099-01-01" in said


def test_a_draft_says_what_becomes_of_its_date(tmp_path: Path) -> None:
    said = import_content(write(tmp_path / "talk.txt", COPIED), "--title", "Two talks")
    assert Article.objects.get().is_draft
    assert "Its date, 2025-03-04, counts with --publish only." in said


# --- Paragraphs and characters ------------------------------------------------------------


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_kinds_part_paragraphs(tmp_path: Path, line_end: str) -> None:
    article = taken(tmp_path, line_end.join(["One.", "Two.", "", "Three."]) + line_end)
    assert len(paragraphs(article)) in (2, 3)
    assert "\r" not in article.body


def test_lines_wrapped_by_hand_are_joined(tmp_path: Path) -> None:
    article = taken(tmp_path, "The first goes\nover two lines.\n\nThe second\ndoes too.\n")
    assert paragraphs(article) == ["The first goes over two lines.", "The second does too."]


def test_long_lines_are_paragraphs_even_beside_blank_ones(tmp_path: Path) -> None:
    long = "A long line. " * 12
    article = taken(tmp_path, f"{long}\n{long}\n\n\n{long}\n")
    assert paragraphs(article) == [long.strip()] * 3


def test_what_looks_like_markup_is_text(tmp_path: Path) -> None:
    article = taken(tmp_path, "Is 1 < 2 & <script>alert(1)</script>?\n")
    assert article.body == "<p>Is 1 &lt; 2 &amp; &lt;script&gt;alert(1)&lt;/script&gt;?</p>"


TEXT = "Vielleicht für “Zoë”, naïve – 5 €…"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found_out(tmp_path: Path, encoding: str) -> None:
    assert paragraphs(taken(tmp_path, TEXT.encode(encoding))) == [TEXT]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_also_without_a_mark(tmp_path: Path, encoding: str) -> None:
    assert paragraphs(taken(tmp_path, "Plain words. Café.".encode(encoding))) == [
        "Plain words. Café."
    ]


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("Itâ€™s fine", "It’s fine"),
        ("â€œQuotedâ€\x9d", "“Quoted”"),
        ("CafÃ© au lait", "Café au lait"),
        ("The end.Â", "The end."),
        ("One. Â Two.", "One.  Two."),
        ("said so”Â", "said so”"),
        ("so it isÂ", "so it is"),
        ("HÂ is kept", "HÂ is kept"),
        ("Âge d’or", "Âge d’or"),
        ("‘single’ “double” – — …", "‘single’ “double” – — …"),
        ("ﬁne &amp; dandy", "ﬁne &amp;amp; dandy"),
    ],
)
def test_broken_characters_are_mended_and_others_left(
    tmp_path: Path, broken: str, mended: str
) -> None:
    assert paragraphs(taken(tmp_path, broken)) == [mended]
