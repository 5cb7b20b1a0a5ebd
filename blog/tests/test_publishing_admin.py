"""An editor writes, publishes, schedules, moves and takes back, and loses nothing by it."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from blog import nudges
from blog.admin import article as article_admin
from blog.models import (
    Article,
    Author,
    CallToAction,
    FormerAddress,
    Image,
    Page,
    Publication,
    Revision,
    Topic,
)
from blog.share_picture import SharePicture
from blog.tests.desk import ADD, address, make_editor, messages_in, sheet, signed_in
from blog.tests.factories import make_article, make_author, make_image, make_topic
from careersite.tests.provider import Provider

LIST = reverse("admin:blog_article_changelist")
HOUR = timedelta(hours=1)


def typed(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def picture(name: str = "desk.png", size: tuple[int, int] = (600, 400)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Pillow.new("RGB", size, "seagreen").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue(), "image/png")


def press(client: Client, button: str, url: str = ADD, **fields: object) -> object:
    return client.post(url, sheet(**fields) | {button: "pressed"}, follow=True)


def ready_article(**fields: object) -> Article:
    return make_article(topics=[Topic.objects.first() or make_topic()], summary="Short.", **fields)


def sheet_of(article: Article, **fields: object) -> dict[str, object]:
    """The form as it comes with `article`, with some fields typed anew."""
    values = {
        "title": article.title,
        "slug": article.slug,
        "summary": article.summary,
        "body": article.body,
        "topics": [topic.pk for topic in article.topics.all()],
        "author": article.author_id,
        "goes_public_at": typed(article.published_at) if article.published_at else "",
        "sheet": str(article.uid),
    }
    return values | fields


# --- Drafts ---------------------------------------------------------------------------


def test_a_title_is_enough_for_a_draft(editor: Client) -> None:
    response = press(editor, "_save", summary="", body="", topics=[], author="")
    article = Article.objects.get()
    assert article.is_draft
    assert article.author.name == "Daniel Osei"
    assert "saved as a draft" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


def test_the_first_draft_of_somebody_new_makes_an_author_of_them(db: None) -> None:
    client = signed_in(make_editor("mira", first_name="Mira", last_name="Holt"))
    press(client, "_save", topics=[], author="")
    press(client, "_save", topics=[], author="", title="Another one")
    assert [article.author.name for article in Article.objects.all()] == ["Mira Holt"] * 2
    assert Author.objects.get().slug == "mira-holt"


@pytest.mark.parametrize("title", ["", "   ", "\n"])
def test_without_a_title_nothing_is_saved_and_nothing_is_lost(editor: Client, title: str) -> None:
    response = press(editor, "_save", title=title, summary="What I typed")
    assert response.status_code == 200
    assert not Article.objects.exists()
    assert "What I typed" in response.content.decode()
    assert response.context["adminform"].form.errors["title"]


def test_a_title_stands_on_one_line(editor: Client) -> None:
    press(editor, "_save", title="How to read\r\n a  job ad")
    assert Article.objects.get().title == "How to read a job ad"


def test_a_date_typed_for_a_draft_is_kept_and_publishes_nothing(editor: Client) -> None:
    at = timezone.now() + timedelta(days=3)
    press(editor, "_save", goes_public_at=typed(at))
    article = Article.objects.get()
    assert article.is_draft
    page = editor.get(address(article)).content.decode()
    assert typed(at) in page
    assert 'value="Schedule"' in page


# --- Publishing -----------------------------------------------------------------------


def test_published_now_it_is_on_the_site_and_the_message_leads_there(editor: Client) -> None:
    response = press(editor, "_publish")
    article = Article.objects.get()
    assert article.is_public
    assert article.get_absolute_url() in messages_in(response)
    assert "is public now" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 200
    assert LogEntry.objects.filter(change_message__contains="Public since").exists()


def test_a_broker_that_is_away_does_not_keep_an_article_back(
    editor: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable
) -> None:
    asked = []

    def refuse(name: str, **said: object) -> None:
        asked.append(name)
        raise OSError("nobody answers")

    monkeypatch.setattr(nudges.current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        response = press(editor, "_publish")
    nudges.messenger.waiting.join()
    assert asked == [settings.AFTER_PUBLISH_TASK]
    assert response.status_code == 200
    assert Article.objects.get().is_public


def test_with_a_date_to_come_it_is_scheduled(editor: Client) -> None:
    at = timezone.now() + timedelta(days=3)
    response = press(editor, "_publish", goes_public_at=typed(at))
    article = Article.objects.get()
    assert article.is_scheduled
    assert typed(article.published_at) == typed(at)
    assert "scheduled: it goes public on" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


def test_with_a_date_gone_by_it_is_public_now(editor: Client) -> None:
    press(editor, "_publish", goes_public_at=typed(timezone.now() - timedelta(days=3)))
    assert timezone.now() - Article.objects.get().published_at < HOUR


def test_what_is_missing_is_listed_and_nothing_is_lost(editor: Client) -> None:
    response = press(editor, "_publish", summary="", body="<p>&nbsp;</p>", topics=[])
    assert not Article.objects.exists()
    page = response.content.decode()
    needed = response.context["adminform"].form.non_field_errors()[0]
    assert "it needs:" in needed
    for name, words in (("summary", "a summary"), ("body", "a text"), ("topics", "a topic")):
        assert f'<a href="#id_{name}">{words}</a>' in needed
        assert response.context["adminform"].form.errors[name]
    assert "How to read a job ad" in page
    assert "a title" not in needed


def test_a_cover_without_words_is_missing_something_too(editor: Client) -> None:
    response = press(editor, "_publish", cover_file=picture())
    assert "what the cover picture shows" in response.content.decode()


def test_a_picture_survives_the_error_that_it_came_with(editor: Client) -> None:
    response = press(
        editor, "_publish", summary="", cover_file=picture(), cover_alternative_text="A desk"
    )
    image = Image.objects.get()
    assert image.url in response.content.decode()
    press(editor, "_publish", cover=image.pk, cover_alternative_text="A desk")
    assert Article.objects.get().cover == image


def test_a_public_article_cannot_lose_what_it_needs(editor: Client) -> None:
    article = ready_article()
    response = editor.post(address(article), sheet_of(article, summary="") | {"_save": "x"})
    article.refresh_from_db()
    assert response.status_code == 200
    assert article.summary == "Short."


def test_a_second_press_on_a_new_article_makes_no_second_one(editor: Client) -> None:
    paper = {"sheet": str(uuid4())}
    for _ in range(2):
        response = press(editor, "_publish", **paper)
        assert response.status_code == 200
    article = Article.objects.get()
    assert article.slug == "how-to-read-a-job-ad"
    assert article.revisions.count() == 1


def test_a_form_sent_again_from_the_history_changes_the_same_article(editor: Client) -> None:
    paper = {"sheet": str(uuid4())}
    press(editor, "_save", **paper)
    press(editor, "_save", **paper, title="Written further")
    assert Article.objects.get().title == "Written further"


def test_two_at_the_same_moment_get_addresses_of_their_own(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is saved between our look at the addresses and our save."""
    save_model, others = article_admin.ArticleAdmin.save_model, []

    def save_after_another(self: object, request: object, obj: Article, *args: object) -> None:
        if not others:
            others.append(Article.objects.bulk_create([twin_of(obj)]))
        save_model(self, request, obj, *args)

    def twin_of(article: Article) -> Article:
        return Article(title=article.title, slug=article.slug, author=article.author)

    monkeypatch.setattr(article_admin.ArticleAdmin, "save_model", save_after_another)
    assert press(editor, "_save").status_code == 200
    assert others
    assert Article.objects.count() == 1  # in one transaction the twin went with the first try


