"""Former addresses, other forms of an address, and what is at no address at all."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from blog.models import FormerAddress
from blog.tests.factories import make_article, make_articles, make_author, make_topic
from blog.views.errors import not_found

pytestmark = pytest.mark.django_db


def way(client: Client, address: str) -> tuple[int, str | None]:
    response = client.get(address)
    return response.status_code, response.headers.get("Location")


def test_a_renamed_article_is_found_at_its_old_address(client: Client) -> None:
    make_article(slug="old").rename("new")

    assert way(client, "/articles/old/?a=1&b=%C3%A9") == (301, "/articles/new/?a=1&b=%C3%A9")


def test_a_renamed_article_takes_its_copy_along(client: Client) -> None:
    make_article(slug="old").rename("new")

    assert way(client, "/articles/old.md?a=1") == (301, "/articles/new.md?a=1")


def test_two_renames_make_no_chain(client: Client) -> None:
    article = make_article(slug="first")
    article.rename("second")
    article.rename("third")

    assert way(client, "/articles/first/") == (301, "/articles/third/")
    assert way(client, "/articles/second/") == (301, "/articles/third/")


def test_renaming_back_makes_no_loop(client: Client) -> None:
    article = make_article(slug="first")
    article.rename("second")
    article.rename("first")

    assert way(client, "/articles/first/") == (200, None)
    assert way(client, "/articles/second/") == (301, "/articles/first/")


def test_an_address_in_use_again_is_no_former_one() -> None:
    for thing in (make_article(slug="first"), make_topic("First"), make_author("First")):
        thing.rename("second")
        thing.rename("first")
        assert FormerAddress.objects.at(thing.get_absolute_url()) is None


def test_browsers_do_not_keep_a_redirect_for_ever(client: Client) -> None:
    make_article(slug="old").rename("new")

    assert "max-age=0" in client.get("/articles/old/").headers["Cache-Control"]


def test_a_live_article_wins_over_a_former_address(client: Client) -> None:
    make_article(slug="best-of").rename("best-of-2025")
    make_article("The new one", slug="best-of")

    assert way(client, "/articles/best-of/") == (200, None)


def test_renaming_a_draft_leaves_no_former_address(client: Client) -> None:
    make_article(slug="old", published_at=None).rename("new")

    assert FormerAddress.objects.count() == 0
    assert way(client, "/articles/old/") == (404, None)


def test_a_former_address_does_not_lead_to_what_is_not_public(client: Client) -> None:
    article = make_article(slug="old", topics=[make_topic("Offers")])
    article.rename("new")
    article.topics.get().rename("pay")
    article.author.rename("maya")

    article.withdraw()

    assert way(client, "/articles/old/") == (404, None)
    assert way(client, "/topics/offers/") == (404, None)
    assert way(client, "/authors/maya-lindqvist/") == (404, None)


def test_an_old_address_in_another_script_leads_on_too(client: Client) -> None:
    make_article(slug="зарплата-" * 11).rename("pay")

    assert way(client, f"/articles/{'зарплата-' * 11}/") == (301, "/articles/pay/")


def test_a_renamed_topic_takes_its_pages_and_its_feed_along(client: Client) -> None:
    topic = make_topic("Offers")
    make_articles(13, topics=[topic])

    topic.rename("pay")

    assert way(client, "/topics/offers/") == (301, "/topics/pay/")
    assert way(client, "/topics/offers/page/2/?a=b") == (301, "/topics/pay/page/2/?a=b")
    assert way(client, "/topics/offers/feed.xml") == (301, "/topics/pay/feed.xml")


def test_a_renamed_author_takes_the_pages_along(client: Client) -> None:
    author = make_author("Maya Lindqvist")
    make_articles(13, author=author)

    author.rename("maya")

    assert way(client, "/authors/maya-lindqvist/") == (301, "/authors/maya/")
    assert way(client, "/authors/maya-lindqvist/page/2/") == (301, "/authors/maya/page/2/")
    assert way(client, "/authors/maya-lindqvist/feed.xml") == (301, "/authors/maya/feed.xml")


def test_any_old_path_can_be_a_former_address(client: Client) -> None:
    FormerAddress.objects.remember("/2014/05/hello.html", article=make_article(slug="hello"))

    assert way(client, "/2014/05/hello.html") == (301, "/articles/hello/")


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("/articles/hello", "/articles/hello/"),
        ("/articles/hello?a=b&c", "/articles/hello/?a=b&c"),
        ("/archive", "/archive/"),
        ("/search?q=a%20b", "/search/?q=a%20b"),
        ("/admin", "/admin/"),
        ("/articles/cafe%CC%81/", "/articles/caf%C3%A9/"),
        ("/topics/offers/page/1", "/topics/offers/"),
    ],
)
def test_another_form_of_an_address_leads_to_the_right_one_at_once(
    client: Client, written: str, right: str
) -> None:
    assert way(client, written) == (301, right)


@pytest.mark.parametrize(
    "address",
    ["//evil.example/page/1/", "//evil.example", "//evil.example/archive", "/nothing", "/%5cevil"],
)
def test_nothing_leads_to_another_site(client: Client, address: str) -> None:
    response = client.get("/", PATH_INFO=address)

    assert response.status_code == 404


@pytest.mark.parametrize("debug", [True, False])
def test_a_post_without_the_slash_is_told_so_and_breaks_nothing(
    client: Client, settings: object, debug: bool
) -> None:
    settings.DEBUG = debug

    assert client.post("/newsletter/subscribe", {"email": "a@b.example"}).status_code == 404


@pytest.mark.parametrize("debug", [True, False])
def test_the_404_page_helps_on(client: Client, settings: object, debug: bool) -> None:
    settings.DEBUG = debug
    make_article("Something to read instead")

    for address in ("/nothing-here/", "/articles/nothing-here/"):
        response = client.get(address)
        html = response.content.decode()
        assert response.status_code == 404
        assert 'action="/search/"' in html
        assert "Something to read instead" in html
        assert 'name="robots" content="noindex' in html
        assert "canonical" not in html


@pytest.mark.parametrize("debug", [True, False])
def test_former_addresses_work_on_a_developers_machine_too(
    client: Client, settings: object, debug: bool
) -> None:
    settings.DEBUG = debug
    make_article(slug="old").rename("new")

    assert way(client, "/articles/old/") == (301, "/articles/new/")


@pytest.mark.parametrize("address", ["/media/nothing.png", "/static/nothing.css"])
def test_a_lost_file_costs_nothing(
    client: Client, address: str, django_assert_num_queries: Callable
) -> None:
    with django_assert_num_queries(0):
        response = client.get(address)

    assert response.status_code == 404
    assert "<html" not in response.content.decode()


def test_a_lost_page_of_the_admin_has_no_furniture(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)

    response = client.get("/admin/nothing/")

    assert response.status_code == 404
    assert "Recent Posts" not in response.content.decode()


class DatabaseAway:
    """Refuses every query, as a database does that cannot be reached."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *args: object) -> None:
        self.asked += 1
        raise OperationalError("could not connect to server")


