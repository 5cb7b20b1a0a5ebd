"""Each save is kept, shown to those who may edit, and can be brought back without losing one."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, Revision
from blog.tests.desk import address, make_editor, messages_in, sheet
from blog.tests.factories import make_article, make_author, make_image, make_topic


def view_of(revision: Revision, name: str = "revision") -> str:
    return reverse(f"admin:blog_article_{name}", args=[revision.article_id, revision.pk])


def saved_twice(**fields: object) -> tuple[Article, Revision]:
    """An article with two versions, and the first of them."""
    article = make_article("First title", body="<p>First.</p>", summary="One.", **fields)
    article.topics.set([make_topic("Resumes")])
    first = article.record_revision(make_editor("mira"))
    article.title, article.body, article.summary = "Second title", "<p>Second.</p>", "Two."
    article.topics.clear()
    article.save()
    article.record_revision(None)
    return article, first


def test_each_save_is_kept_with_who_when_and_what(editor: Client) -> None:
    article = make_article(published_at=None, cover=make_image())
    for body in ("<p>One.</p>", "<p>Two.</p>"):
        editor.post(address(article), sheet(slug=article.slug, body=body) | {"_save": "x"})
    newest, older = article.revisions.all()
    assert newest.by.username == "daniel"
    assert timezone.now() - newest.created_at < timedelta(minutes=1)
    assert (newest.content["body"], older.content["body"]) == ("<p>Two.</p>", "<p>One.</p>")
    assert newest.content["topics"] == [article.topics.get().pk]
    assert newest.content["cover_id"] == article.cover_id


def test_saving_the_same_again_adds_nothing(editor: Client) -> None:
    article = make_article(published_at=None)
    for _ in range(2):
        editor.post(address(article), sheet(slug=article.slug) | {"_save": "x"})
    assert article.revisions.count() == 1


def test_the_articles_page_lists_its_versions(editor: Client) -> None:
    article, first = saved_twice()
    page = editor.get(address(article)).content.decode()
    assert view_of(first) in page
    assert "mira" in page
    assert "as it is now" in page


def test_a_version_says_what_bringing_it_back_would_change(editor: Client) -> None:
    article, first = saved_twice()
    page = editor.get(view_of(first)).content.decode()
    assert "<del>Second </del><ins>First </ins>title" in page
    assert (
        "What would change" not in editor.get(view_of(article.revisions.first())).content.decode()
    )


def test_a_version_is_shown_harmless(editor: Client) -> None:
    _, first = saved_twice()
    first.content["body"] = "<p onclick=x()>Old</p><script>steal()</script>"
    first.content["title"] = "<b>Old</b>"
    first.save()
    page = editor.get(view_of(first)).content.decode()
    assert "<p>Old</p>" in page
    assert "steal" not in page
    assert "&lt;b&gt;Old&lt;/b&gt;" in page
    assert "Resumes" in page


def test_a_version_comes_back_as_a_new_one(editor: Client) -> None:
    article, first = saved_twice()
    slug, since = article.slug, article.published_at
    response = editor.post(view_of(first, "restore"), follow=True)
    article.refresh_from_db()
    assert (article.title, article.body, article.summary) == (
        "First title",
        "<p>First.</p>",
        "One.",
    )
    assert [topic.name for topic in article.topics.all()] == ["Resumes"]
    assert (article.slug, article.published_at, article.is_public) == (slug, since, True)
    assert article.revisions.count() == 3
    assert article.revisions.first().by.username == "daniel"
    assert "The earlier version is back" in messages_in(response)


def test_a_version_comes_back_sanitised(editor: Client) -> None:
    article, first = saved_twice()
    first.content["body"] = "<p>Old<script>x()</script></p>"
    first.save()
    editor.post(view_of(first, "restore"))
    article.refresh_from_db()
    assert article.body == "<p>Old</p>"


def test_looking_brings_nothing_back(editor: Client) -> None:
    article, first = saved_twice()
    assert editor.get(view_of(first, "restore")).status_code == 405
    editor.get(view_of(first))
    article.refresh_from_db()
    assert article.title == "Second title"


def test_a_draft_stays_a_draft_and_keeps_its_mail(editor: Client) -> None:
    article, first = saved_twice(published_at=None)
    Article.objects.filter(pk=article.pk).update(wants_notice=False)
    editor.post(view_of(first, "restore"))
    article.refresh_from_db()
    assert article.is_draft
    assert article.wants_notice is False


def test_a_public_article_is_not_restored_to_an_unfinished_one(editor: Client) -> None:
    article, first = saved_twice()
    first.content["summary"] = ""
    first.save()
    response = editor.post(view_of(first, "restore"), follow=True)
    article.refresh_from_db()
    assert article.title == "Second title"
    assert "lacks something" in messages_in(response)


def test_what_is_gone_since_is_no_hindrance(editor: Client) -> None:
    cover, author = make_image(), make_author("Gone")
    article, first = saved_twice(cover=cover, author=author)
    article.author, article.cover = make_author("Here"), None
    article.save()
    cover.delete()
    author.delete()
    make_topic("Other")
    first.content["topics"].append(999_999)
    first.save()
    editor.post(view_of(first, "restore"))
    article.refresh_from_db()
    assert (article.title, article.author.name, article.cover) == ("First title", "Here", None)


def test_the_same_right_as_editing_is_asked_for(contributor: Client, client: Client) -> None:
    article, first = saved_twice()
    assert contributor.get(view_of(first)).status_code == 403
    assert contributor.post(view_of(first, "restore")).status_code == 403
    for name in ("revision", "restore"):
        assert client.post(view_of(first, name))["Location"].startswith("/admin/login/")
    article.withdraw()
    assert contributor.get(view_of(first)).status_code == 200
    contributor.post(view_of(first, "restore"))
    article.refresh_from_db()
    assert (article.title, article.is_draft) == ("First title", True)


def test_a_version_belongs_to_its_article(editor: Client) -> None:
    _, first = saved_twice()
    other = make_article("Other")
    url = reverse("admin:blog_article_restore", args=[other.pk, first.pk])
    assert editor.post(url).status_code == 404
    assert editor.get(f"/admin/blog/article/{other.pk}/versions/999999/").status_code == 404


def test_bringing_back_needs_the_forms_token(editor: Client) -> None:
    article, first = saved_twice()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make_editor("careful"))
    assert careful.post(view_of(first, "restore")).status_code == 403
    article.refresh_from_db()
    assert article.title == "Second title"