def test_a_second_press_on_publish_keeps_the_date(editor: Client) -> None:
    article = ready_article(published_at=None)
    paper = sheet_of(article) | {"_publish": "x"}
    with time_machine.travel("2026-03-01 10:00", tick=False):
        editor.post(address(article), paper)
    with time_machine.travel("2026-03-01 10:05", tick=False):
        editor.post(address(article), paper)
    article.refresh_from_db()
    assert (article.published_at.hour, article.published_at.minute) == (10, 0)


def test_a_second_press_on_schedule_does_not_publish_now(editor: Client) -> None:
    article = ready_article(published_at=None)
    at = timezone.now() + timedelta(days=3)
    for _ in range(2):
        editor.post(
            address(article), sheet_of(article, goes_public_at=typed(at)) | {"_publish": "x"}
        )
    article.refresh_from_db()
    assert article.is_scheduled
    assert typed(article.published_at) == typed(at)


# --- Afterwards -----------------------------------------------------------------------


def test_saving_a_public_article_leaves_it_public_since_the_same_second(editor: Client) -> None:
    article = ready_article()
    since = article.published_at
    response = editor.post(
        address(article), sheet_of(article, body="<p>New.</p>") | {"_save": "x"}, follow=True
    )
    article.refresh_from_db()
    assert article.body == "<p>New.</p>"
    assert article.published_at == since
    assert "saved, and public" in messages_in(response)


