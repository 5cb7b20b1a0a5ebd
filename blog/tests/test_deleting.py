"""What becomes of an article's addresses when it is deleted: gone for good, or another page."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, FormerAddress
from blog.tests.desk import make_contributor, make_editor, signed_in
from blog.tests.factories import make_article, make_author, make_topic

pytestmark = pytest.mark.django_db

GONE = {"post": "yes", "fate": "gone"}


@pytest.fixture
def desk() -> Client:
    return signed_in(make_editor())


def delete(desk: Client, article: Article, **said: str) -> object:
    url = reverse("admin:blog_article_delete", args=[article.pk])
    return desk.post(url, {**GONE, **said})


def way(client: Client, address: str) -> tuple[int, str | None]:
    response = client.get(address)
    return response.status_code, response.headers.get("Location")


def test_the_editor_is_asked_what_becomes_of_the_address(desk: Client) -> None:
    article = make_article(slug="old")
    html = desk.get(reverse("admin:blog_article_delete", args=[article.pk])).content.decode()
    assert "says that the article is gone for good" in html
    assert "/articles/old/" in html
    assert Article.objects.exists()


def test_a_deleted_article_says_that_it_is_gone(client: Client, desk: Client) -> None:
    article = make_article(slug="old")
    article.rename("newer")
    permanent = article.get_permanent_url()
    assert delete(desk, article).status_code == 302

    addresses = ("/articles/newer/", "/articles/old/", "/articles/newer.md")
    for address in (*addresses, permanent):
        response = client.get(address)
        assert response.status_code == 410, address
        assert b"taken down" in response.content
        assert b"noindex" in response.content
        assert "s-maxage" in response.headers["Cache-Control"]


def test_a_deleted_article_leads_where_the_editor_said(client: Client, desk: Client) -> None:
    article, better = make_article(slug="old"), make_article(slug="better")
    article.rename("newer")
    delete(desk, article, fate="moved", leads_to="/articles/better/")
    better.rename("best")

    for slug in ("old", "newer"):
        assert way(client, f"/articles/{slug}/?a=1") == (301, "/articles/best/?a=1")
    assert way(client, "/articles/newer.md") == (301, "/articles/best.md")


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("/topics/offers/", "/topics/offers/"),
        ("/authors/maya-lindqvist/", "/authors/maya-lindqvist/"),
        ("/archive/", "/archive/"),
        ("http://127.0.0.1:8000/about/?x=1#y", "/about/"),
    ],
)
def test_it_may_be_any_page_of_the_site(
    client: Client, desk: Client, typed: str, path: str
) -> None:
    make_article("Another", topics=[make_topic("Offers")], author=make_author())
    delete(desk, make_article(slug="old"), fate="moved", leads_to=typed)
    assert way(client, "/articles/old/?q=%C3%A9") == (301, f"{path}?q=%C3%A9")


@pytest.mark.parametrize(
    "typed",
    [
        *("", "/", "nonsense", "/nothing/here/", "/articles/old/", "/articles/draft/"),
        *("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"),
        *(
            "/admin/",
            "/media/x.jpg",
            "/topics/nothing/",
            "/articles/\x00/",
            "/newsletter/confirm/%00/",
            "http://[",
            "/" * 400,
        ),
    ],
)
def test_what_is_no_page_is_asked_again(client: Client, desk: Client, typed: str) -> None:
    make_article(slug="draft", published_at=None)
    article = make_article(slug="old")
    response = delete(desk, article, fate="moved", leads_to=typed)
    if typed == "/":
        assert way(client, "/articles/old/") == (301, "/")
    else:
        assert response.status_code == 200
        assert Article.objects.filter(pk=article.pk).exists()
        assert b"errorlist" in response.content


def test_a_new_article_at_the_address_wins(client: Client, desk: Client) -> None:
    delete(desk, make_article(slug="old"))
    make_article("Anew", slug="old")
    assert way(client, "/articles/old/") == (200, None)


@pytest.mark.parametrize("published_at", [None, timezone.now() + timezone.timedelta(days=900)])
def test_what_nobody_saw_leaves_no_trace(
    client: Client, desk: Client, published_at: object
) -> None:
    delete(desk, make_article(slug="old", published_at=published_at))
    assert way(client, "/articles/old/") == (404, None)
    assert FormerAddress.objects.count() == 0


def test_what_was_taken_down_before_is_gone_as_well(client: Client, desk: Client) -> None:
    past = timezone.now() - timezone.timedelta(days=1)
    delete(desk, make_article(slug="old", expires_at=past))
    assert way(client, "/articles/old/") == (410, None)


def test_what_was_taken_back_to_draft_before_is_gone_as_well(client: Client, desk: Client) -> None:
    article = make_article(slug="old")
    article.withdraw()
    article.rename("never-public")
    permanent = article.get_permanent_url()
    assert way(client, "/articles/old/") == way(client, permanent) == (404, None)
    question = desk.get(reverse("admin:blog_article_delete", args=[article.pk]))
    assert b"Readers may have kept its address" in question.content

    delete(desk, article)

    assert way(client, "/articles/old/") == way(client, permanent) == (410, None)
    assert way(client, "/articles/never-public/") == (404, None)


def test_what_was_taken_back_and_published_again_has_no_former_address(client: Client) -> None:
    article = make_article(slug="old")
    article.withdraw()
    article.publish()
    assert way(client, "/articles/old/") == (200, None)
    assert not FormerAddress.objects.exists()


def test_several_at_once_are_all_gone(client: Client, desk: Client) -> None:
    articles = [make_article(slug=slug) for slug in ("one", "two")]
    said = {"action": "delete_selected", "_selected_action": [a.pk for a in articles], "post": "y"}
    desk.post(reverse("admin:blog_article_changelist"), said)
    assert [way(client, f"/articles/{slug}/")[0] for slug in ("one", "two")] == [410, 410]


def test_a_target_that_is_withdrawn_or_deleted_shows_nothing(client: Client, desk: Client) -> None:
    better = make_article(slug="better")
    delete(desk, make_article(slug="old"), fate="moved", leads_to="/articles/better/")
    better.withdraw()
    assert way(client, "/articles/old/") == (404, None)
    better.publish()
    delete(desk, better)
    assert way(client, "/articles/old/") == (410, None)


def test_a_topic_that_is_deleted_leaves_its_former_address_gone(client: Client) -> None:
    topic = make_topic("Offers")
    topic.rename("pay")
    topic.delete()
    assert way(client, "/topics/offers/")[0] == 410


def test_who_may_not_publish_deletes_nothing_public() -> None:
    article = make_article()
    assert delete(signed_in(make_contributor()), article).status_code == 403
    assert delete(Client(), article).status_code == 302
    assert Article.objects.filter(pk=article.pk).exists()


def test_the_database_refuses_two_ways_at_once() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FormerAddress.objects.create(path="/x/", article=make_article(), to_path="/y/")


def test_gone_costs_no_more_than_a_page(
    client: Client, django_assert_max_num_queries: Callable
) -> None:
    make_article(slug="old").remove()
    with django_assert_max_num_queries(5):
        assert client.get("/articles/old/").status_code == 410
