"""The index follows the articles, whatever happens to them."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from blog.models import Article, SearchEntry, SearchWord, Topic
from blog.searching.query import parsed
from blog.tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db


def found(client: Client, query: str) -> list[str]:
    context = client.get("/search/", {"q": query}).context
    return [article.title for article in context["articles"]]


def test_a_changed_text_is_found_by_its_new_words_only(client: Client) -> None:
    article = make_article("Title", summary="Summary", body="<p>Camels</p>")

    article.title, article.summary, article.body = "Horses", "Donkeys", "<p>Mules</p>"
    article.save()

    assert found(client, "horse donkey mule") == ["Horses"]
    assert [found(client, word) for word in ("title", "summary", "camel")] == [[], [], []]


def test_topics_count_as_soon_as_they_are_given_and_no_longer_than_that(client: Client) -> None:
    article = make_article("Title", body="<p>Text</p>")
    offers, pay = make_topic("Offers"), make_topic("Pay")

    article.topics.add(offers)
    pay.articles.add(article)
    assert found(client, "offer") == found(client, "pay title") == ["Title"]
    article.topics.set([pay])
    assert (found(client, "offer"), found(client, "pay")) == ([], ["Title"])
    article.topics.clear()
    assert found(client, "pay") == []


def test_a_saved_article_keeps_its_topics(client: Client) -> None:
    article = make_article("Title", topics=[make_topic("Offers")])

    article.save()

    assert found(client, "offer") == ["Title"]


def test_a_renamed_topic_is_found_by_its_new_name(client: Client) -> None:
    topic = make_topic("Offers")
    make_article("Title", body="<p>Text</p>", topics=[topic])

    topic.name = "Contracts"
    topic.save()

    assert (found(client, "contract"), found(client, "offer")) == (["Title"], [])


@pytest.mark.parametrize("in_bulk", [True, False])
def test_a_deleted_topic_is_forgotten(client: Client, in_bulk: bool) -> None:
    topic, other = make_topic("Offers"), make_topic("Other")
    make_article("Title", body="<p>Text</p>", topics=[topic, other])

    Topic.objects.filter(pk=topic.pk).delete() if in_bulk else topic.delete()

    assert (found(client, "offer"), found(client, "other")) == ([], ["Title"])


def test_a_deleted_article_leaves_nothing_behind(client: Client) -> None:
    article = make_article()

    article.delete()

    assert found(client, "ad") == []
    assert not SearchEntry.objects.exists()


def test_a_save_that_fails_changes_nothing(client: Client) -> None:
    make_article("First", slug="first")
    article = make_article("Second", slug="second")

    article.title, article.slug = "Third", "first"
    with pytest.raises(IntegrityError), transaction.atomic():
        article.save()

    assert (found(client, "second"), found(client, "third")) == (["Second"], [])


@pytest.mark.parametrize("lost", [True, False])
def test_rebuilding_restores_all(client: Client, lost: bool) -> None:
    make_article("Title", body="<p>Text</p>", topics=[make_topic("Offers")])
    make_article("A draft", published_at=None)
    SearchWord.objects.create(word="oldword", head="ol", tail="rd", length=7)
    if lost:
        SearchEntry.objects.all().delete()
        assert found(client, "title") == []

    out = StringIO()
    call_command("rebuild_search", stdout=out)

    assert "2 articles" in out.getvalue()
    assert found(client, "title text offer") == ["Title"]
    assert not SearchWord.objects.filter(word="oldword").exists()
    assert SearchWord.objects.filter(word="text").exists()


def test_saving_mends_an_entry_that_is_lost(client: Client) -> None:
    article = make_article("Title", topics=[make_topic("Offers")])
    SearchEntry.objects.all().delete()

    Article.objects.get(pk=article.pk).save()

    assert found(client, "title offer") == ["Title"]


def test_a_queryset_is_narrowed_by_a_query() -> None:
    now = timezone.now()
    make_article("A raise", published_at=now - timedelta(days=2))
    make_article("A raise to come", published_at=now + timedelta(days=2))

    matching = Article.objects.matching(parsed("raise"))

    assert len(matching) == 2
    assert [article.title for article in matching.published(now)] == ["A raise"]
    assert not Article.objects.matching(parsed("  ")).exists()
