"""What the editors' desk says of what was read."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article, ReadCount
from blog.models.read_count import LATELY
from blog.reading_report import MOST_ARTICLES, ReadingReport
from blog.tests.desk import make_contributor, signed_in
from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db


def count(article: Article, days_ago: int, count: int, host: str = "") -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    ReadCount.objects.create(article=article, day=day, referrer_host=host, count=count)


def report() -> ReadingReport:
    return ReadingReport.at(timezone.now())


def test_articles_stand_by_their_sum_with_the_host_that_led_most_there() -> None:
    one, two = make_article("One"), make_article("Two")
    count(one, 0, 3)
    count(two, 0, 2, "small.example")
    count(two, 29, 4, "large.example")
    count(two, 30, 100)
    found = report()
    assert [(a.title, a.bars.total, a.most_came_from) for a in found.articles] == [
        ("Two", 6, "large.example"),
        ("One", 3, ""),
    ]
    assert found.bars.total == 9
    assert found.bars.best == (timezone.localdate(), 5)


def test_each_day_has_its_bar_within_the_drawing() -> None:
    article = make_article()
    count(article, 0, 8)
    count(article, 29, 2)
    bars = report().bars
    drawn = list(bars)
    assert len(drawn) == LATELY.days
    assert [(bar.count, bar.height) for bar in (drawn[0], drawn[1], drawn[-1])] == [
        (2, bars.height / 4),
        (0, 0),
        (8, bars.height),
    ]
    assert all(bar.y + bar.height == pytest.approx(bars.height) for bar in drawn)
    assert drawn[-1].x + bars.bar_width == bars.width


def test_only_the_first_few_are_listed_in_four_queries(
    django_assert_num_queries: Callable,
) -> None:
    for n in range(MOST_ARTICLES + 3):
        count(make_article(f"Article {n}"), n, n + 1, f"h{n}.example")
    with django_assert_num_queries(4):
        assert len(report().articles) == MOST_ARTICLES


def test_the_desk_shows_it_as_a_drawing_and_as_a_table(admin_client: Client) -> None:
    article = make_article("Pay & <offers>")
    count(article, 1, 1234, "news.example")
    page = admin_client.get("/admin/").content.decode()
    table = page[page.index("Read most in the last 30 days") :]
    assert (
        f'<a href="/admin/blog/article/{article.pk}/change/">Pay &amp; &lt;offers&gt;</a>' in table
    )
    assert "<td>1234</td>" in table
    assert "<td>news.example</td>" in table
    assert table.count("<rect") == 2 * LATELY.days
    assert 'role="img" aria-label="Reads on each' in table
    assert len(re.findall(r'<tr><th scope="row">\d', table)) == LATELY.days
    assert "style=" not in table


def test_before_the_first_read_the_desk_says_how_they_are_counted(admin_client: Client) -> None:
    assert "Nothing was counted yet" in admin_client.get("/admin/").content.decode()


def test_who_may_not_see_articles_does_not_see_what_is_read() -> None:
    user = make_contributor()
    user.groups.clear()
    count(make_article("Secret"), 0, 5)
    page = signed_in(user).get("/admin/").content.decode()
    assert "Read most" not in page and "Secret" not in page
