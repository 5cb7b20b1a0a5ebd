"""Every title leads to an address of its own, in any script."""

import unicodedata

import pytest

from blog.models import Article
from blog.slugs import MAX_LENGTH, slug_for, slug_from
from blog.tests.factories import make_article

NAUGHTY = [
    *(
        "",
        " ",
        "\u200b",
        "\ufeff",
        "…",
        "-",
        "___",
        "🦄🦄",
        "💼",
        "\u202e",
        "<script>",
        "' OR 1=1 --",
    ),
    *("../../etc/passwd", "%00", "..", ".", "/", "\\", "feed", "page", "admin", "null", "NaN", "0"),
    *(
        "Ω≈ç√∫",
        "田中さん",
        "Кем работать?",
        "مقابلة عمل",
        "हिन्दी",
        "ﬁnd a job",
        "Å",
        "İstanbul",
        "ß" * 200,
    ),
    *("é" * 300, "e\u0301" * 300, "a\u00adb", "a\xa0b", "x" * 1000, "\u1100\u0301\u1161", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗"),
]


@pytest.mark.django_db
def test_naughty_titles_get_addresses_of_their_own() -> None:
    for title in NAUGHTY:
        make_article(title=title[:160] or "?")
    slugs = list(Article.objects.values_list("slug", flat=True))
    assert len(set(slugs)) == len(NAUGHTY)
    for slug in slugs:
        assert 0 < len(slug) <= MAX_LENGTH
        assert slug == unicodedata.normalize("NFC", slug)
        assert not set(slug) & set("/\\?#%<>\"' .")


@pytest.mark.django_db
def test_every_naughty_title_can_be_linked_to() -> None:
    for title in NAUGHTY:
        assert make_article(title=title[:160] or "?").get_absolute_url().startswith("/articles/")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Nice vs. successful!", "nice-vs-successful"),
        ("  What’s  “good”? ", "whats-good"),
        ("re\u00adsume\u200b tips", "resume-tips"),
        ("two\xa0words", "two-words"),
        ("Кем работать?", "кем-работать"),
        ("🦄", "article"),
    ],
)
def test_a_slug_reads_like_its_title(title: str, slug: str) -> None:
    assert slug_from(title, "article") == slug


@pytest.mark.django_db
def test_a_taken_slug_is_counted_on() -> None:
    for expected in ("a-job", "a-job-2", "a-job-3"):
        assert make_article(title="A job").slug == expected
    assert slug_for("A job", Article.objects.all(), "article") == "a-job-4"


@pytest.mark.django_db
def test_long_titles_stay_apart() -> None:
    first, second = make_article(title="long " * 30), make_article(title="long " * 30)
    assert first.slug != second.slug
    assert len(second.slug) <= MAX_LENGTH


@pytest.mark.django_db
def test_a_new_title_leaves_the_address_alone() -> None:
    article = make_article(title="First")
    article.title = "Second"
    article.save()
    assert article.slug == "first"
