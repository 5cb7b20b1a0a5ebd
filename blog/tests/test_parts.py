"""Parts of pages that are remembered: a change is seen at once, and nothing is told that was not
asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone
from django.utils.safestring import mark_safe

from blog.beside import Post
from blog.models import Article, CallToAction, Publication
from blog.templatetags.parts import day, part
from blog.tests.factories import make_article, make_articles, make_author, make_topic

RAIL = "blog/_rail.html"


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.django_db
def test_each_page_shows_what_was_changed_since_the_last(client: Client) -> None:
    call = CallToAction.objects.create(
        heading="Need A Resume?", text="We write it.", button_label="Start", button_url="/resume/"
    )
    Publication.objects.update_or_create(pk=1, defaults={"call_to_action": call})
    topic = make_topic("Interviews")
    article = make_article("A first title", topics=[topic])
    for address in ("/", "/about/", article.get_absolute_url()):
        assert "Need A Resume?" in text_of(client, address)

    Article.objects.update(title="A second title", slug="second")
    CallToAction.objects.update(heading="Need A Job?")
    Publication.objects.update(name="Open Door", tagline="Knock first.")
    topic.name = "Talks"
    topic.rename("talks")

    for address in ("/", "/about/", "/articles/second/"):
        text = text_of(client, address)
        for now in ("A second title", "Need A Job?", "Open Door", "Knock first.", ">Talks<"):
            assert now in text, (address, now)
        for before in ("A first title", "Need A Resume?", "Open Seat", "Interviews"):
            assert before not in text, (address, before)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hidden",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_what_was_taken_back_is_on_no_page_at_once(client: Client, hidden: dict) -> None:
    topics, author = [make_topic("Offers")], make_author()
    articles = make_articles(4, topics=topics, author=author)
    pages = [
        *("/", "/about/", "/topics/offers/", "/authors/maya-lindqvist/", "/archive/", "/nothing/"),
        articles[1].get_absolute_url(),
    ]
    for address in pages:
        assert ">Article 1</a>" in text_of(client, address) or address == "/archive/"

    Article.objects.filter(pk=articles[0].pk).update(**hidden)

    for address in pages:
        assert "Article 1<" not in text_of(client, address), address


def test_a_part_is_told_only_what_stands_beside_its_name() -> None:
    page = Template('{% load parts %}{% part "_footer.html" name="Mine" %}')

    text = page.render(Context({"tagline": "of somebody else", "user": "me"}))

    assert "Mine" in text
    assert "of somebody else" not in text


def test_a_row_of_the_database_is_no_value_for_a_part() -> None:
    for value in (Article(pk=1), (Article(pk=1),), ["a list"], (mark_safe("<b>"),)):
        with pytest.raises(TypeError):
            part(RAIL, recent=value)


def test_what_is_safe_as_html_makes_nothing_else_so() -> None:
    text = "<b>bold</b>"

    said = [str(part(RAIL, heading=kind(text))) for kind in (mark_safe, str, mark_safe)]

    assert [text in one for one in said] == [True, False, True]
    post = Post(text, "/", datetime(2026, 5, 3, tzinfo=UTC))
    assert text not in part(RAIL, recent=(post,))


def test_a_day_is_told_by_the_clock_of_each_zone() -> None:
    moment = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)

    said = {}
    for zone in ("UTC", "Asia/Tokyo", "UTC"):
        with timezone.override(zone):
            said.setdefault(zone, set()).add(day(moment))

    assert said == {
        "UTC": {'<time datetime="2026-05-03T23:30:00+0000">3 May 2026</time>'},
        "Asia/Tokyo": {'<time datetime="2026-05-04T08:30:00+0900">4 May 2026</time>'},
    }
