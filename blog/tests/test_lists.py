"""Lists of articles and their pages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article, make_articles, make_author, make_topic

pytestmark = pytest.mark.django_db

HOSTILE_QUERIES = [
    "page=2",
    "page=",
    "page=-1",
    "page=[x'",
    "page=99999999999999999999999",
    "tag='",
    "order=password",
    "_connector=OR",
    "author__user__password__startswith=a",
    "q=%00",
    "%00=%00",
    "a[]=1&a[]=2",
    "%ff%fe",
]


def titles(client: Client, address: str) -> list[str]:
    context = client.get(address).context
    lead = [context["featured"]] if context.get("featured") else []
    return [article.title for article in [*lead, *context["articles"]]]


def test_an_empty_site_has_a_home(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 200
    assert response.context["featured"] is None
    assert "The first article is being written" in response.content.decode()


@pytest.mark.parametrize("address", ["/nowhere/", "/search/?q=pay"])
def test_an_empty_site_does_not_point_to_posts_that_are_not_there(
    client: Client, address: str
) -> None:
    assert "recent post" not in client.get(address).content.decode()

    make_article("The first one")

    assert "recent post" in client.get(address).content.decode()


def test_home_opens_with_the_newest_and_then_eleven_more(client: Client) -> None:
    newest, *others = make_articles(14)

    context = client.get("/").context

    assert context["featured"] == newest
    assert context["articles"] == others[:11]


def test_the_next_page_goes_on_where_the_first_ended(client: Client) -> None:
    make_articles(14)

    assert titles(client, "/page/2/") == ["Article 13", "Article 14"]


def test_pages_lead_to_their_neighbours(client: Client) -> None:
    make_articles(25)

    pages = [client.get(address).context["page"] for address in ("/", "/page/2/", "/page/3/")]

    assert [page.previous_url for page in pages] == [None, "/", "/page/2/"]
    assert [page.next_url for page in pages] == ["/page/2/", "/page/3/", None]
    assert {page.pages for page in pages} == {3}


@pytest.mark.parametrize(
    "address",
    ["/page/3/", "/page/0/", "/page/-1/", "/page/02/", "/page/x/", "/page/9999999999999999999999/"],
)
def test_there_is_nothing_beyond_the_last_page_or_at_what_is_no_number(
    client: Client, address: str
) -> None:
    make_articles(13)

    assert client.get(address).status_code == 404


def test_the_first_page_has_one_address_only(client: Client) -> None:
    make_articles(2, topics=[make_topic("Offers")])

    for address, bare in (
        ("/page/1/", "/"),
        ("/topics/offers/page/1/", "/topics/offers/"),
        ("/authors/maya-lindqvist/page/1/?a=b", "/authors/maya-lindqvist/?a=b"),
    ):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"]) == (301, bare)


def test_articles_of_the_same_second_keep_their_order_across_pages(client: Client) -> None:
    second = timezone.now() - timedelta(days=1)
    for n in range(30):
        make_article(f"Twin {n}", published_at=second)

    seen = [title for page in ("/", "/page/2/", "/page/3/") for title in titles(client, page)]

    assert seen == [f"Twin {n}" for n in reversed(range(30))]


def test_a_later_page_says_so_and_stands_for_itself(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    make_articles(13, topics=[make_topic("Offers", introduction="What to ask for.")])

    for address, title, description in (
        ("/page/2/", "All articles, page 2", "Page 2. Plain advice for your next job."),
        ("/topics/offers/page/2/", "Offers, page 2", "Page 2. What to ask for."),
    ):
        response = client.get(f"{address}?utm_source=mail")
        html = response.content.decode()
        assert f"<title>{title} · Open Seat</title>" in html
        assert f'<link rel="canonical" href="https://seat.example{address}">' in html
        assert response.context["description"] == description


def test_a_topic_lists_its_own_articles_with_their_cards(client: Client) -> None:
    offers = make_topic("Offers", introduction="What to ask for.")
    make_article("In it", topics=[offers], summary="Short and clear.")
    make_article("Not in it", topics=[make_topic("Resumes")])

    html = client.get("/topics/offers/").content.decode()

    assert titles(client, "/topics/offers/") == ["In it"]
    assert "What to ask for." in html
    assert "Short and clear." in html
    assert 'href="http://127.0.0.1:8000/topics/offers/feed.xml"' in html


def test_an_article_of_many_topics_is_listed_once(client: Client) -> None:
    make_article("One", topics=[make_topic("Offers"), make_topic("Resumes")])

    assert titles(client, "/") == ["One"]
    assert client.get("/").context["page"].total == 1


def test_an_author_has_a_page_with_what_he_wrote(client: Client) -> None:
    make_article("Hers", author=make_author("Maya Lindqvist"))
    make_article("His", author=make_author("Daniel Osei", biography="Hired for ten years."))

    assert titles(client, "/authors/daniel-osei/") == ["His"]
    html = client.get("/authors/daniel-osei/").content.decode()
    assert "Hired for ten years." in html
    assert 'href="/authors/daniel-osei/"' not in html  # said once, at the top


@pytest.mark.parametrize("address", ["/topics/nothing/", "/authors/nobody/", "/articles/none/"])
def test_what_never_was_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_archive_leads_to_each_topic_however_many_there_are(client: Client) -> None:
    make_article(topics=[make_topic(f"Topic {number}") for number in range(8)])
    make_topic("Without an article")

    html = client.get("/archive/").content.decode()

    assert all(f'href="/topics/topic-{number}/"' in html for number in range(8))
    assert "Without an article" not in html


def test_the_archive_counts_by_month_of_the_sites_zone(client: Client, settings: object) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    on_the_last_evening = datetime(2025, 12, 31, 10, 59, tzinfo=UTC)  # 23:59 there
    at_midnight = datetime(2025, 12, 31, 11, 0, tzinfo=UTC)  # 1 January there
    make_article("Old year", published_at=on_the_last_evening)
    make_article("New year", published_at=at_midnight)
    make_article("New year, too", published_at=at_midnight + timedelta(days=30))

    years = client.get("/archive/").context["years"]

    assert [
        (year, [(f"{month:%Y-%m}", url, count) for month, url, count in months])
        for year, months in years
    ] == [
        (2026, [("2026-01", "/archive/2026/01/", 2)]),
        (2025, [("2025-12", "/archive/2025/12/", 1)]),
    ]
    assert titles(client, "/archive/2025/12/") == ["Old year"]
    assert titles(client, "/archive/2026/01/") == ["New year, too", "New year"]


def test_months_begin_at_midnight_on_the_wall_in_summer_and_in_winter(
    client: Client, settings: object
) -> None:
    settings.TIME_ZONE = "America/New_York"
    for name, moment in {
        "February": datetime(2026, 3, 1, 4, 59, 59, tzinfo=UTC),  # five hours behind
        "March": datetime(2026, 3, 1, 5, tzinfo=UTC),
        "October": datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC),  # four hours behind
        "November": datetime(2026, 11, 1, 4, tzinfo=UTC),
    }.items():
        make_article(name, published_at=moment)

    with time_machine.travel(datetime(2026, 12, 1, 4, 59, tzinfo=UTC)):
        ((year, months),) = client.get("/archive/").context["years"]
        listed = [(f"{month:%B}", titles(client, url), count) for month, url, count in months]

    assert year == 2026
    wanted = ["November", "October", "March", "February"]
    assert listed == [(name, [name], 1) for name in wanted]


def test_the_archive_counts_what_is_public_only(client: Client) -> None:
    assert client.get("/archive/").context["years"] == []
    now = timezone.now()
    make_article("Public", published_at=now - timedelta(days=40))
    make_article("Draft", published_at=None)
    make_article("Later", published_at=now + timedelta(minutes=1))
    make_article("Expired", published_at=now - timedelta(days=40), expires_at=now)

    years = client.get("/archive/").context["years"]

    assert [count for _, months in years for _, _, count in months] == [1]


@pytest.mark.parametrize(
    "address",
    [
        *("/archive/2026/13/", "/archive/2026/00/", "/archive/0000/01/", "/archive/2026/1/"),
        *("/archive/1999/01/", "/archive/2999/12/"),
    ],
)
def test_a_month_that_is_none_or_empty_is_not_found(client: Client, address: str) -> None:
    make_article(published_at=datetime(2026, 1, 5, tzinfo=UTC))

    assert client.get(address).status_code == 404


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
@pytest.mark.parametrize(
    "address",
    [
        *("/", "/page/2/", "/topics/offers/", "/authors/maya-lindqvist/", "/archive/", "/search/"),
        *("/feed.xml", "/sitemap.xml", "/nothing/"),
    ],
)
def test_no_query_breaks_a_list(client: Client, address: str, query: str) -> None:
    make_articles(13, topics=[make_topic("Offers")])

    response = client.get(address, QUERY_STRING=query)

    assert response.status_code in (200, 404)


@pytest.mark.parametrize(
    "address",
    [
        *("/%00", "/articles/%00/", "/articles/a%00b/", "/topics/%00/page/2/", "/%0aforged"),
        *("/articles/%ff%fe/", "/authors/%ED%A0%80/", "/..%2f..%2fetc", f"/{'x' * 3000}/"),
    ],
)
def test_no_address_breaks_the_site(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/archive/", "/search/", "/feed.xml", "/robots.txt"])
def test_nothing_can_be_posted_to_what_is_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
