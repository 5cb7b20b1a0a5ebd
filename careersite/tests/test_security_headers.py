"""Each answer tells the browser how little it may do."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from careersite.reading_sheet import source
from careersite.security_headers import HEADERS

STRICT = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {source()}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)


def plain(request: HttpRequest, **_: object) -> HttpResponse:
    return HttpResponse("text")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(["text"]))


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def broken(request: HttpRequest) -> HttpResponse:
    raise OSError("the disk is full")


def with_its_own(request: HttpRequest) -> HttpResponse:
    own = {
        "Content-Security-Policy": "sandbox",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HttpResponse("a private file", headers=own)


admin_urls = [
    path("blog/article/add/", plain, name="blog_article_add"),
    path("blog/article/<int:pk>/change/", plain, name="blog_article_change"),
    path("blog/article/", plain, name="blog_article_changelist"),
]
urlpatterns = [
    path("admin/", include((admin_urls, "admin"))),
    path("plain/", plain, name="blog_article_add"),
    path("stream/", stream),
    path("forbidden/", forbidden),
    path("broken/", broken),
    path("own/", with_its_own),
]


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["careersite.security_headers.SecurityHeaders"],
        EDITOR_VIEW_NAMES=["admin:blog_article_add", "admin:blog_article_change"],
        DEBUG=False,
    ):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "url", ["/plain/", "/stream/", "/forbidden/", "/broken/", "/nowhere/", "/admin/blog/article/"]
)
def test_every_answer_is_strict(client: Client, url: str) -> None:
    response = client.get(url)
    assert response["Content-Security-Policy"] == STRICT
    assert {name: response[name] for name in HEADERS} == HEADERS


def test_the_other_headers_say_no() -> None:
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert HEADERS["Cross-Origin-Opener-Policy"] == "same-origin"
    assert HEADERS["Cross-Origin-Resource-Policy"] == "same-origin"
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in HEADERS["Permissions-Policy"].split(", ")


@pytest.mark.parametrize("url", ["/admin/blog/article/add/", "/admin/blog/article/7/change/"])
def test_the_page_with_the_editor_may_do_two_things_more(client: Client, url: str) -> None:
    policy = client.get(url)["Content-Security-Policy"].split("; ")
    added = set(policy) - set(STRICT.split("; "))
    assert added == {"script-src-attr 'unsafe-inline'", "style-src 'self' 'unsafe-inline'"}
    assert "sha256" not in str(policy), "beside a hash 'unsafe-inline' would count for nothing"
    assert sum(one.startswith("style-src") for one in policy) == 1, "a second one is ignored"
    assert "script-src 'self'" in policy


def test_a_view_may_be_stricter_by_itself(client: Client) -> None:
    response = client.get("/own/")
    assert response["Content-Security-Policy"] == "sandbox"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_web_mail_may_show_the_mark_at_the_head_of_our_mails(client: Client) -> None:
    mark = client.get("/static/icons/mail-mark.png")
    assert mark["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/static/site.css")["Cross-Origin-Resource-Policy"] == "same-origin"