def test_a_scheduled_article_is_moved_published_or_taken_back(editor: Client) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=1))
    later = timezone.now() + timedelta(days=2)

    moved = sheet_of(article, goes_public_at=typed(later))
    editor.post(address(article), moved | {"_save": "x"})
    article.refresh_from_db()
    assert typed(article.published_at) == typed(later)

    editor.post(address(article), sheet_of(article) | {"_withdraw": "x"})
    article.refresh_from_db()
    assert article.is_draft

    article.publish(later)
    editor.post(address(article), sheet_of(article) | {"_publish_now": "x"})
    article.refresh_from_db()
    assert article.is_public


def test_a_scheduled_article_is_not_moved_into_the_past(editor: Client) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=1))
    paper = sheet_of(article, goes_public_at=typed(timezone.now() - HOUR))
    response = editor.post(address(article), paper | {"_save": "x"})
    assert "publish it now" in response.content.decode()
    article.refresh_from_db()
    assert article.is_scheduled


def test_a_public_article_does_not_vanish_by_a_later_date(editor: Client) -> None:
    article = ready_article()
    paper = sheet_of(article, goes_public_at=typed(timezone.now() + HOUR))
    response = editor.post(address(article), paper | {"_save": "x"})
    assert "Take it back to draft" in response.content.decode()
    article.refresh_from_db()
    assert article.is_public


def test_an_article_is_dated_back(editor: Client) -> None:
    article = ready_article()
    paper = sheet_of(article, goes_public_at="2020-02-29T08:30")
    editor.post(address(article), paper | {"_save": "x"})
    article.refresh_from_db()
    assert typed(article.published_at) == "2020-02-29T08:30"


def test_taken_back_it_is_gone_from_the_site_and_keeps_its_text(editor: Client) -> None:
    article = ready_article()
    response = press(editor, "_withdraw", address(article), **sheet_of(article, body="<p>N.</p>"))
    article.refresh_from_db()
    assert article.is_draft
    assert article.body == "<p>N.</p>"
    assert "gone from the site" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("button", ["_save", "_publish"])
def test_it_is_not_taken_down_before_it_goes_public(editor: Client, button: str) -> None:
    now = timezone.now()
    dates = {"goes_public_at": typed(now + 2 * HOUR), "expires_at": typed(now + HOUR)}
    response = press(editor, button, **dates)
    assert response.context["adminform"].form.errors["expires_at"] == [
        "This is before the article goes public."
    ]


def test_a_time_that_the_clocks_skip_is_refused_kindly(editor: Client) -> None:
    with timezone.override("Europe/Berlin"):
        response = press(editor, "_publish", goes_public_at="2027-03-28T02:30")
        assert response.context["adminform"].form.errors["goes_public_at"]
        assert "Europe/Berlin" in response.content.decode()


# --- The address ----------------------------------------------------------------------


def test_a_renamed_public_article_is_found_at_both_addresses(editor: Client) -> None:
    article = ready_article(title="First")
    for slug in ("second", "third"):
        editor.post(address(article), sheet_of(article, slug=slug) | {"_save": "x"})
        article.refresh_from_db()
    assert article.slug == "third"
    for former in ("/articles/first/", "/articles/second/"):
        response = editor.get(former)
        assert (response.status_code, response["Location"]) == (301, "/articles/third/")

    editor.post(address(article), sheet_of(article, slug="first") | {"_save": "x"})
    assert editor.get("/articles/first/").status_code == 200
    assert editor.get("/articles/third/")["Location"] == "/articles/first/"


def test_a_renamed_draft_leaves_no_trace(editor: Client) -> None:
    article = ready_article(title="First", published_at=None)
    editor.post(address(article), sheet_of(article, slug="second") | {"_save": "x"})
    assert not FormerAddress.objects.exists()


def test_the_address_never_changes_silently(editor: Client) -> None:
    article = ready_article(title="First")
    for slug in ("first", ""):
        paper = sheet_of(article, title="Quite another title", slug=slug)
        editor.post(address(article), paper | {"_save": "x"})
        article.refresh_from_db()
        assert article.slug == "first"


