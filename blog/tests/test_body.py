"""Whichever way a body is stored, it is sanitised; and its derived columns follow."""

import pytest

from blog.body import BodyWidget
from blog.models import Article, Page
from blog.plain_text import excerpt, plain_text, reading_minutes
from blog.tests.factories import make_article, make_author

HOSTILE = '<p onclick="x()">Hello <script>steal()</script><b>you</b></p>'
CLEAN = "<p>Hello <b>you</b></p>"


def stored(article: Article) -> str:
    return Article.objects.values_list("body", flat=True).get(pk=article.pk)


@pytest.mark.django_db
def test_saving_sanitises_the_row_and_the_object() -> None:
    article = make_article(body=HOSTILE)
    assert stored(article) == article.body == CLEAN


@pytest.mark.django_db
def test_update_sanitises() -> None:
    article = make_article()
    Article.objects.filter(pk=article.pk).update(body=HOSTILE)
    assert stored(article) == CLEAN


@pytest.mark.django_db
def test_bulk_create_and_bulk_update_sanitise() -> None:
    [article] = Article.objects.bulk_create(
        [Article(title="x", slug="x", body=HOSTILE, author=make_author())]
    )
    assert stored(article) == CLEAN
    article.body = HOSTILE + HOSTILE
    Article.objects.bulk_update([article], ["body"])
    assert stored(article) == CLEAN + CLEAN


@pytest.mark.django_db
def test_a_page_is_sanitised_too() -> None:
    page = Page.objects.create(slug="imprint", title="Imprint", body=HOSTILE)
    assert Page.objects.get(pk=page.pk).body == CLEAN


@pytest.mark.django_db
def test_saving_twice_changes_nothing() -> None:
    article = make_article(
        body="<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>a & b"
    )
    once = stored(article)
    article.refresh_from_db()
    article.save()
    assert stored(article) == once


@pytest.mark.django_db
def test_the_text_for_search_holds_only_what_is_stored() -> None:
    article = make_article(body="<p>Seen</p><form>unseen</form><!-- unseen -->")
    assert article.body_text == "Seen"


def test_the_editor_is_never_given_anything_that_runs() -> None:
    html = BodyWidget().render("body", HOSTILE, {"id": "id_body"})
    assert "steal" not in html
    assert "&lt;p&gt;Hello" in html


def test_each_block_is_a_line_and_nothing_else_is() -> None:
    body = (
        "<h2>One</h2><p>two\n three<br>four&nbsp;five</p><ul><li>six</li><li>se\u00adven</li></ul>"
    )
    assert plain_text(body) == "One\ntwo three\nfour five\nsix\nseven"


def test_text_keeps_what_only_looks_like_markup() -> None:
    assert plain_text("<p>a &lt;b&gt; &amp;amp; 1 &lt; 2</p>") == "a <b> &amp; 1 < 2"


def test_an_excerpt_ends_at_a_word() -> None:
    assert excerpt("one two three", 100) == "one two three"
    assert excerpt("one two, three", 10) == "one two…"
    assert len(excerpt("x" * 500, 100)) <= 100


def test_reading_takes_a_minute_at_least() -> None:
    assert reading_minutes("") == 1
    assert reading_minutes("word " * 660) == 3
