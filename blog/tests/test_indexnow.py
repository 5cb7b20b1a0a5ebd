"""Search engines are told of new and changed articles, if the operator wants it."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog import indexnow
from blog.models import Article
from blog.tasks import tell_search_engines
from blog.tests.desk import make_editor
from blog.tests.factories import make_article
from careersite.tests.provider import Answer, Provider

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef"


@pytest.fixture
def engine(provider: Provider, settings: object) -> Provider:
    settings.INDEXNOW_KEY = KEY
    settings.INDEXNOW_ENDPOINT = f"{provider.url}/indexnow"
    return provider


def tell() -> int:
    return indexnow.tell(timezone.now())


def test_a_new_article_is_told_of_once(engine: Provider, client: Client) -> None:
    make_article(slug="new")
    tell_search_engines()
    tell_search_engines()

    (request,) = engine.requests
    assert (request.method, request.path) == ("POST", "/indexnow")
    said = json.loads(request.body)
    assert said == {
        "host": "127.0.0.1:8000",
        "key": KEY,
        "keyLocation": f"http://127.0.0.1:8000/{KEY}.txt",
        "urlList": ["http://127.0.0.1:8000/articles/new/"],
    }
    assert client.get(f"/{KEY}.txt").content == KEY.encode()


def test_a_changed_article_is_told_of_again(engine: Provider) -> None:
    article = make_article(slug="new")
    editor = make_editor()
    article.record_revision(editor)
    assert (tell(), tell()) == (1, 0)
    article.body = "<p>Other words.</p>"
    article.save()
    article.record_revision(editor)
    assert (tell(), tell()) == (1, 0)


def told(engine: Provider) -> list[str]:
    """The paths that the last call told of."""
    urls = json.loads(engine.requests[-1].body)["urlList"]
    return [url.removeprefix("http://127.0.0.1:8000") for url in urls]


def test_an_article_that_is_withdrawn_is_told_of_once_and_again_when_it_is_back(
    engine: Provider,
) -> None:
    article = make_article(slug="grüße", published_at=timezone.now() - timedelta(days=90))
    article.withdraw()
    assert (tell(), tell()) == (1, 0)
    assert told(engine) == ["/articles/gr%C3%BC%C3%9Fe/"]
    article.publish()
    assert (tell(), tell()) == (1, 0)
    assert told(engine) == ["/articles/gr%C3%BC%C3%9Fe/"]


@pytest.mark.parametrize("target", [{}, {"to_path": "/about/"}])
def test_a_deleted_article_is_told_of_with_all_addresses_it_had(
    engine: Provider, target: dict
) -> None:
    article = make_article(slug="first", published_at=timezone.now() - timedelta(days=90))
    article.rename("second")
    assert (tell(), told(engine)) == (1, ["/articles/first/"])
    article.remove(**target)
    assert (tell(), tell()) == (2, 0)
    assert set(told(engine)) == {"/articles/first/", "/articles/second/"}


def test_an_article_whose_time_is_over_is_told_of(engine: Provider) -> None:
    article = make_article(slug="short", published_at=timezone.now() - timedelta(days=90))
    assert tell() == 0
    Article.objects.filter(pk=article.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert (tell(), tell()) == (1, 0)
    assert told(engine) == ["/articles/short/"]


def test_an_article_that_is_given_more_time_after_its_time_was_over_is_told_of(
    engine: Provider,
) -> None:
    now = timezone.now()
    article = make_article(slug="short", published_at=now - timedelta(days=90))
    Article.objects.update(expires_at=now - timedelta(minutes=1))
    assert tell() == 1
    article.refresh_from_db()
    article.expires_at = now + timedelta(days=30)
    article.save()
    assert (tell(), tell()) == (1, 0)
    assert told(engine) == ["/articles/short/"]
    article.refresh_from_db()
    article.expires_at = None  # more time still, while it is public
    article.save()
    assert tell() == 0


def test_a_draft_that_nobody_has_read_goes_without_a_word(engine: Provider) -> None:
    article = make_article(published_at=None)
    article.rename("other")
    article.remove()
    assert tell() == 0
    assert engine.requests == []


@pytest.mark.parametrize(
    "fields",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"published_at": timezone.now() - timedelta(days=3)},
        {"expires_at": timezone.now() - timedelta(days=3)},
        {"original_url": "https://paper.example/how"},
    ],
)
def test_what_is_not_public_not_new_or_not_ours_is_not_told(engine: Provider, fields: dict) -> None:
    make_article(**fields)
    assert tell() == 0
    assert engine.requests == []


def test_nobody_is_told_anything_unless_asked_for(provider: Provider, settings: object) -> None:
    settings.INDEXNOW_ENDPOINT = f"{provider.url}/indexnow"
    make_article()
    assert tell() == 0
    assert provider.requests == []


@pytest.mark.parametrize("answer", [Answer(status=429), Answer(status=503), Answer(is_lost=True)])
def test_an_engine_that_is_away_is_told_later(engine: Provider, answer: Answer) -> None:
    make_article()
    engine.next_answers.append(answer)
    assert (tell(), tell(), tell()) == (0, 1, 0)


def test_a_refusal_is_said_once(engine: Provider, caplog: pytest.LogCaptureFixture) -> None:
    make_article()
    engine.next_answers.append(Answer(status=403))
    with caplog.at_level(logging.ERROR):
        tell()
        tell()
    assert [record.getMessage() for record in caplog.records] == [
        "IndexNow refused 1 addresses with status 403"
    ]
    assert len(engine.requests) == 1


def test_an_answer_leads_nowhere_else(engine: Provider) -> None:
    make_article()
    engine.next_answers.append(Answer(status=307, headers={"Location": f"{engine.url}/else"}))
    tell()
    assert [request.path for request in engine.requests] == ["/indexnow"]


def test_nothing_waits_for_an_engine(engine: Provider, settings: object) -> None:
    """Publishing asks it nothing: only the task does."""
    article = make_article(published_at=None)
    settings.INDEXNOW_ENDPOINT = "http://127.0.0.1:1/indexnow"
    article.publish()
    assert Article.objects.get().is_public
    assert tell() == 0
    assert engine.requests == []


@pytest.mark.parametrize("name", ["other", KEY[:-1], f"{KEY}0", "", "%00", "a b"])
def test_no_other_file_is_the_key(client: Client, settings: object, name: str) -> None:
    settings.INDEXNOW_KEY = KEY
    assert client.get(f"/{name}.txt").status_code == 404
    settings.INDEXNOW_KEY = ""
    assert client.get(f"/{name}.txt").status_code == 404
