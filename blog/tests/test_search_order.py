"""In which order the demo's articles answer what people type: a change of the search shows here."""

import tomllib

import pytest
from django.db import connection
from django.test import Client

from blog.demo.loading import FOLDER
from blog.importing.reading import read
from blog.importing.storing import Shelf
from blog.models import Article, Author, Topic
from blog.searching import ranking
from blog.tests.factories import make_article, make_articles, make_topic

pytestmark = pytest.mark.django_db

(
    FEWER,
    ASKING,
    CAREERS,
    OFFERS,
    EVENING,
    AD,
    WENT_WELL,
    LAID_OFF,
    NETWORKING,
    NIGHT,
    NUMBERS,
    SIX,
) = (
    *("apply-to-fewer-jobs", "asking-for-more", "changing-careers-with-rent-to-pay"),
    *("comparing-two-offers", "evening-before-the-interview", "how-to-read-a-job-ad"),
    *("interview-went-well-somebody-else", "laid-off-the-first-fourteen-days"),
    *("networking-questions", "night-desk-to-operating-rooms", "numbers-that-mean-something"),
    "six-messages",
)
GAP, MINUTE = "the-gap-said-out-loud", "what-a-recruiter-reads-in-one-minute"

EVERYWHERE = {
    "salary": [ASKING, OFFERS, EVENING],
    "salary notice": [],
    "negotiate offer": [ASKING],
    "cover letter": [MINUTE, LAID_OFF],
    '"two offers"': [OFFERS, ASKING],
    "networking questions": [NETWORKING, SIX, NIGHT],
    "laid off": [LAID_OFF, GAP],
    "recruiter -interview": [MINUTE],
    "rent": [CAREERS, ASKING],
    "negoti": [MINUTE, ASKING],
    "job ad": [AD, EVENING, GAP],
    "interviews phone": [EVENING, ASKING],
    "changing career": [CAREERS, NIGHT],
}
# The two weigh long texts in ways of their own: `bm25` and `ts_rank`.
SQLITE = {
    "interview": [
        *(EVENING, WENT_WELL, GAP, FEWER, NUMBERS, NIGHT, CAREERS, AD, OFFERS, ASKING),
    ],
    "resume": [AD, NUMBERS, MINUTE, GAP, LAID_OFF, FEWER, EVENING, NIGHT],
    "numbers": [NUMBERS, ASKING, AD, NETWORKING, EVENING, LAID_OFF, MINUTE],
    "gap in my resume": [GAP, AD, MINUTE],
}
POSTGRESQL = {
    "interview": [
        *(WENT_WELL, EVENING, GAP, NUMBERS, NIGHT, CAREERS, FEWER, AD, OFFERS, ASKING),
    ],
    "resume": [NUMBERS, GAP, MINUTE, AD, LAID_OFF, FEWER, NIGHT, EVENING],
    "numbers": [NUMBERS, ASKING, NETWORKING, AD, LAID_OFF, EVENING, MINUTE],
    "gap in my resume": [GAP, MINUTE, AD],
}


@pytest.fixture
def demo() -> None:
    site = tomllib.loads((FOLDER / "site.toml").read_text())
    Topic.objects.bulk_create(Topic(**topic) for topic in site["topics"])
    Author.objects.bulk_create(Author(**author) for author in site["authors"])
    for path in sorted((FOLDER / "articles").glob("*.md")):
        Shelf(publish=True).put(read(path))


def found(client: Client, query: str, **values: object) -> list[Article]:
    return client.get("/search/", {"q": query, **values}).context["articles"]


@pytest.mark.usefixtures("demo")
def test_what_people_type_is_answered_in_this_order(client: Client) -> None:
    own = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    wanted = {**EVERYWHERE, **own}

    assert {query: [one.slug for one in found(client, query)] for query in wanted} == wanted


def test_a_word_of_very_many_articles_still_puts_titles_first(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST_READ_WHOLE", 2)
    make_articles(9)
    make_article("A title on tea", body="<p>Text</p>")
    make_article("Summary", summary="On tea.", body="<p>Text</p>")
    make_article("Topic", body="<p>Text</p>", topics=[make_topic("Tea")])
    make_article("Text", body="<p>Tea</p>")

    titles = [article.title for article in found(client, "tea")]

    assert (titles[0], set(titles[1:3]), titles[3]) == (
        *("A title on tea", {"Summary", "Topic"}, "Text"),
    )


@pytest.mark.parametrize("most", [1, 100])
def test_every_article_stands_on_one_page_and_each_page_knows_how_many_there_are(
    client: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(ranking, "MOST_READ_WHOLE", most)
    articles = make_articles(15, body="<p>Tea</p>")
    make_article("Hidden tea", published_at=None)

    pages = [client.get("/search/", {"q": "tea", "page": n}).context for n in (1, 2)]

    assert [page["total"] for page in pages] == [15, 15]
    seen = [article.pk for page in pages for article in page["articles"]]
    assert seen == sorted((article.pk for article in articles), reverse=True)