def test_an_emptied_address_of_a_draft_is_made_anew(editor: Client) -> None:
    article = ready_article(title="First", published_at=None)
    paper = sheet_of(article, title="Second thought", slug="")
    for _ in range(2):
        editor.post(address(article), paper | {"_save": "x"})
        article.refresh_from_db()
        assert article.slug == "second-thought"


def test_an_address_taken_twice_is_refused_kindly(editor: Client) -> None:
    make_article("First")
    response = press(editor, "_save", slug="first")
    assert "already has this address" in response.content.decode()
    assert "Read the last line first." in response.content.decode()


def test_a_title_taken_twice_gets_a_number(editor: Client) -> None:
    for _ in range(2):
        press(editor, "_save")
    assert set(Article.objects.values_list("slug", flat=True)) == {
        "how-to-read-a-job-ad",
        "how-to-read-a-job-ad-2",
    }


@pytest.mark.parametrize("slug", ["a/b", "a b", "../x", "a?b", "<b>", "x" * 200])
def test_an_address_that_is_none_is_refused(editor: Client, slug: str) -> None:
    response = press(editor, "_save", slug=slug)
    assert response.context["adminform"].form.errors["slug"]


# --- The text -------------------------------------------------------------------------


def test_a_hostile_text_is_stored_harmless(editor: Client) -> None:
    press(editor, "_save", body="<p onclick=x()>Hi<script>x()</script></p>")
    assert Article.objects.get().body == "<p>Hi</p>"


def test_a_hostile_title_is_inert_everywhere(editor: Client) -> None:
    title = "<img src=x onerror=alert(1)>{{ 7|add:7 }}"
    response = press(editor, "_publish", title=title)
    article = Article.objects.get()
    assert article.title == title
    pages = [response, editor.get(LIST), editor.get("/admin/"), editor.get(address(article))]
    pages.append(editor.get(reverse("admin:blog_article_delete", args=[article.pk])))
    pages.append(editor.get(reverse("admin:blog_article_history", args=[article.pk])))
    for page in pages:
        assert page.status_code == 200
        assert "<img src=x" not in page.content.decode()


def test_pictures_that_could_not_be_kept_are_told(editor: Client) -> None:
    body = '<p>x<img src="data:image/png;base64,AAAA"><img src="https://other.example/a.png"></p>'
    response = press(editor, "_save", body=body)
    assert "2 pictures of another site" in messages_in(response)


def test_a_picture_without_words_is_told(editor: Client) -> None:
    response = press(editor, "_save", body='<p><img src="/media/a.jpg" alt=""></p>')
    assert "without words" in messages_in(response)


def test_traces_of_the_editor_are_swept_up(editor: Client) -> None:
    body = "<p>&nbsp;</p>\n<p>So&nbsp;<strong>bold</strong>&nbsp;a 5&nbsp;km</p>\n\n<p>&nbsp;</p>\n"
    press(editor, "_save", body=body)
    assert Article.objects.get().body == "<p>So <strong>bold</strong> a 5&nbsp;km</p>"


# --- The cover ------------------------------------------------------------------------


def test_a_cover_is_stored_shown_described_anew_and_removed(editor: Client) -> None:
    press(editor, "_save", cover_file=picture(), cover_alternative_text="A desk")
    article = Article.objects.get()
    assert article.cover.alternative_text == "A desk"
    assert article.cover.url in editor.get(address(article)).content.decode()

    paper = sheet_of(article, cover=article.cover_id, cover_alternative_text="Two desks")
    editor.post(address(article), paper | {"_save": "x"})
    article.refresh_from_db()
    assert article.cover.alternative_text == "Two desks"

    editor.post(address(article), paper | {"cover_removed": "on", "_save": "x"})
    article.refresh_from_db()
    assert article.cover is None
    assert Image.objects.exists()


