"""Who comes back with a page he has already gets 304, also where our page cache steps aside."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from blog.public_forms import SHARED_STAMP_STEP
from blog.tests.factories import make_article
from careersite.stored_page import Policy, StoredPage

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ADDRESSES = [
    *("/", "/articles/how-to-read-a-job-ad/", "/search/?q=job", "/newsletter/"),
    *("/feed.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/robots.txt"),
]


@pytest.fixture(autouse=True)
def article() -> None:
    make_article("How to read a job ad", published_at=MORNING - timedelta(days=3))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_the_tag_that_the_page_cache_gives_it(client: Client, address: str) -> None:
    answer = client.get(address)

    stored = StoredPage("200 OK", [], answer.content, Policy(10), stored_at=0)

    assert ("ETag", answer["ETag"]) in stored.headers["identity"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_is_told_so(client: Client, address: str) -> None:
    tag = client.get(address)["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        answer = client.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
    assert client.head(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(address, headers={"If-None-Match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_that_is_made_anew_is_the_same_page_for_some_minutes(
    client: Client, address: str
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        tags = {client.get(address)["ETag"]}
        clock.shift(SHARED_STAMP_STEP - timedelta(seconds=1))
        tags.add(client.get(address)["ETag"])
    assert len(tags) == 1


def test_another_page_has_another_tag(client: Client) -> None:
    old = client.get("/")["ETag"]
    make_article("Another one")
    assert client.get("/", headers={"If-None-Match": old}).status_code == 200


@pytest.mark.parametrize("address", ["/ask/", "/resume/", "/ask/thanks/", "/healthz"])
def test_what_is_for_one_person_has_no_tag(client: Client, address: str) -> None:
    assert "ETag" not in client.get(address)


def test_a_desk_has_no_tag(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    assert "ETag" not in client.get("/admin/")


def test_a_page_that_is_missing_is_missing_whatever_one_has(client: Client) -> None:
    answer = client.get("/nothing/", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
