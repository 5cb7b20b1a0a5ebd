"""The address of an article that outlives every change of its slug: for mails."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db


def test_it_leads_to_the_current_address_after_a_rename_too(client: Client) -> None:
    article = make_article("How to read a job ad")
    link = article.get_permanent_url()
    assert client.get(link).headers["Location"] == "/articles/how-to-read-a-job-ad/"
    article.slug = "reading-job-ads"
    article.save()
    response = client.get(link)
    assert response.status_code == 301
    assert response.headers["Location"] == "/articles/reading-job-ads/"


def test_it_keeps_the_query(client: Client) -> None:
    link = make_article("Six lines").get_permanent_url()
    location = client.get(f"{link}?utm_source=newsletter&x=1").headers["Location"]
    assert location == "/articles/six-lines/?utm_source=newsletter&x=1"


@pytest.mark.parametrize("which", ["draft", "scheduled", "expired", "never written"])
def test_what_is_not_public_is_not_found(client: Client, which: str) -> None:
    now = timezone.now()
    facts = {
        "draft": {"published_at": None},
        "scheduled": {"published_at": now + timedelta(hours=1)},
        "expired": {"expires_at": now - timedelta(hours=1)},
        "never written": {},
    }[which]
    article = make_article("A secret plan", **facts)
    link = article.get_permanent_url()
    if which == "never written":
        article.delete()
    response = client.get(link)
    assert response.status_code == 404
    assert "secret" not in response.content.decode().lower()


@pytest.mark.parametrize("slug", ["id", "page", "feed", "tag", "admin", "articles"])
def test_no_address_of_an_article_stands_in_the_way_of_another(client: Client, slug: str) -> None:
    article = make_article(slug=slug)
    assert client.get(f"/articles/{slug}/").status_code == 200
    location = client.get(article.get_permanent_url()).headers["Location"]
    assert location == f"/articles/{slug}/"
    for address in ("/feed.xml", "/archive/", "/"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "9999999999"])
def test_a_strange_number_is_not_found(client: Client, number: str) -> None:
    assert client.get(f"/articles/id/{number}/").status_code == 404
