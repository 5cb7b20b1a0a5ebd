"""What anybody may try at the edges of the site, and what he learns from it: nothing."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from blog.models import Publication
from careersite.tests.addresses import read_addresses_anew

pytestmark = pytest.mark.django_db

PUBLIC = [
    *("/", "/archive/", "/search/?q=pay", "/about/", "/privacy/", "/newsletter/"),
    *("/ask/", "/ask/thanks/", "/resume/", "/resume/thanks/"),
]
SPILLS = re.compile(r"Traceback|line \d+, in |/site-packages/|Django|Exception Type|DATA_DIR")


@pytest.fixture(scope="module", autouse=True)
def in_public() -> None:
    """Other tests read the addresses when DEBUG was still on, and the outbox was among them."""
    read_addresses_anew()


@pytest.fixture
def broken(client: Client, monkeypatch: pytest.MonkeyPatch) -> HttpResponse:
    """The answer when something happens that nobody foresaw."""

    def fail() -> None:
        raise RuntimeError("the key is hush-hush")

    monkeypatch.setattr(Publication, "current", fail)
    client.raise_request_exception = False
    return client.get("/ask/")


def test_a_broken_page_is_said_kindly_and_tells_nothing(broken: HttpResponse) -> None:
    page = broken.content.decode()
    assert broken.status_code == 500
    assert "Something broke on our side" in page
    assert "hush-hush" not in page
    assert not SPILLS.search(page)
    assert broken["Cache-Control"] == "no-store"
    assert not broken.cookies


@pytest.mark.parametrize("path", ["/", "/ask/thanks/"])
def test_a_page_whose_stylesheet_is_lost_on_the_way_is_not_filled_by_a_drawing(
    client: Client, path: str
) -> None:
    drawings = re.findall(r"<(?:svg|img)\b[^>]*>", client.get(path).content.decode())

    assert drawings
    assert [one for one in drawings if not re.search(r' width="\d+" height="\d+"', one)] == []


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_knows_no_visitor_and_lets_no_stranger_in(client: Client, path: str) -> None:
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert "csrf" not in page
    rules = response["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert len(re.findall(r"<h1[ >]", page)) == len(re.findall("<title>", page)) == 1
    assert not re.search(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//(?!127)", page
    )


@pytest.mark.parametrize(
    "path",
    [
        *("/.git/config", "/.env", "/.env.example", "/manage.py", "/careersite/settings.py"),
        *("/static/", "/static/../careersite/settings.py", "/static/%2e%2e/manage.py"),
        *("/media/", "/media/../db.sqlite3", "/media/..%2f..%2fetc/passwd", "/media/%00"),
        *("/private/", "/db.sqlite3", "/secret_key", "/outbox/", "/admin/doc/", "/metrics"),
        *("/ckeditor/upload/", "/ckeditor/browse/", "/static/ckeditor/ckeditor/samples/"),
        *("/wp-login.php", "/index.php"),
    ],
)
def test_there_is_nothing_to_find(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code in {400, 404} or response["Location"].startswith("/admin/login/")
    assert not SPILLS.search(response.content.decode())


@pytest.mark.parametrize("path", ["/", "/ask/", "/newsletter/", "/healthz", "/readyz"])
def test_no_page_repeats_what_it_was_sent(client: Client, path: str) -> None:
    assert client.trace(path).status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "testserver.evil.example", "*"]
)
def test_a_host_that_is_not_ours_is_refused(client: Client, host: str) -> None:
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in response.content.decode()


def test_another_hosts_name_in_a_header_of_a_proxy_changes_nothing(client: Client) -> None:
    page = client.get("/", headers={"X-Forwarded-Host": "evil.example"}).content.decode()
    assert "evil.example" not in page


def test_no_other_site_is_told_anything(client: Client) -> None:
    response = client.get("/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response
    preflight = client.options("/ask/", headers={"Origin": "https://evil.example"})
    assert preflight.status_code == 405
    assert "Access-Control-Allow-Origin" not in preflight
