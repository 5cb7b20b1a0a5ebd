"""In public the site has one name; under its others readers are led there in one step."""

import pytest
from django.test import Client

from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db

SITE = "https://openseat.example"
ITS_OWN = {"Host": "openseat.example"}
ANOTHER = {"Host": "www.openseat.example"}


@pytest.fixture(autouse=True)
def in_public(settings: object) -> None:
    settings.SITE_URL, settings.SITE_IS_HTTPS = SITE, True
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "openseat.example"
    settings.ALLOWED_HOSTS = ["openseat.example", "www.openseat.example", "127.0.0.1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("/?utm_source=x&q=%C3%A9", "/?utm_source=x&q=%C3%A9"),
        ("/articles/old/", "/articles/new/"),
        ("/articles/new", "/articles/new/"),
        ("/nothing/", "/nothing/"),
        ("/feed.xml", "/feed.xml"),
    ],
)
@pytest.mark.parametrize("name", ["www.openseat.example", "127.0.0.1"])
def test_another_name_leads_to_the_one(client: Client, asked: str, found: str, name: str) -> None:
    make_article(slug="old").rename("new")
    response = client.get(asked, headers={"Host": name}, secure=True)
    assert (response.status_code, response["Location"]) == (301, SITE + found)
    assert not response.cookies


@pytest.mark.parametrize("asked", ["/", "/about/"])
def test_without_tls_too(client: Client, asked: str) -> None:
    response = client.get(asked, headers=ANOTHER)
    assert (response.status_code, response["Location"]) == (301, SITE + asked)


@pytest.mark.parametrize("name", ["openseat.example", "OpenSeat.example", "openseat.example:443"])
def test_its_own_name_leads_nowhere(client: Client, name: str) -> None:
    assert client.get("/", headers={"Host": name}, secure=True).status_code == 200


def test_who_is_no_reader_stays_where_he_is(client: Client) -> None:
    assert client.get("/healthz", headers=ANOTHER, secure=True).status_code == 200
    assert client.post("/newsletter/subscribe/", headers=ANOTHER, secure=True).status_code < 500
    assert client.get("/", headers={"Host": "evil.example"}, secure=True).status_code == 400


def test_at_home_each_name_will_do(client: Client, settings: object) -> None:
    settings.SITE_IS_HTTPS = settings.SECURE_SSL_REDIRECT = False
    assert client.get("/", headers=ANOTHER).status_code == 200
