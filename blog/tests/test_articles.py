"""An article's own page."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from blog import neighbourhood
from blog.models import CallToAction, Publication, Series
from blog.tests.factories import make_article, make_articles, make_author, make_image, make_topic

pytestmark = pytest.mark.django_db

JSON_LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def json_ld(html: str, kind: str = "BlogPosting") -> dict:
    """The one thing of this kind that the page states."""
    (found,) = JSON_LD.findall(html)
    (thing,) = (one for one in json.loads(found)["@graph"] if one["@type"] == kind)
    return thing


def test_the_page_shows_the_whole_article(client: Client) -> None:
    author = make_author("Daniel Osei", role="Recruiter for ten years")
    article = make_article(
        "The offer came on a Friday",
        author=author,
        topics=[make_topic("Offers")],
        summary="Take the weekend.",
        body="<h2>Friday</h2><p>Say thank you, and nothing else.</p>",
        published_at=datetime(2026, 3, 14, 9, tzinfo=UTC),
    )

    html = client.get(article.get_absolute_url()).content.decode()

    for part in (
        "The offer came on a Friday",
        "Take the weekend.",
        "<p>Say thank you, and nothing else.</p>",
        "14 March 2026",
        "Daniel Osei",
        'href="/authors/daniel-osei/"',
        'href="/topics/offers/"',
        "1 min read",
    ):
        assert part in html


def test_topics_come_in_their_order_and_the_first_is_the_main_one(client: Client) -> None:
    last, first = make_topic("Offers", position=2), make_topic("Interviews", position=1)
    make_article("About resumes", topics=[make_topic("Resumes")])
    article = make_article(topics=[last, first])

    assert client.get(article.get_absolute_url()).context["topics"] == [first, last]


def test_recent_posts_are_the_newest_without_the_article_itself(client: Client) -> None:
    articles = make_articles(8)

    recent = client.get(articles[2].get_absolute_url()).context["recent"]

    assert [post.title for post in recent] == [f"Article {n}" for n in (1, 2, 4, 5, 6)]


def test_neighbours_are_the_ones_next_in_time(client: Client) -> None:
    articles = make_articles(20)

    context = client.get(articles[14].get_absolute_url()).context

    assert (context["previous"], context["next"]) == (articles[15], articles[13])


def test_the_first_and_the_last_article_have_one_neighbour(client: Client) -> None:
    newest, oldest = make_articles(2)

    assert client.get(newest.get_absolute_url()).context["next"] is None
    assert client.get(oldest.get_absolute_url()).context["previous"] is None


def test_neighbours_of_the_same_second_do_not_skip_one_another(client: Client) -> None:
    second = timezone.now() - timedelta(days=1)
    first, middle, last = (make_article(f"Twin {n}", published_at=second) for n in range(3))

    context = client.get(middle.get_absolute_url()).context

    assert (context["previous"], context["next"]) == (first, last)


def test_what_is_hidden_stands_in_nobodys_way(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbours and related articles are looked for among few: hidden ones take no place there."""
    monkeypatch.setattr(neighbourhood, "NEWEST", 1)
    newest, here, oldest = make_articles(3, summary="A nurse negotiates her salary.")
    ended = {"expires_at": timezone.now() - timedelta(hours=1)}
    for between in (newest, here):
        make_article(published_at=between.published_at - timedelta(minutes=1), **ended)
    make_article("Article to come", published_at=timezone.now() + timedelta(days=1))

    context = client.get(here.get_absolute_url()).context
    oldest_context = client.get(oldest.get_absolute_url()).context

    assert (context["previous"], context["next"]) == (oldest, newest)
    assert oldest_context["next"] == here
    assert newest.title in [card.title for card in oldest_context["related"]]


