"""What to read next, and the parts of a series."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article, Series
from blog.tests.desk import ADD, make_editor, sheet, signed_in
from blog.tests.factories import make_article, make_articles, make_image, make_topic

pytestmark = pytest.mark.django_db


def context(client: Client, article: Article) -> dict:
    return client.get(article.get_absolute_url()).context


def related(client: Client, article: Article) -> list[str]:
    return [one.title for one in context(client, article)["related"]]


def test_those_that_share_most_topics_come_first(client: Client) -> None:
    offers, pay, other = make_topic("Offers"), make_topic("Pay"), make_topic("Other")
    make_article("One shared", topics=[offers, other])
    make_article("None shared", topics=[other])
    make_article("Both shared", topics=[pay, offers])

    assert related(client, make_article("Here", topics=[offers, pay])) == [
        *("Both shared", "One shared")
    ]


def test_among_equals_those_with_like_words_come_first(client: Client) -> None:
    offers = make_topic("Offers")
    now = timezone.now()
    make_article("Asking for a raise", topics=[offers], published_at=now - timedelta(days=9))
    make_articles(4, topics=[offers])

    article = make_article("How to ask for raises", summary="Asking, calmly.", topics=[offers])

    assert related(client, article)[0] == "Asking for a raise"
    assert len(related(client, article)) == 3


def test_like_words_are_enough_without_a_shared_topic(client: Client) -> None:
    make_article("Negotiating the salary of a nurse", topics=[make_topic("Offers")])
    make_article("What the night shift pays", topics=[make_topic("Nights")])

    article = make_article("When a nurse negotiates her salary")

    assert related(client, article) == ["Negotiating the salary of a nurse"]


def test_everyday_words_make_nothing_related(client: Client) -> None:
    make_article("What they want when they have your work")
    article = make_article("When your work is what they want to have")

    assert related(client, article) == []
    assert "Read next" not in client.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "state",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_what_is_not_public_is_not_related(client: Client, state: dict) -> None:
    offers, series = make_topic("Offers"), Series.objects.create(title="Moving on")
    make_article("A zebra", topics=[offers], series=series, **state)
    make_article("A public zebra", topics=[offers])
    article = make_article("Zebras", topics=[offers], series=series)

    assert related(client, article) == ["A public zebra"]
    assert context(client, article)["parts"] == []


def test_an_old_article_is_found_by_its_topic(client: Client) -> None:
    rare = make_topic("Rare")
    old = timezone.now() - timedelta(days=2000)
    make_article("An old one", topics=[rare], published_at=old)
    make_articles(60, topics=[make_topic("Common")])

    assert related(client, make_article("Here", topics=[rare])) == ["An old one"]


def test_related_articles_are_shown_with_their_covers(client: Client) -> None:
    offers = make_topic("Offers")
    cover = make_image()
    make_article("A raise", topics=[offers], cover=cover)
    article = make_article("Here", topics=[offers])

    html = client.get(article.get_absolute_url()).content.decode()

    section = html[html.index('class="related"') :]
    assert "A raise" in section
    assert cover.url.rpartition("/")[2].partition(".")[0] in section


# --- Series ------------------------------------------------------------------------------


@pytest.fixture
def parts() -> list[Article]:
    """Four, of which the second was written last and the third is a draft."""
    series = Series.objects.create(title="Moving on")
    now = timezone.now()
    dates = [now - timedelta(days=9), now - timedelta(days=1), None, now - timedelta(days=5)]
    return [
        make_article(f"Step {n}", series=series, series_part=n, published_at=date)
        for n, date in enumerate(dates, start=1)
    ]


def test_a_part_names_the_public_parts_in_their_order(client: Client, parts: list[Article]) -> None:
    found = context(client, parts[1])

    assert found["parts"] == [parts[0], parts[1], parts[3]]
    html = client.get(parts[1].get_absolute_url()).content.decode()
    assert "Part 2 of 3" in html
    assert '<b aria-current="page">Step 2</b>' in html
    assert '<a href="/articles/step-4/">Step 4</a>' in html
    assert "Step 3" not in html


def test_parts_without_a_number_follow_by_date(client: Client, parts: list[Article]) -> None:
    series, old = parts[0].series, timezone.now() - timedelta(days=30)
    newer = make_article("Afterword", series=series)
    older = make_article("Appendix", series=series, published_at=old)

    assert context(client, parts[0])["parts"][-2:] == [older, newer]


def test_the_parts_of_a_series_change_nothing_about_neighbours(
    client: Client, parts: list[Article]
) -> None:
    between = timezone.now() - timedelta(days=7)
    other = make_article("Not a part", published_at=between)

    found = context(client, parts[0])

    assert found["next"] == other
    assert found["previous"] is None


def test_a_part_alone_is_no_series(client: Client, parts: list[Article]) -> None:
    for part in (parts[1], parts[3]):
        part.withdraw()

    assert context(client, parts[0])["parts"] == []


def test_a_part_is_not_named_twice(client: Client, parts: list[Article]) -> None:
    offers = make_topic("Offers")
    for part in parts:
        part.topics.add(offers)

    assert related(client, parts[0]) == []


def test_without_its_series_an_article_stays(client: Client, parts: list[Article]) -> None:
    parts[0].series.delete()

    assert client.get(parts[0].get_absolute_url()).status_code == 200


def test_an_editor_puts_an_article_into_a_series() -> None:
    desk = signed_in(make_editor())
    desk.post("/admin/blog/series/add/", {"title": "Moving on", "slug": ""})
    series = Series.objects.get(slug="moving-on")

    desk.post(ADD, sheet(series=series.pk, series_part=3))

    article = Article.objects.get()
    assert (article.series, article.series_part) == (series, 3)
