"""What is not public is nowhere: each hidden state of an article on each surface of the site."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from blog.models import Article
from blog.tests.factories import make_article, make_articles, make_author, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_sitemap_of_articles")]

TITLE = "A zebra at the career fair"
PERIOD_START = datetime(2026, 3, 14, 9, 0, tzinfo=timezone.get_default_timezone())
NOW = PERIOD_START + timedelta(hours=6)
HIDDEN = {
    "draft": {"published_at": None},
    "draft with an end": {"published_at": None, "expires_at": NOW + timedelta(days=9)},
    "scheduled": {"published_at": NOW + timedelta(seconds=1)},
    "expired": {"published_at": PERIOD_START, "expires_at": NOW},
}
SURFACES = [
    "/",
    "/topics/shared/",
    "/authors/maya-lindqvist/",
    "/archive/",
    "/archive/2026/03/",
    "/articles/neighbour/",
    "/search/?q=career",
    "/sitemaps/pages.xml",
    "/sitemaps/articles-1.xml",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/topics/shared/feed.xml",
    "/authors/maya-lindqvist/feed.xml",
    "/llms.txt",
    "/nothing-here/",
    "/about/",
]


@pytest.fixture(autouse=True)
def at_three_in_the_afternoon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_zebra(**state: object) -> Article:
    """The article in question, beside one that is public and shares all with it."""
    shared, only_here = make_topic("Shared"), make_topic("Only zebras")
    make_article(
        "A career at the neighbour’s", slug="neighbour", published_at=PERIOD_START, topics=[shared]
    )
    body = "<p>Career advice for zebras.</p>"
    return make_article(TITLE, slug="zebra", body=body, topics=[shared, only_here], **state)


def traces(client: Client, surface: str) -> list[str]:
    text = client.get(surface).content.decode()
    found = [word for word in (TITLE, "/zebra/", "only-zebras", "Only zebras") if word in text]
    if surface in ("/archive/", "/search/?q=career") and "1 article" not in text:
        found.append("a count")
    return found


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("state", HIDDEN)
def test_what_is_not_public_leaves_no_trace(client: Client, state: str, surface: str) -> None:
    make_zebra(**HIDDEN[state])

    assert traces(client, surface) == []


@pytest.mark.parametrize("surface", SURFACES)
def test_the_same_article_once_public_is_seen_there(client: Client, surface: str) -> None:
    make_zebra(published_at=PERIOD_START + timedelta(hours=1))

    assert traces(client, surface)


@pytest.mark.parametrize("state", HIDDEN)
@pytest.mark.parametrize(
    "address",
    [
        *("/articles/zebra/", "/articles/zebra.md"),
        *("/topics/only-zebras/", "/topics/only-zebras/feed.xml"),
    ],
)
def test_its_own_addresses_answer_as_if_it_never_was(
    client: Client, state: str, address: str
) -> None:
    make_zebra(**HIDDEN[state])

    assert client.get(address).status_code == 404


def test_staff_get_the_same_404_as_everybody(client: Client, admin_user: User) -> None:
    make_zebra(published_at=None)
    client.force_login(admin_user)

    assert client.get("/articles/zebra/").status_code == 404


def test_an_author_of_drafts_only_has_no_page(client: Client) -> None:
    make_article("Soon", published_at=None, author=make_author("Nobody Yet"))

    assert client.get("/authors/nobody-yet/").status_code == 404
    assert "nobody-yet" not in client.get("/sitemap.xml").content.decode()


def test_a_scheduled_article_is_there_from_its_second_on_and_no_job_has_run(
    client: Client,
) -> None:
    make_zebra(published_at=NOW + timedelta(minutes=5))

    with time_machine.travel(NOW + timedelta(minutes=5, seconds=-1), tick=False):
        assert client.get("/articles/zebra/").status_code == 404
        assert traces(client, "/") == []
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert client.get("/articles/zebra/").status_code == 200
        assert all(traces(client, surface) for surface in SURFACES)


def test_an_article_is_gone_from_the_second_in_which_it_expires(client: Client) -> None:
    make_zebra(published_at=PERIOD_START, expires_at=NOW + timedelta(seconds=1))

    assert client.get("/articles/zebra/").status_code == 200
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        assert client.get("/articles/zebra/").status_code == 404


def test_withdrawing_takes_it_from_everywhere_at_once(client: Client) -> None:
    zebra = make_zebra(published_at=PERIOD_START)

    zebra.withdraw()

    assert client.get("/articles/zebra/").status_code == 404
    assert [surface for surface in SURFACES if traces(client, surface)] == []


@pytest.mark.parametrize("surface", ["/feed.xml", "/atom.xml", "/feed.json"])
def test_no_date_tells_of_what_is_to_come(client: Client, surface: str) -> None:
    with time_machine.travel(PERIOD_START, tick=False):
        make_zebra(published_at=NOW + timedelta(days=1))
    before = client.get(surface)

    with time_machine.travel(NOW, tick=False):
        Article.objects.get(slug="zebra").save()
    after = client.get(surface)

    assert after.content == before.content
    assert after.headers["Last-Modified"] == before.headers["Last-Modified"]
    assert after.headers["Last-Modified"] == "Sat, 14 Mar 2026 09:00:00 GMT"


def test_hidden_articles_fill_no_pages(client: Client) -> None:
    make_articles(12)
    make_article("Not yet", published_at=None)

    assert client.get("/").context["page"].pages == 1
    assert client.get("/page/2/").status_code == 404