def test_a_file_that_is_no_picture_is_refused_and_the_rest_is_kept(editor: Client) -> None:
    svg = SimpleUploadedFile("desk.png", b"<svg onload='alert(1)'/>", "image/png")
    response = press(editor, "_save", cover_file=svg)
    assert "not a picture we can read" in response.content.decode()
    assert "Read the last line first." in response.content.decode()
    assert not Image.objects.exists()


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["_publish", "_publish_now", "_withdraw"])
def test_a_forged_press_of_a_contributor_is_refused(contributor: Client, button: str) -> None:
    assert press(contributor, button, author="").status_code == 403
    assert not Article.objects.exists()
    draft = ready_article(published_at=None)
    response = contributor.post(address(draft), sheet_of(draft) | {button: "x"})
    assert response.status_code == 403
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_contributor_writes_drafts(contributor: Client) -> None:
    at = typed(timezone.now() - HOUR)
    press(contributor, "_save", author="", goes_public_at=at, published_at=at)
    draft = Article.objects.get()
    assert draft.is_draft
    page = contributor.get(address(draft)).content.decode()
    assert 'name="_save"' in page
    assert 'name="_publish"' not in page
    paper = sheet_of(draft, title="Better") | {"_save": "x", "published_at": at}
    contributor.post(address(draft), paper)
    draft.refresh_from_db()
    assert (draft.title, draft.is_draft) == ("Better", True)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_contributor_cannot_change_what_is_or_will_be_public(
    contributor: Client, days: int
) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=days))
    page = contributor.get(address(article))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    response = contributor.post(address(article), sheet_of(article, title="No") | {"_save": "x"})
    assert response.status_code == 403
    delete = reverse("admin:blog_article_delete", args=[article.pk])
    assert contributor.post(delete, {"post": "yes"}).status_code == 403


def test_a_contributor_without_the_right_adds_no_picture(contributor: Client) -> None:
    response = press(contributor, "_save", author="", cover_file=picture())
    assert "You may not add pictures." in response.content.decode()
    assert not Image.objects.exists()


def test_a_stranger_is_asked_to_log_in(client: Client, db: None) -> None:
    article = ready_article()
    for url in (ADD, LIST, address(article)):
        assert client.get(url)["Location"].startswith("/admin/login/")
        assert client.post(url, sheet() | {"_publish": "x"})["Location"].startswith("/admin/login/")


# --- The list -------------------------------------------------------------------------


def test_the_list_says_how_each_article_stands(editor: Client) -> None:
    now = timezone.now()
    make_article("Draft one", published_at=None)
    make_article("Scheduled one", published_at=now + HOUR)
    make_article("Public one", topics=[Topic.objects.get()])
    make_article("Old one", published_at=now - 2 * HOUR, expires_at=now - HOUR)
    page = editor.get(LIST).content.decode()
    for words in ("Draft<", "Scheduled for ", "Public since ", "Taken down ", "Interviews"):
        assert words in page
    states = {"draft": "Draft", "scheduled": "Scheduled", "public": "Public", "taken-down": "Old"}
    for state, word in states.items():
        page = editor.get(LIST, {"state": state})
        assert [str(one).split()[0] for one in page.context["cl"].result_list] == [word]
    assert editor.get(LIST, {"state": "nonsense"}).status_code in (200, 302)
    found = editor.get(LIST, {"q": "scheduled"}).context["cl"].result_list
    assert [one.title for one in found] == ["Scheduled one"]


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    editor: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        make_article(f"Article {number}", topics=[Topic.objects.get()])
    with django_assert_max_num_queries(14):
        editor.get(LIST)


# --- The other pages of the desk --------------------------------------------------------


def test_topics_and_authors_are_renamed_with_a_redirect(editor: Client) -> None:
    topic = Topic.objects.get()
    author = make_author("Maya Lindqvist")
    make_article(topics=[topic], author=author)
    url = reverse("admin:blog_topic_change", args=[topic.pk])
    editor.post(url, {"name": "Interviews", "slug": "talks", "introduction": "", "position": 1})
    url = reverse("admin:blog_author_change", args=[author.pk])
    editor.post(url, {"name": "Maya", "slug": "maya", "role": "", "biography": "", "user": ""})
    assert editor.get("/topics/interviews/")["Location"] == "/topics/talks/"
    assert editor.get("/authors/maya-lindqvist/")["Location"] == "/authors/maya/"


def test_a_topic_gets_its_address_from_its_name(editor: Client) -> None:
    url = reverse("admin:blog_topic_add")
    for _ in range(2):
        editor.post(url, {"name": "Career change", "slug": "", "introduction": "", "position": 2})
    slugs = Topic.objects.filter(name="Career change").values_list("slug", flat=True)
    assert set(slugs) == {"career-change", "career-change-2"}