def test_the_404_page_works_without_the_database_and_asks_it_once(client: Client) -> None:
    away = DatabaseAway()

    with connection.execute_wrapper(away):
        response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert 'action="/search/"' in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert away.asked == 1


def test_an_article_is_not_called_missing_because_the_database_is(client: Client) -> None:
    article = make_article()

    with connection.execute_wrapper(DatabaseAway()):
        response = client.get(article.get_absolute_url())

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert response.headers["Cache-Control"] == "no-store"


def test_djangos_own_404_looks_the_same(rf: RequestFactory) -> None:
    request = rf.get("/newsletter/confirm/x/")
    request.resolver_match = None

    response = not_found(request, Exception("no such token"))

    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize("address", ["/articles/old", "/Articles/Old/", "/ARTICLES/OLD"])
def test_what_is_old_and_written_wrongly_is_one_step_away(client: Client, address: str) -> None:
    make_article(slug="old").rename("new-ü")
    assert way(client, f"{address}?a=1") == (301, "/articles/new-%C3%BC/?a=1")


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("/Articles/Here/", "/articles/here/"),
        ("/articles/HERE/", "/articles/here/"),
        ("/articles/HERE", "/articles/here/"),
        ("/Topics/Offers", "/topics/offers/"),
        ("/topics/OFFERS/", "/topics/offers/"),
        ("/ARCHIVE/", "/archive/"),
    ],
)
def test_capitals_lead_to_the_one_form(client: Client, typed: str, right: str) -> None:
    make_article(slug="here", topics=[make_topic("Offers")])
    assert way(client, f"{typed}?q=A") == (301, f"{right}?q=A")
    assert client.get(right).status_code == 200


def test_capitals_tell_nothing_of_a_draft(client: Client) -> None:
    make_article(slug="soon", published_at=None, topics=[make_topic("Secrets")])
    for address in ("/articles/SOON/", "/topics/SECRETS/"):
        assert way(client, address) == (404, None)


def test_a_live_article_wins_in_each_of_its_forms(client: Client) -> None:
    make_article(slug="best-of").rename("best-of-2025")
    make_article("The new one", slug="best-of")
    assert way(client, "/articles/best-of") == (301, "/articles/best-of/")
