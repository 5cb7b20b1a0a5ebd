"""What pages say of themselves in JSON-LD can be read, and is what they show."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Publication, Series
from blog.tests.factories import make_article, make_author, make_image, make_topic
from blog.tests.schema_org import faults, things_of

pytestmark = pytest.mark.django_db

SITE = "https://seat.example"
ODD = "Q&A: </script><b>“R&D”</b> \u2028 😀"
QUESTIONS = "<h2>What do they ask?</h2><p>What you did.</p><h2>And then?</h2><p>They call.</p>"
PAGES = [
    *("/", "/articles/plain/", "/articles/with-all/", "/articles/odd/"),
    *("/topics/pay/", "/authors/zoe/", "/archive/", "/about/", "/search/?q=pay", "/nothing/"),
]


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE
    Publication.objects.update_or_create(pk=1, defaults={"name": "Seat & Co", "tagline": ODD})
    topic = make_topic("Pay & offers", slug="pay")
    author = make_author("Zoë “Z” O’Neil", slug="zoe", role=ODD, portrait=make_image(300, 300))
    series = Series.objects.create(title="Four weeks")
    earlier = timezone.now() - timedelta(days=9)
    make_article("Plain", slug="plain", author=make_author("Ann"))
    make_article("Before", author=author, series=series, published_at=earlier)
    make_article(
        "With all",
        slug="with-all",
        author=author,
        topics=[topic, make_topic("Interviews")],
        cover=make_image(),
        series=series,
        summary="In short.",
        body=QUESTIONS,
    )
    make_article(ODD, slug="odd", author=author, topics=[topic], summary=ODD)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_of_itself_can_be_read(client: Client, page: str) -> None:
    assert faults(client.get(page).content.decode()) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_address_in_it_is_one_of_ours(client: Client, page: str) -> None:
    html = client.get(page).content.decode()
    assert all(url.startswith(f"{SITE}/") for thing in things_of(html) for url in urls(thing))


def urls(value: object) -> list[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [url for one in inner for url in urls(one)]
    return [value] if isinstance(value, str) and value.startswith(("http:", "https:", "/")) else []


def kinds(client: Client, page: str) -> set[str]:
    return {thing["@type"] for thing in things_of(client.get(page).content.decode())}


def test_an_article_says_what_it_is_and_where_it_stands(client: Client) -> None:
    assert {"BlogPosting", "BreadcrumbList"} <= kinds(client, "/articles/plain/")
    assert "FAQPage" in kinds(client, "/articles/with-all/")


def test_what_it_says_stands_on_the_page_too(client: Client) -> None:
    """Google takes what readers cannot see for a trick."""
    html = client.get("/articles/with-all/").content.decode()
    article, breadcrumb, questions = things_of(html)
    seen = unescape(html.split("<body")[1])
    for words in (article["headline"], article["author"]["name"], article["description"]):
        assert words in seen
    for step in breadcrumb["itemListElement"]:
        assert step["name"] in seen
    for question in questions["mainEntity"]:
        assert question["name"] in seen
        assert question["acceptedAnswer"]["text"] in seen


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"@type":"BlogPosting"', '"@type":"BlogPost"'),
        ('"headline"', '"heading"'),
        ('"datePublished":"20', '"datePublished":"'),
        ('"width":', '"width":-'),
        ('"url":"https://seat.example/articles', '"url":"/articles'),
        ('"position":2', '"position":3'),
        ('"acceptedAnswer"', '"answer"'),
        ('"@type":"Answer","text":"What you did."', '"@type":"Answer","text":""'),
        ('"logo"', '"picture"'),
        ('"author":{', '"author":{"@id":"nobody"},"editor":{'),
    ],
)
def test_a_fault_is_seen(client: Client, good: str, bad: str) -> None:
    html = client.get("/articles/with-all/").content.decode()
    assert faults(html) == []
    broken = html.replace(good, bad)
    assert broken != html
    assert faults(broken) != []
