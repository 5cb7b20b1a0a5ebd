"""Marks on links, for whoever counts visits: only if asked for, only on links to our articles."""

import re

import pytest
from pytest_django import Settings

from blog.models import Publication
from blog.tests.factories import make_article, make_topic
from newsletter.emails import Words, letter_of, notice_of
from newsletter.emails.link_marks import mark_html, mark_text

pytestmark = pytest.mark.django_db

SITE = "https://careers.example"
MARKS = "utm_source=newsletter&utm_medium=email&utm_campaign="


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = SITE


def notice(*, marked: bool) -> Words:
    Publication.objects.update_or_create(pk=1, defaults={"marks_links_in_mails": marked})
    return notice_of(make_article("Six lines: what to say", topics=[make_topic()]))


def test_nothing_is_marked_unless_somebody_asked_for_it() -> None:
    words = notice(marked=False)
    assert "utm_" not in words.html + words.text


def test_links_to_the_article_say_which_mailing_it_was() -> None:
    words = notice(marked=True)
    links = re.findall(r'href="(https://careers\.example/articles/[^"]+)"', words.html)
    marked = re.compile(rf"{SITE}/articles/id/\d+/\?{re.escape(MARKS)}six-lines-what-to-say")
    assert links
    assert all(marked.fullmatch(link.replace("&amp;", "&")) for link in links)
    assert marked.search(words.text)


def test_no_link_that_is_somebodys_own_and_none_to_elsewhere_is_marked() -> None:
    words = notice(marked=True)
    others = [
        link
        for link in re.findall(r'(?:href|src)="([^"]+)"', words.html)
        if not link.startswith(f"{SITE}/articles/")
    ]
    assert any("/unsubscribe/" in link for link in others)
    assert not any("utm_" in link for link in others)
    for line in words.text.splitlines():
        assert "utm_" not in line or "/articles/" in line


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        (f"{SITE}/articles/a/?x=1&y=2", f"{SITE}/articles/a/?x=1&y=2&{MARKS}may"),
        (f"{SITE}/articles/a/#text-end", f"{SITE}/articles/a/?{MARKS}may#text-end"),
        (f"{SITE}/articles/a/?x=%26#e", f"{SITE}/articles/a/?x=%26&{MARKS}may#e"),
        (f"{SITE}.evil.example/articles/a/", None),
        ("https://elsewhere.example/articles/a/", None),
        (f"{SITE}/newsletter/unsubscribe/x/", None),
        (f"{SITE}/", None),
    ],
)
def test_what_an_address_has_already_stays(address: str, marked: str | None) -> None:
    expected = marked or address
    assert mark_text(f"Read it ({address}) now.", "may") == f"Read it ({expected}) now."
    written = mark_html(f'<a href="{address.replace("&", "&amp;")}">Read</a>', "may")
    assert written == f'<a href="{expected.replace("&", "&amp;")}">Read</a>'


def test_a_letters_links_are_marked_the_same_way() -> None:
    Publication.objects.update_or_create(pk=1, defaults={"marks_links_in_mails": True})
    body = '<p><a href="/articles/a/">A</a> and <a href="https://other.example/">B</a></p>'
    words = letter_of("Hello", "A word.", body)
    assert f"{SITE}/articles/a/?{MARKS}hello" in words.text
    assert "https://other.example/?" not in words.html
