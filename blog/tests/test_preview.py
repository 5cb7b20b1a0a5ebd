"""A preview link shows an article as it is going to be, to whoever has it and to nobody else."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, PreviewLink, ReadCount
from blog.models.preview_link import LIFETIME
from blog.tests.desk import make_editor, signed_in
from blog.tests.factories import make_article, make_articles, make_topic
from careersite.logs import without_tokens

pytestmark = pytest.mark.django_db

HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
}


def link_to(article: Article) -> str:
    user = make_editor("mira")
    return f"/preview/{PreviewLink.objects.make(article, user, timezone.now()).token}/"


def with_changes(article: Article, **changed: object) -> Article:
    article.record_revision(None)
    article.keep_back({**article.content([]), **changed}, None)
    return article


@pytest.mark.parametrize(
    "state",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_what_is_not_public_is_read_without_an_account(client: Client, state: dict) -> None:
    make_articles(3)
    article = make_article("Ask for a raise", slug="pay", topics=[make_topic()], **state)

    response = client.get(link_to(article))
    html = response.content.decode()

    assert response.status_code == 200
    assert "Ask for a raise" in html
    assert "Read the last line first." in html
    assert "Interviews" in html
    assert "This article is not public." in html
    head = html.partition("<h1")[2].partition("</header>")[0]
    assert re.search(r'<time datetime="\d[^"]+">\d+ \w+ \d{4}</time>', head)
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert client.get("/articles/pay/").status_code == 404


def test_nothing_around_it_leads_on_shares_it_or_counts(client: Client) -> None:
    make_articles(3)
    html = client.get(link_to(make_article("Soon", published_at=None))).content.decode()
    html = re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)

    main = html.partition("</main>")[0]
    assert 'rel="prev"' not in html and 'rel="next"' not in html
    assert "share" not in re.sub(r"share\.png", "", main)
    assert "data-counted-at" not in html and "article.js" not in html
    assert "og:" not in html and "canonical" not in html and "ld+json" not in html
    assert 'name="robots" content="noindex' in html
    assert not ReadCount.objects.exists()


def test_no_form_names_the_link(client: Client) -> None:
    link = link_to(make_article("Soon", published_at=None))
    assert link not in client.get(link).content.decode()


def test_changes_that_wait_are_shown_in_the_place_of_what_is_public(client: Client) -> None:
    article = with_changes(make_article(slug="pay"), title="Newer", body="<p>New words.</p>")
    link = link_to(article)

    html = client.get(link).content.decode()

    assert "Newer" in html and "New words." in html
    assert "Read the last line first." not in html
    assert "Readers see this article without these changes." in html
    assert "New words." not in client.get("/articles/pay/").content.decode()


def test_without_them_it_leads_to_the_page_itself(client: Client) -> None:
    article = make_article(slug="pay")
    link = link_to(article)
    response = client.get(link)
    assert (response.status_code, response["Location"]) == (301, "/articles/pay/")
    assert response["Cache-Control"] == "no-store"  # changes may wait in a minute

    with_changes(article, title="Newer")
    assert client.get(link).status_code == 200


def test_staff_see_what_strangers_see(client: Client) -> None:
    link = link_to(make_article("Soon", published_at=None))
    with time_machine.travel(timezone.now(), tick=False):
        stranger = client.get(link)
        staff = signed_in(make_editor("erin")).get(link)
    assert staff.content == stranger.content


@pytest.mark.parametrize("token", ["x", "a" * 52, "'", "%00", "\u202e", "a" * 3000])
def test_a_wrong_token_is_not_found(client: Client, token: str) -> None:
    link_to(make_article(published_at=None))
    response = client.get(f"/preview/{token}/")
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"


def test_it_ends_by_itself_and_a_new_one_is_another(client: Client) -> None:
    article = make_article(published_at=None)
    link = link_to(article)
    with time_machine.travel(timezone.now() + LIFETIME - timedelta(minutes=1)):
        assert client.get(link).status_code == 200
    with time_machine.travel(timezone.now() + LIFETIME):
        assert client.get(link).status_code == 404
        new = PreviewLink.objects.make(article, None, timezone.now())
        assert client.get(f"/preview/{new.token}/").status_code == 200
        assert new.token not in link


def test_an_editor_makes_one_shows_it_and_revokes_it(client: Client) -> None:
    article, desk = make_article("Soon", published_at=None), signed_in(make_editor())
    page, make, revoke = (
        reverse("admin:blog_article_preview", args=[article.pk]),
        *(
            reverse("admin:blog_article_preview_deed", args=[article.pk, deed])
            for deed in ("make", "revoke")
        ),
    )
    assert "/preview/" not in desk.get(page).content.decode().partition("<main")[0]
    for _ in range(2):  # a second press makes no second one
        desk.post(make)
    link = PreviewLink.objects.get()
    html = desk.get(page).content.decode()
    assert f"http://127.0.0.1:8000/preview/{link.token}/" in html
    assert client.get(f"/preview/{link.token}/").status_code == 200

    desk.post(revoke)

    assert client.get(f"/preview/{link.token}/").status_code == 404
    assert link.token not in desk.get(page).content.decode()


def test_nobody_guesses_a_token_and_no_log_keeps_one() -> None:
    tokens = {PreviewLink(article=None).token for _ in range(9)}
    assert len(tokens) == 9
    assert all(len(token) * 6 >= 128 for token in tokens)
    for token in tokens:
        assert token not in without_tokens(f"GET /preview/{token}/ 200")


def test_the_database_keeps_one_for_each_article() -> None:
    article = make_article()
    link_to(article)
    with pytest.raises(IntegrityError, match=r"one_preview_link|article_id"), transaction.atomic():
        PreviewLink.objects.create(article=article, ends_at=timezone.now())


def test_a_hostile_version_is_shown_harmless(client: Client) -> None:
    hostile = "<p onclick=x()>Old</p><script>steal()</script>"
    article = with_changes(make_article(), title="<b>x</b>", body=hostile)
    html = client.get(link_to(article)).content.decode()
    assert "<p>Old</p>" in html
    assert "steal()" not in html and "<b>x</b>" not in html


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post(link_to(make_article(published_at=None))).status_code == 405
