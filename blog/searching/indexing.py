"""An article as the search stores it."""

from collections.abc import Callable, Iterable

from django.db import models, transaction

from blog.searching.expressions import TOPIC
from blog.searching.words import stems, words

# PostgreSQL takes at most a megabyte for one row of a full-text index.
LONGEST_TEXT = 150_000
LENGTHS = range(3, 25)
ROWS_A_STEP = 200


def columns(article: models.Model) -> dict[str, str]:
    """Stems, where any form of a word will do; `heads` as written, for words half typed."""
    return {
        "title": " ".join(stems(article.title)),
        "summary": " ".join(stems(article.summary)),
        "body": " ".join(stems(article.body_text[:LONGEST_TEXT])),
        "heads": " ".join(words(f"{article.title} {article.summary}")),
    }


def topic_tokens(topic_ids: Iterable[int]) -> str:
    return " ".join(f"{TOPIC}{pk}" for pk in sorted(topic_ids))


def vocabulary(article: models.Model) -> set[str]:
    """The words that a mistyped one can be meant for."""
    text = f"{article.title} {article.summary} {article.body_text[:LONGEST_TEXT]}"
    return {word for word in words(text) if len(word) in LENGTHS and word.isalpha()}


def keys(word: str) -> dict[str, object]:
    """By which a mistyped word is found: a slip leaves its head or its tail as it is."""
    return {"head": word[:2], "tail": word[-2:], "length": len(word)}


def refill(
    articles: models.Manager,
    entries: models.Manager,
    vocabularies: models.Manager,
    report: Callable[[int], object] = lambda done: None,
) -> int:
    """Index all anew, step by step, while the site goes on. Returns the number of articles.

    The managers are given, because a migration has models of its own.
    """
    vocabularies.all().delete()
    done = last = 0
    while step := refill_step(articles, entries, vocabularies, last):
        done, last = done + len(step), step[-1]
        report(done)
    return done


@transaction.atomic
def refill_step(
    articles: models.Manager, entries: models.Manager, vocabularies: models.Manager, after: int
) -> list[int]:
    """The rows are locked: whoever saves one of these articles meanwhile is indexed after us."""
    rows = articles.filter(pk__gt=after).order_by("pk").only("title", "summary", "body_text")
    step = list(rows.select_for_update()[:ROWS_A_STEP])
    ids = [article.pk for article in step]
    topics = topics_of(articles, ids)
    entries.filter(pk__in=ids).delete()
    entries.bulk_create(
        entries.model(article_id=pk, topics=topic_tokens(topics[pk]), **columns(article))
        for pk, article in zip(ids, step, strict=True)
    )
    learn(vocabularies, set().union(*map(vocabulary, step)))
    return ids


def topics_of(articles: models.Manager, ids: list[int]) -> dict[int, list[int]]:
    links = articles.model.topics.through.objects.filter(article_id__in=ids)
    found: dict[int, list[int]] = {pk: [] for pk in ids}
    for article_id, topic_id in links.values_list("article_id", "topic_id"):
        found[article_id].append(topic_id)
    return found


def learn(vocabularies: models.Manager, new: set[str]) -> None:
    """In order, so that two who learn the same words at once do not wait for each other."""
    rows = [vocabularies.model(word=word, **keys(word)) for word in sorted(new)]
    vocabularies.bulk_create(rows, ignore_conflicts=True)