def test_an_address_in_another_script_works_quoted_and_raw(client: Client) -> None:
    article = make_article("Как читать объявление")

    assert client.get(f"/articles/{article.slug}/").status_code == 200
    assert client.get(article.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("address", ["/", "/articles/late/", "/about/", "/archive/2026/03/"])
def test_the_date_is_that_of_the_sites_own_zone(
    client: Client, settings: object, address: str
) -> None:
    """At half past eleven at night, before and after the clocks went forward."""
    settings.TIME_ZONE = "America/New_York"
    make_article(slug="late", published_at=datetime(2026, 3, 15, 3, 30, tzinfo=UTC))
    make_article(slug="earlier", published_at=datetime(2026, 3, 8, 4, 30, tzinfo=UTC))

    html = client.get(address).content.decode()

    assert set(re.findall('<time datetime="[^"]*">[^<]*', html)) == {
        '<time datetime="2026-03-14T23:30:00-0400">14 March 2026',
        '<time datetime="2026-03-07T23:30:00-0500">7 March 2026',
    }


def test_the_description_falls_back_to_the_text_without_markup_and_cut_at_a_word(
    client: Client,
) -> None:
    body = f"<h2>Ask</h2><p>&amp; <b>lis</b>ten for &lt;b&gt;.</p><p>{'Anything at all. ' * 30}</p>"
    article = make_article(summary="", body=body)

    html = client.get(article.get_absolute_url()).content.decode()

    for name in ('name="description"', 'property="og:description"'):
        described = re.search(f'<meta {name} content="([^"]*)">', html)[1]
        assert described.startswith("Ask &amp; listen for &lt;b&gt;. Anything at all. Anything")
        assert len(unescape(described)) <= 160
        assert described.endswith(("Anything…", "at…", "all…"))


def test_search_engines_get_its_facts(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    article = make_article("Facts", author=make_author("Daniel Osei"), cover=make_image())

    facts = json_ld(client.get(article.get_absolute_url()).content.decode())

    assert facts["headline"] == "Facts"
    assert datetime.fromisoformat(facts["datePublished"]) == article.published_at.replace(
        microsecond=0
    )
    assert facts["dateModified"] >= facts["datePublished"]
    assert facts["author"]["url"] == "https://seat.example/authors/daniel-osei/"
    assert facts["image"]["url"] == f"https://seat.example{article.cover.url}"
    assert (facts["image"]["width"], facts["image"]["height"]) == (1600, 900)
    assert facts["publisher"]["name"] == "Open Seat"


def test_every_fact_of_an_article_is_stated(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    offers, pay = make_topic("Offers", position=1), make_topic("Pay", position=2)
    series = Series.objects.create(title="Moving on")
    article = make_article(topics=[pay, offers], series=series, body="<p>One two three.</p>")

    facts = json_ld(client.get(article.get_absolute_url()).content.decode())

    assert (facts["articleSection"], facts["keywords"]) == ("Offers", ["Offers", "Pay"])
    assert facts["isPartOf"]["name"] == "Moving on"
    assert (facts["wordCount"], facts["inLanguage"]) == (3, "en")
    assert facts["publisher"]["logo"]["url"].startswith("https://seat.example/static/icons/")
    assert facts["mainEntityOfPage"] == f"https://seat.example{article.get_absolute_url()}"


def test_the_way_down_to_an_article_is_shown_and_stated(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    article = make_article("Facts", slug="facts", topics=[make_topic("Offers"), make_topic("Pay")])

    html = client.get(article.get_absolute_url()).content.decode()

    shown = html[html.index('aria-label="Breadcrumb"') : html.index("<h1")]
    assert re.findall(r'<a[^>]+href="([^"]+)">([^<]+)', shown) == [
        *(("/", "Home"), ("/topics/offers/", "Offers"))
    ]
    steps = json_ld(html, "BreadcrumbList")["itemListElement"]
    assert [(step["position"], step["name"], step["item"]) for step in steps] == [
        (1, "Home", "https://seat.example/"),
        (2, "Offers", "https://seat.example/topics/offers/"),
        (3, "Facts", "https://seat.example/articles/facts/"),
    ]


def test_an_article_without_a_topic_lies_right_below_the_home_page(client: Client) -> None:
    html = client.get(make_article("Facts").get_absolute_url()).content.decode()

    assert 'aria-label="Breadcrumb"' not in html
    names = [step["name"] for step in json_ld(html, "BreadcrumbList")["itemListElement"]]
    assert names == ["Home", "Facts"]


def test_questions_with_answers_are_stated(client: Client) -> None:
    article = make_article(
        body="<p>Intro</p><h2>Who &amp; why?</h2><p>You.</p><ul><li>Because.</li></ul>"
        "<h3>When?</h3><p>Now. </script></p><h2>Nothing asked</h2><p>x</p><h2>And this?</h2>"
    )

    html = client.get(article.get_absolute_url()).content.decode()

    questions = json_ld(html, "FAQPage")["mainEntity"]
    assert [(one["name"], one["acceptedAnswer"]["text"]) for one in questions] == [
        ("Who & why?", "You.\nBecause."),
        ("When?", "Now."),
    ]


def test_one_question_makes_no_list_of_questions(client: Client) -> None:
    article = make_article(body="<h2>Who?</h2><p>You.</p><h2>When?</h2><h2>So</h2><p>x</p>")

    assert "FAQPage" not in client.get(article.get_absolute_url()).content.decode()


def test_the_home_page_says_whose_site_it_is(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    make_articles(13)

    html = client.get("/").content.decode()

    assert json_ld(html, "Organization")["name"] == "Open Seat"
    site = json_ld(html, "WebSite")
    assert site["url"] == "https://seat.example/"
    assert site["publisher"]["@id"] == json_ld(html, "Organization")["@id"]
    assert "ld+json" not in client.get("/page/2/").content.decode()


def test_networks_are_told_when_and_what_it_is_about(client: Client) -> None:
    article = make_article(
        topics=[make_topic("Offers", position=1), make_topic("Pay", position=2)],
        published_at=datetime(2026, 3, 14, 9, tzinfo=UTC),
    )

    html = client.get(article.get_absolute_url()).content.decode()

    for name, value in (
        ("published_time", "2026-03-14T09:00:00+00:00"),
        ("modified_time", "2026-03-14T09:00:00+00:00"),
        ("section", "Offers"),
        ("tag", "Pay"),
    ):
        assert f'<meta property="article:{name}" content="{value}">' in html


def test_no_title_breaks_out_of_its_place(client: Client) -> None:
    title = "</script><script>alert(1)</script> & <!-- \u2028"
    article = make_article(title, summary='"><img src=x onerror=alert(2)>')

    html = client.get(article.get_absolute_url()).content.decode()

    assert json_ld(html)["headline"] == title
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_a_script_in_the_body_is_not_in_the_page(client: Client) -> None:
    article = make_article(body='<p onclick="x()">Hello</p><script>alert(1)</script>')

    html = client.get(article.get_absolute_url()).content.decode()

    assert "<p>Hello</p>" in html
    assert "alert(1)" not in html


def test_the_call_to_action_stands_beside_it_until_it_is_switched_off(client: Client) -> None:
    article = make_article()
    call = CallToAction.objects.create(
        heading="Need A Resume?", text="We write it.", button_label="Start", button_url="/resume/"
    )
    Publication.objects.update_or_create(pk=1, defaults={"call_to_action": call})

    assert "Need A Resume?" in client.get(article.get_absolute_url()).content.decode()

    CallToAction.objects.update(is_active=False)
    assert "Need A Resume?" not in client.get(article.get_absolute_url()).content.decode()
