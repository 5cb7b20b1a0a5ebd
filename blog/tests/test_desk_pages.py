"""The desk’s other pages: the list, topics, authors, what the whole site says."""

from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

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
from blog.tests.desk import HOUR, LIST, picture
from blog.tests.factories import make_article, make_author, make_image

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


def test_each_cell_of_the_list_says_what_it_is_where_no_heading_stands_above_it(
    editor: Client,
) -> None:
    make_article("Six lines", author=make_author("Maya <Lindqvist>"))

    page = BeautifulSoup(editor.get(LIST).content, "html.parser")
    cells = {cell["data-label"]: cell.text.strip() for cell in page.select("td[data-label]")}

    assert list(cells) == ["State", "Author", "Topics", "Last saved"]
    assert cells["Author"] == "Maya <Lindqvist>"
    assert page.select_one("tbody th").text == "Six lines"
    assert page.select_one("tbody td.action-checkbox input")


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