def test_an_author_gets_a_portrait(editor: Client) -> None:
    author = Author.objects.get()
    url = reverse("admin:blog_author_change", args=[author.pk])
    fields = {"name": "Daniel Osei", "slug": author.slug, "role": "", "biography": "", "user": ""}
    editor.post(url, fields | {"portrait_file": picture()})
    author.refresh_from_db()
    assert author.portrait.alternative_text == "Daniel Osei"
    assert author.portrait.url in editor.get(url).content.decode()


def test_there_is_one_publication_and_two_pages(editor: Client) -> None:
    response = editor.get(reverse("admin:blog_publication_changelist"), follow=True)
    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == reverse("admin:blog_publication_change", args=[1])
    page = Page.objects.get(slug="about")
    for kind, key in (("publication", 1), ("page", page.pk)):
        assert editor.get(reverse(f"admin:blog_{kind}_add")).status_code == 403
        assert editor.get(reverse(f"admin:blog_{kind}_delete", args=[key])).status_code == 403
    fields = {"title": "About us", "summary": "", "body": "<p>We.<script>x</script></p>"}
    editor.post(reverse("admin:blog_page_change", args=[page.pk]), fields)
    page.refresh_from_db()
    assert (page.title, page.body, page.slug) == ("About us", "<p>We.</p>", "about")
    assert Publication.objects.count() == 1


def test_a_call_to_action_leads_to_no_script(editor: Client) -> None:
    call = CallToAction.objects.first()
    url = reverse("admin:blog_calltoaction_change", args=[call.pk])
    fields = {"heading": "h", "text": "t", "button_label": "l", "button_url": "javascript:alert(1)"}
    assert editor.post(url, fields).status_code == 200
    assert editor.post(url, fields | {"button_url": "/resume/"}).status_code == 302


def test_a_picture_in_use_is_not_deleted_by_a_slip(editor: Client) -> None:
    used, covering, idle = make_image(), make_image(900, 500), make_image(300, 300, "Idle")
    make_article("Shows it", body=f'<p><img src="{used.url}" alt="x"></p>')
    make_article("Wears it", cover=covering)
    for image, title in ((used, "Shows it"), (covering, "Wears it")):
        url = reverse("admin:blog_image_delete", args=[image.pk])
        assert title in editor.get(url).content.decode()
        editor.post(url, {"post": "yes"})
    editor.post(reverse("admin:blog_image_delete", args=[idle.pk]), {"post": "yes"})
    assert set(Image.objects.all()) == {used, covering}


def test_pictures_in_use_are_not_deleted_by_the_dozen_either(editor: Client) -> None:
    used, idle = make_image(), make_image(300, 300, "Idle")
    article = make_article("Wears it", cover=used)
    chosen = {"action": "delete_selected", "_selected_action": [used.pk, idle.pk], "post": "yes"}
    page = editor.post(reverse("admin:blog_image_changelist"), chosen).content.decode()
    assert f'<a href="{address(article)}">Wears it</a>' in page
    assert Image.objects.count() == 2


def test_another_picture_takes_the_place_of_one_under_another_address(editor: Client) -> None:
    old, other = make_image(), make_image(300, 300, "Other")
    texts = f'<p><img src="{old.url}" alt="x" width="1600"> <img src="{other.url}" alt="y"></p>'
    article = make_article("Shows it", body=texts, cover=old, published_at=None)
    Page.objects.filter(slug="about").update(body=texts)
    author = make_author("Portrayed", portrait=old)
    url = reverse("admin:blog_image_change", args=[old.pk])
    page = editor.get(url).content.decode()
    assert f'<a href="{address(article)}">Shows it</a>' in page
    response = editor.post(url, {"picture": picture(), "alternative_text": "New"}, follow=True)
    new = Image.objects.get(alternative_text="New")
    for title in ("Shows it", "About", "Portrayed"):
        assert title in messages_in(response)
    article.refresh_from_db()
    author.refresh_from_db()
    assert (article.cover, author.portrait) == (new, new)
    for body in (article.body, Page.objects.get(slug="about").body):
        assert f'<img src="{new.url}" alt="x" width="600" height="400">' in body
        assert other.url in body
        assert old.url not in body
    assert article.revisions.first().by.username == "daniel"
    assert Image.objects.get(pk=old.pk).alternative_text == "A desk"
    assert all(default_storage.exists(name) for name in old.file_names)
    editor.post(reverse("admin:blog_image_delete", args=[old.pk]), {"post": "yes"})
    assert not Image.objects.filter(pk=old.pk).exists()


