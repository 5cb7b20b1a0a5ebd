"""Changes to a public article that wait: until they are published, readers see it as it was."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from blog.comparing import Piece, compared
from blog.models import Article, Image, Revision, Topic
from blog.picture_uses import replace_everywhere, uses_of
from blog.tests.desk import address, make_editor, messages_in, sheet
from blog.tests.factories import make_article, make_author, make_image, make_topic
from newsletter.models import Campaign
from newsletter.tests.factories import let_workers_run

SURFACES = (
    *("/", "/articles/pay/", "/articles/pay.md", "/feed.xml", "/atom.xml", "/feed.json"),
    *("/topics/interviews/", "/search/?q=raise", "/search/?q=zebra", "/archive/", "/llms.txt"),
    *("/sitemap.xml", "/sitemaps/pages.xml", "/search/suggest/?q=zebra"),
)


@pytest.fixture
def article(editor: Client) -> Article:
    article = make_article(
        "Ask for a raise",
        slug="pay",
        summary="Short.",
        body="<p>Ask on a Tuesday.</p><p>Then wait.</p>",
        topics=[Topic.objects.get()],
    )
    article.record_revision(None)
    return article


def preview_of(article: Article, deed: str = "") -> str:
    name = "admin:blog_article_preview_deed" if deed else "admin:blog_article_preview"
    return reverse(name, args=[article.pk, *([deed] if deed else [])])


def paper(article: Article, **fields: object) -> dict[str, object]:
    same = {"title": article.title, "slug": article.slug, "summary": article.summary}
    at = timezone.localtime(article.published_at).strftime("%Y-%m-%dT%H:%M")
    return sheet(**{**same, "body": article.body, "goes_public_at": at, **fields})


def press(editor: Client, article: Article, button: str = "_keep_back", **fields: object) -> object:
    return editor.post(address(article), paper(article, **fields) | {button: "x"}, follow=True)


CHANGED = {"title": "Ask like a zebra", "body": "<p>Ask on a Monday.</p><p>Then wait.</p>"}


def test_readers_feeds_and_shared_links_stay_as_they_are(
    editor: Client, article: Article, client: Client
) -> None:
    before = [client.get(surface) for surface in SURFACES]

    response = press(editor, article, **CHANGED, topics=[make_topic("Offers").pk])

    assert "Readers go on seeing it as it was" in messages_in(response)
    for surface, old in zip(SURFACES, before, strict=True):
        new = client.get(surface)
        assert new.content == old.content, surface
        assert new.get("Last-Modified") == old.get("Last-Modified"), surface


def test_the_editor_goes_on_with_the_changes_and_sees_that_they_wait(
    editor: Client, article: Article
) -> None:
    offers = make_topic("Offers")
    cover = make_image()
    press(editor, article, **CHANGED, topics=[offers.pk], cover=cover.pk)

    page = editor.get(address(article))

    form = page.context["adminform"].form
    assert form["title"].value() == "Ask like a zebra"
    assert (form["topics"].value(), form["cover"].value()) == ([offers.pk], cover.pk)
    html = page.content.decode()
    assert "Ask on a Monday." in html
    assert "are not public yet" in html
    assert 'value="Publish changes"' in html
    assert "Ask for a raise" in Client().get("/articles/pay/").content.decode()
    listed = editor.get(reverse("admin:blog_article_changelist"), {"state": "changes"})
    assert list(listed.context["cl"].result_list) == [article]
    assert "changes wait" in listed.content.decode()


def test_published_they_are_the_article_and_nobody_is_mailed_again(
    editor: Client, article: Article, client: Client
) -> None:
    let_workers_run()
    campaigns, since = Campaign.objects.count(), article.published_at
    press(editor, article, **CHANGED)

    press(editor, article, "_save", **CHANGED)

    article.refresh_from_db()
    assert (article.title, article.published_at) == ("Ask like a zebra", since)
    assert article.unpublished_changes is None
    assert article.revised_at is not None
    assert "Ask on a Monday." in client.get("/articles/pay/").content.decode()
    let_workers_run()
    assert Campaign.objects.count() == campaigns == 1
    assert [one.kept_back for one in article.revisions.all()] == [False, True, False]


def test_discarded_they_stay_among_the_earlier_versions(editor: Client, article: Article) -> None:
    press(editor, article, **CHANGED)
    changes = article.unpublished_changes

    editor.post(preview_of(article, "discard"))

    article.refresh_from_db()
    assert article.unpublished_changes is None
    assert (article.title, article.revised_at) == ("Ask for a raise", None)
    assert article.revisions.first().content["title"] == "Ask for a raise"
    assert article.revisions.contains(changes)
    html = editor.get(address(article)).content.decode()
    assert "are not public yet" not in html
    assert "not published" in html  # in the list of versions


def test_enter_never_publishes(editor: Client, article: Article) -> None:
    """A browser presses the first button of a form then."""
    button = re.compile(r'<input type="submit" name="(_\w+)"')
    assert button.findall(editor.get(address(article)).content.decode())[:2] == [
        *("_keep_back", "_save")
    ]
    article.withdraw()
    assert button.findall(editor.get(address(article)).content.decode())[0] == "_save"


def test_they_are_compared_word_by_word(editor: Client, article: Article) -> None:
    offers, maya = make_topic("Offers"), make_author("Maya Lindqvist")
    press(editor, article, **CHANGED, topics=[offers.pk], author=maya.pk)

    html = editor.get(preview_of(article)).content.decode()

    assert "<del>for </del><ins>like </ins>a <del>raise</del><ins>zebra</ins>" in html
    assert "on a <del>Tuesday.</del><ins>Monday.</ins>" in html
    assert "Then wait." not in html
    assert "<del>Interviews</del> <ins>Offers</ins>" in html
    assert "<del>Daniel Osei</del> <ins>Maya Lindqvist</ins>" in html


def test_a_word_at_the_end_is_one_change() -> None:
    assert compared("One two.\nSame", "One two. Three\nSame") == [
        [Piece("same", "One two. "), Piece("new", "Three")]
    ]


def test_a_change_of_form_alone_is_said(editor: Client, article: Article) -> None:
    press(editor, article, body="<p>Ask on a <strong>Tuesday</strong>.</p><p>Then wait.</p>")
    assert "The words of the text are the same." in editor.get(preview_of(article)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "elsewhere"),
        ("expires_at", "2999-01-01T10:00"),
        ("goes_public_at", "2020-01-01T10:00"),
        ("wants_notice", None),
    ],
)
def test_what_counts_at_once_is_not_kept_back(
    editor: Client, article: Article, field: str, value: object
) -> None:
    response = press(editor, article, **{**CHANGED, field: value})

    assert "This counts at once." in response.content.decode()
    assert "Ask on a Monday." in response.content.decode()
    assert article.unpublished_changes is None
    assert Article.objects.get().slug == "pay"


def test_an_end_that_nobody_touched_is_no_hindrance(editor: Client, article: Article) -> None:
    """Its field shows no seconds."""
    end = timezone.now().replace(second=7) + timedelta(days=9)
    Article.objects.update(expires_at=end)
    typed = timezone.localtime(end).strftime("%Y-%m-%dT%H:%M")
    press(editor, article, **CHANGED, expires_at=typed)
    assert article.unpublished_changes.content["title"] == "Ask like a zebra"
    assert Article.objects.get().expires_at == end


def test_words_for_the_cover_that_readers_see_are_not_kept_back(
    editor: Client, article: Article
) -> None:
    Article.objects.update(cover=make_image())
    fields = {"cover": article.cover_id or Image.objects.get().pk}

    response = press(editor, article, **fields, cover_alternative_text="Two desks")

    assert "This counts at once." in response.content.decode()
    assert Image.objects.get().alternative_text == "A desk"


def test_a_new_cover_waits_with_its_words(editor: Client, article: Article) -> None:
    new = make_image(800, 450, alternative_text="")
    press(editor, article, cover=new.pk, cover_alternative_text="Two desks")
    article.refresh_from_db()
    new.refresh_from_db()
    assert article.cover is None
    assert article.unpublished_changes.content["cover_id"] == new.pk
    assert new.alternative_text == "Two desks"


def test_unfinished_changes_may_wait_and_are_not_published(
    editor: Client, article: Article
) -> None:
    press(editor, article, summary="")
    assert article.unpublished_changes.content["summary"] == ""

    response = press(editor, article, "_save", summary="")

    assert "It needs a summary." in response.content.decode()
    article.refresh_from_db()
    assert article.summary == "Short."


def test_the_same_again_adds_nothing(editor: Client, article: Article) -> None:
    for _ in range(2):
        press(editor, article, **CHANGED)
    assert Revision.objects.count() == 2


def test_taken_back_to_draft_the_article_reads_as_the_changes(
    editor: Client, article: Article
) -> None:
    press(editor, article, **CHANGED)
    press(editor, article, "_withdraw", **CHANGED)
    article.refresh_from_db()
    assert (article.title, article.is_draft) == ("Ask like a zebra", True)
    assert article.unpublished_changes is None


@pytest.mark.parametrize("ahead", [None, timedelta(days=1)])
def test_what_is_not_public_is_saved_as_always(
    editor: Client, article: Article, ahead: timedelta | None
) -> None:
    """Somebody may have taken it back since the page was opened."""
    fields = paper(article, **CHANGED, goes_public_at="") | {"_keep_back": "x"}
    Article.objects.update(published_at=ahead and timezone.now() + ahead)
    editor.post(address(article), fields)
    article.refresh_from_db()
    assert article.title == "Ask like a zebra"
    assert article.unpublished_changes is None


def test_a_version_comes_back_as_changes_that_wait(editor: Client, article: Article) -> None:
    press(editor, article, "_save", **CHANGED)
    first = article.revisions.last()
    url = reverse("admin:blog_article_restore", args=[article.pk, first.pk])
    page = editor.get(url.removesuffix("restore/")).content.decode()
    assert "Bring it back as draft changes" in page

    editor.post(url, {"keep_back": "yes"})

    article.refresh_from_db()
    assert article.title == "Ask like a zebra"
    assert article.unpublished_changes.content["title"] == "Ask for a raise"

    editor.post(url)
    article.refresh_from_db()
    assert (article.title, article.unpublished_changes) == ("Ask for a raise", None)


def test_a_version_of_a_draft_has_nothing_to_wait_for(editor: Client, article: Article) -> None:
    """Somebody may have taken the article back since the page was opened."""
    press(editor, article, "_withdraw", **CHANGED)
    first = article.revisions.last()
    url = reverse("admin:blog_article_restore", args=[article.pk, first.pk])

    editor.post(url, {"keep_back": "yes"})

    article.refresh_from_db()
    assert (article.title, article.unpublished_changes) == ("Ask for a raise", None)


def test_another_picture_comes_into_them_too_and_they_wait(
    editor: Client, article: Article
) -> None:
    old, new = make_image(), make_image(800, 450, "Another")
    with_old = f'<p><img src="{old.url}" alt="x"></p>'
    press(editor, article, title="Soon", cover=old.pk, body=with_old)
    assert uses_of(old) == [article]
    Article.objects.update(body=with_old)

    replace_everywhere(old, new, make_editor("mira"))

    article.refresh_from_db()
    changes = article.unpublished_changes.content
    assert (changes["title"], changes["cover_id"]) == ("Soon", new.pk)
    assert new.url in changes["body"]
    assert (article.title, article.cover) == ("Ask for a raise", None)
    assert new.url in article.body


def test_where_a_picture_is_shown_takes_as_many_queries_however_much_waits(
    editor: Client, article: Article, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    picture = make_image()
    others = [make_article(f"Number {n}") for n in range(3)]
    for one in (article, *others):
        press(editor, one, cover=picture.pk)
    discarded = others.pop()
    discarded.discard_changes(None)
    with django_assert_max_num_queries(4):
        assert {one.pk for one in uses_of(picture)} == {one.pk for one in (article, *others)}


def test_an_import_leaves_them_waiting(editor: Client, article: Article, tmp_path: Path) -> None:
    press(editor, article, **CHANGED)
    file = tmp_path / "pay.md"
    file.write_text("---\ntitle: Ask for a raise\nslug: pay\n---\nFrom a file.\n")

    call_command("import_content", str(file))

    article.refresh_from_db()
    assert "From a file." in article.body
    assert article.unpublished_changes.content["title"] == "Ask like a zebra"


def test_who_may_not_edit_neither_keeps_back_nor_sees(
    contributor: Client, django_assert_num_queries: Callable
) -> None:
    article = make_article("Ask for a raise", slug="pay", topics=[Topic.objects.get()])
    article.keep_back({**article.content([]), "title": "Secret"}, None)

    assert press(contributor, article, **CHANGED).status_code == 403
    assert "Secret" not in contributor.get(address(article)).content.decode()
    assert contributor.get(preview_of(article)).status_code == 403
    for deed in ("make", "revoke", "discard"):
        assert contributor.post(preview_of(article, deed)).status_code == 403
    assert article.unpublished_changes.content["title"] == "Secret"


def test_looking_discards_nothing_and_the_deed_is_written_down(
    editor: Client, article: Article
) -> None:
    press(editor, article, **CHANGED)
    assert editor.get(preview_of(article, "discard")).status_code == 405
    assert editor.post(preview_of(article, "nonsense")).status_code == 404
    assert article.unpublished_changes is not None
    editor.post(preview_of(article, "discard"))
    said = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "Saved changes without publishing them" in said
    assert "Discarded the changes" in said
