"""The command as a whole: all or nothing, nobody mailed unasked, twice is once."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from blog.models import Article, Author, Revision, Topic
from blog.tests.factories import make_article
from blog.tests.importing import import_content, refusal, write

pytestmark = pytest.mark.django_db

DATED = "---\ntitle: {title}\ndate: 2025-01-02\n---\n{text}\n"


def test_a_folder_is_imported_whole(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "# A\n\nText.")
    write(tmp_path / "b.html", "<h1>B</h1><p>Text.")
    write(tmp_path / "c.pdf", b"%PDF")
    said = import_content(tmp_path)
    assert set(Article.objects.values_list("slug", flat=True)) == {"a", "b"}
    assert "Imported 2 articles: 2 new, 0 updated, with 0 pictures." in said


def test_one_bad_file_stops_the_whole_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.md", "---\ntitle: A\nauthor: New\ntopics: new\n---\nText.")
    write(tmp_path / "b.txt", "No title.")
    assert "b.txt has no title" in refusal(tmp_path)
    assert not Article.objects.exists()
    assert not Author.objects.exists()
    assert not Topic.objects.exists()
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "is empty"),
        ("a.md", b" \r\n\t\n", "is empty"),
        ("a.md", b"\xef\xbb\xbf", "is empty"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is no text"),
        ("a.md", bytes(range(256)) * 4, "is no text"),
        ("a.html", b"%PDF-1.7\n\x81\x8d\x8f", "is no text"),
        ("a.txt", b"PK\x03\x04\x14\x00\x06\x00", "is no text"),
        ("a.docx", b"PK\x03\x04", "Say what a.docx is: --format"),
        ("a", b"text", "Say what a is: --format"),
        ("a.md", b"x" * 6_000_000, "larger than 5 MB"),
        ("a.md", b"---\ntitle: A\n---\n", "no text"),
        ("a.html", b"<h1>A</h1><script>x</script>", "no text"),
    ],
)
def test_what_cannot_be_imported_is_named(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    said = refusal(write(tmp_path / name, content))
    assert reason in said
    assert name in said
    assert said.endswith("Nothing was imported.")
    assert not Article.objects.exists()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "nowhere.md")
    assert "No file in" in refusal(tmp_path)


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    file = write(tmp_path / "a.md", "# A\n\nText.")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "Permission denied" in refusal(file)


def test_the_format_can_be_told(tmp_path: Path) -> None:
    import_content(write(tmp_path / "a.draft", "# A\n\nText."), "--format", "markdown")
    import_content(write(tmp_path / "b.md", "# B"), "--format", "text", "--title", "B")
    assert Article.objects.get(slug="a").body == "<p>Text.</p>"
    assert Article.objects.get(slug="b").body == "<p># B</p>"


@pytest.mark.parametrize("later", ["wxr", "ghost", "zip"])
def test_formats_that_are_not_there_yet_are_not_offered(tmp_path: Path, later: str) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_content", str(tmp_path), "--format", later)


def test_one_title_for_many_files_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.txt", "Text.")
    assert "--title fits one file only" in refusal(tmp_path, "--title", "T")


def test_two_files_with_one_address_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.md", "# Same\n\nText.")
    said = refusal(tmp_path)
    assert "a.md and b.md would both become /articles/same/" in said


# --- Twice ----------------------------------------------------------------------------------


def test_the_same_file_again_updates_the_same_article(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", DATED.format(title="A", text="First."))
    import_content(file, "--publish")
    write(file, DATED.format(title="A", text="Second."))
    said = import_content(file, "--publish")
    article = Article.objects.get()
    assert article.body == "<p>Second.</p>"
    assert "0 new, 1 updated" in said
    assert [r.content["body"] for r in article.revisions.all()] == [
        "<p>Second.</p>",
        "<p>First.</p>",
    ]


def test_the_version_of_the_desk_is_kept_when_a_file_goes_over_it(tmp_path: Path) -> None:
    article = make_article("A", body="<p>Written here.</p>")
    import_content(write(tmp_path / "a.md", "# A\n\nFrom a file."))
    assert [r.content["body"] for r in article.revisions.all()] == [
        "<p>From a file.</p>",
        "<p>Written here.</p>",
    ]


def test_a_renamed_article_is_found_again(tmp_path: Path) -> None:
    article = make_article("A")
    article.rename("better")
    import_content(write(tmp_path / "a.md", "# A\n\nNew."))
    article.refresh_from_db()
    assert (article.slug, article.body) == ("better", "<p>New.</p>")
    assert Article.objects.count() == 1


def test_without_publish_what_is_public_stays_so(tmp_path: Path) -> None:
    article = make_article("A")
    since = article.published_at
    import_content(write(tmp_path / "a.md", DATED.format(title="A", text="New.")))
    article.refresh_from_db()
    assert (article.published_at, article.body) == (since, "<p>New.</p>")


def test_with_publish_the_date_of_the_file_counts(tmp_path: Path) -> None:
    article = make_article("A")
    import_content(write(tmp_path / "a.md", DATED.format(title="A", text="New.")), "--publish")
    article.refresh_from_db()
    assert f"{article.published_at:%Y-%m-%d}" == "2025-01-02"


def test_a_public_article_without_a_date_in_its_file_keeps_its_own(tmp_path: Path) -> None:
    article = make_article("A")
    since = article.published_at
    import_content(write(tmp_path / "a.md", "# A\n\nNew."), "--publish")
    article.refresh_from_db()
    assert article.published_at == since


def test_what_a_file_does_not_say_stays(tmp_path: Path) -> None:
    article = make_article("A", summary="Mine.")
    article.topics.set([Topic.objects.create(name="T", slug="t")])
    author = article.author
    Author.objects.create(name="Other", slug="other")
    import_content(write(tmp_path / "a.md", "# A\n\nNew."))
    article.refresh_from_db()
    assert (article.summary, article.author) == ("Mine.", author)
    assert article.topics.count() == 1


# --- Mail -----------------------------------------------------------------------------------


def test_nobody_is_mailed_unless_told(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", DATED.format(title="A", text="Text."))
    import_content(file, "--publish")
    assert Article.objects.get().wants_notice is False


def test_told_so_subscribers_are_mailed(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", "---\ntitle: A\ndate: now\n---\nText.")
    import_content(file, "--publish", "--notify")
    article = Article.objects.get()
    assert article.wants_notice
    assert timezone.now() - article.published_at < timedelta(minutes=1)


def test_publishing_a_draft_of_the_desk_by_a_file_mails_nobody_unless_told(
    tmp_path: Path,
) -> None:
    article = make_article("A", published_at=None)
    assert article.wants_notice
    import_content(write(tmp_path / "a.md", DATED.format(title="A", text="x")), "--publish")
    article.refresh_from_db()
    assert article.is_public
    assert article.wants_notice is False


# --- Trials ---------------------------------------------------------------------------------


def test_a_trial_writes_nothing_and_counts_the_same(tmp_path: Path) -> None:
    make_article("B", body="<p>Old.</p>")
    write(tmp_path / "a.md", "---\ntitle: A\ntopics: new\nauthor: New\n---\nText.")
    write(tmp_path / "b.md", "# B\n\nNew.")
    said = import_content(tmp_path, "--dry-run")
    assert "Would import 2 articles: 1 new, 1 updated, with 0 pictures." in said
    assert Article.objects.get().body == "<p>Old.</p>"
    assert not Topic.objects.exists()
    assert not Revision.objects.exists()
