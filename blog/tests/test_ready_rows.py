"""Rows of ready statements are what Django itself would have loaded."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import Model
from django.utils import timezone

from blog.models import Article, CallToAction, Publication, Series
from blog.tests.factories import make_article, make_author, make_image
from blog.whole_article import public_article

pytestmark = pytest.mark.django_db


def values_of(thing: Model) -> dict[str, object]:
    return {
        name: (type(value), value)
        for name, value in vars(thing).items()
        if not name.startswith("_")
    }


def test_an_article_is_the_same_with_all_that_it_is_made_of(
    django_assert_num_queries: Callable,
) -> None:
    portrait, cover = make_image(300, 300), make_image()
    series = Series.objects.create(title="A long one")
    author = make_author(portrait=portrait, role="Editor")
    article = make_article(author=author, cover=cover, series=series, expires_at=None)
    of_django = Article.objects.select_related("author__portrait", "cover", "series").get()

    with django_assert_num_queries(1):
        found = public_article(article.slug, timezone.now())
        pairs = [
            (found, of_django),
            (found.author, of_django.author),
            (found.author.portrait, of_django.author.portrait),
            (found.cover, of_django.cover),
            (found.series, of_django.series),
        ]

    for ours, theirs in pairs:
        assert values_of(ours) == values_of(theirs)
        assert (ours._state.db, ours._state.adding) == ("default", False)


def test_what_an_article_lacks_is_none_and_not_asked_for_again(
    django_assert_num_queries: Callable,
) -> None:
    article = make_article()

    with django_assert_num_queries(1):
        found = public_article(article.slug, timezone.now())
        assert (found.cover, found.series, found.author.portrait) == (None, None, None)


def test_an_article_that_is_not_public_is_not_found() -> None:
    draft = make_article("A draft", published_at=None)
    expired = make_article("It was here", expires_at=timezone.now())
    planned = make_article("Soon", published_at=timezone.now() + timedelta(days=1))

    found = [public_article(one.slug, timezone.now()) for one in (draft, expired, planned)]

    assert found == [None, None, None]


def test_the_publication_is_the_same_with_its_call(django_assert_num_queries: Callable) -> None:
    call = CallToAction.objects.create(
        heading="Need A Resume?", text="We write it.", button_label="Start", button_url="/resume/"
    )
    Publication.objects.update_or_create(
        pk=1, defaults={"call_to_action": call, "marks_links_in_mails": True}
    )
    of_django = Publication.objects.get()

    with django_assert_num_queries(1):
        found = Publication.current()
        assert values_of(found) == values_of(of_django)
        assert values_of(found.call_to_action) == values_of(call)


def test_without_a_row_the_publication_has_its_first_name() -> None:
    Publication.objects.all().delete()

    assert Publication.current().name == "Open Seat"