def test_the_same_file_again_replaces_nothing(editor: Client) -> None:
    image = Image.store(picture().read(), "A desk")
    fields = {"picture": picture(), "alternative_text": "A desk"}
    editor.post(reverse("admin:blog_image_change", args=[image.pk]), fields)
    assert Image.objects.get() == image


def test_what_is_no_picture_replaces_none(editor: Client) -> None:
    image = make_image()
    fields = {"picture": SimpleUploadedFile("a.png", b"<svg/>"), "alternative_text": "x"}
    page = editor.post(reverse("admin:blog_image_change", args=[image.pk]), fields)
    assert "not a picture we can read" in page.content.decode()
    assert Image.objects.get().alternative_text == "A desk"


def test_only_who_may_publish_replaces_a_picture(contributor: Client) -> None:
    rights = Permission.objects.filter(codename__in=("change_image", "view_image", "add_image"))
    User.objects.get(username="nora").user_permissions.set(rights)
    image = make_image()
    article = make_article(cover=image)
    url = reverse("admin:blog_image_change", args=[image.pk])
    assert "in its place" not in contributor.get(url).content.decode()
    contributor.post(url, {"picture": picture(), "alternative_text": "New"})
    article.refresh_from_db()
    assert article.cover == image
    assert Image.objects.count() == 1


def test_a_picture_is_added_on_its_own_page(editor: Client) -> None:
    fields = {"picture": picture(), "alternative_text": "A desk"}
    editor.post(reverse("admin:blog_image_add"), fields)
    image = Image.objects.get()
    assert image.alternative_text == "A desk"
    url = reverse("admin:blog_image_change", args=[image.pk])
    assert image.url in editor.get(url).content.decode()
    editor.post(url, {"alternative_text": "Another desk"})
    image.refresh_from_db()
    assert image.alternative_text == "Another desk"
    assert editor.get(reverse("admin:blog_image_changelist")).status_code == 200


def test_former_addresses_are_only_looked_at(editor: Client) -> None:
    FormerAddress.objects.remember("/articles/old/", article=make_article())
    url = reverse("admin:blog_formeraddress_changelist")
    assert "/articles/old/" in editor.get(url).content.decode()
    assert editor.get(reverse("admin:blog_formeraddress_add")).status_code == 403


def test_every_page_of_the_desk_opens(editor: Client) -> None:
    make_article(topics=[Topic.objects.get()], cover=make_image())
    for kind in (Article, Topic, Author, Image, Page, CallToAction):
        name = f"admin:blog_{kind._meta.model_name}"
        assert editor.get(reverse(f"{name}_changelist")).status_code == 200
        row = kind.objects.first()
        assert editor.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert editor.get("/admin/").status_code == 200
    assert not Revision.objects.exists()


def test_a_picture_of_another_server_is_not_asked_for(editor: Client, provider: Provider) -> None:
    """Ghost's CVE-2026-22597: an address in a text made the server ask there."""
    src = f"{provider.url}/secret.png"
    body = f'<p>Here</p><img src="{src}" alt="x"><figure><img src="{src}"></figure>'
    editor.post(ADD, sheet(body=body, original_url=provider.url, _publish="1"))
    article = Article.objects.get()
    article.publish()
    picture_url = SharePicture.of(article, list(article.topics.all()), Publication.current()).url
    for path in (article.get_absolute_url(), "/feed.xml", picture_url):
        assert Client().get(path).status_code == 200
    assert provider.requests == []


def test_the_zone_stands_beside_each_time_that_is_asked_for(
    editor: Client, settings: object
) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    for url in (ADD, address(ready_article())):
        assert editor.get(url).content.decode().count("Time zone: Europe/Vienna.") == 2


@pytest.mark.parametrize("typed", ["2027-03-28T02:30", "2027-10-31T02:30"])
def test_a_time_that_is_not_or_is_twice_is_asked_again(
    editor: Client, settings: object, typed: str
) -> None:
    """Clocks go forward and back in these nights."""
    settings.TIME_ZONE = "Europe/Vienna"
    with timezone.override("Europe/Vienna"):
        response = editor.post(ADD, sheet(goes_public_at=typed))
    assert "may be ambiguous or it may not exist" in response.content.decode()
    assert not Article.objects.exists()
