"""Each public address, with what nobody means well: no crash, nothing repeated, nothing private."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from blog.models import Article
from blog.tests.factories import make_articles, make_topic
from careersite.logs import OneLine

pytestmark = pytest.mark.django_db

VALUES = {
    "later": 2,
    "ordinal": 1,
    "year": 2026,
    "month": 11,
    "uslug": "article-1",
    "fingerprint": "0123456789abcdef",
    "str": "x",
    "path": "x",
}
OF_THE_HOUSE = (  # as careersite.urls has them
    *("/healthz", "/readyz", "/media/x", "/newsletter/your-data/x/", "/admin/login/"),
    *("/anymail/mailgun/tracking/", "/anymail/resend/tracking/", "/anymail/nobody/tracking/"),
)
PARAMETERS = ("q", "page", "topic", "year", "tag", "order", "next", "source", "website", "slug")
NASTY = [
    *("", "'", "[x'", "1) OR 1=1--", "%", "_", "\x00", "\x1b[31m", "\u202e", "🦓", "\ud800"),
    *("-1", "0", "1e9", "9" * 40, "٣", "NaN", "null", "true", "{{7*7}}", "${7*7}", "<script>"),
    *("../../etc/passwd", "javascript:alert(1)", "//evil.example", "\r\nX-Evil: 1", "a" * 3000),
    *("_connector=OR", "(" * 200, '"' * 99, "c++", "foo:bar", "* -", "a@" + "a." * 400),
]
RAW_QUERIES = [
    *("&&&", "=", "%", "%zz", "%00=%00", "q=%ff%fe", "q=%c3%28", "a[b]=1", "q=1&q=2&q=3", ";"),
    "&".join(f"p{n}=1" for n in range(2000)),
    "q=" + "%3C" * 33_000,
]
HEADERS = [
    {"Range": "bytes=0-5"},
    {"Range": "bytes=9-1,x"},
    {"If-None-Match": "\x01"},
    {"If-Modified-Since": "yesterday"},
    {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Accept-Encoding": "gzip;q=x, br;q=9, *;q=0"},
    {"Accept-Encoding": "a," * 9000},
    {"Accept-Language": "\xff" * 99},
    {"Cookie": "sessionid=%00'; messages=x; csrftoken=" + "x" * 5000},
    {"Authorization": "Basic \xff"},
    {"X-Forwarded-For": "x, ::1, 999.1.1.1"},
    {"X-Forwarded-Proto": "javascript"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Referer": "http://["},
    {"User-Agent": ""},
    {"Content-Type": "multipart/form-data; boundary=\xff"},
    {"Content-Length": "x"},
    {"Host": ""},
    {"Host": "[::1"},
    {"Host": "testserver:99999999"},
    {"Host": "testserver, evil.example"},
    {"Host": "te\u00dft.example"},
]
BODIES = [  # with what they claim to be
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="email"; '),
    ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x\r\n" * 50 + b"--x--"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="../../x.php"\r\n'
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
    ),
    (
        "application/x-www-form-urlencoded",
        b"email=%ff%00%zz&question=%ED%A0%80&form_stamp=%00:\xff",
    ),
    ("application/x-www-form-urlencoded; charset=utf-7", b"email=a%40b.example&form_stamp=1:x"),
    ("application/x-www-form-urlencoded; charset=no-such", b"email=a%40b.example"),
    ("application/x-www-form-urlencoded", b"&".join(b"p%d=1" % n for n in range(2000))),
    ("application/json", b'{"email": ['),
    ("text/html; charset=\xff", b"<"),
    ("", b"\x00" * 999),
]
METHODS = ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "HEAD"]
OTHER_FORMS = [
    "{}/",
    "{}//",
    "/{}",
    "{}%2e%2e/",
    "{}%00",
    "{}%ff",
    "{};x",
    "{}é",
    "{}x" + "y" * 3000,
]


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route
        else:
            yield from routes(one, route)


def filled(route: str) -> str:
    return "/" + re.sub(r"<(\w+):\w+>", lambda match: str(VALUES[match[1]]), route)


def addresses() -> list[str]:
    """Each app's own: careersite.urls may not be read before tests switch DEBUG off."""
    apps = {"blog": "", "newsletter": "newsletter/", "enquiries": ""}
    found = [
        filled(route)
        for app, prefix in apps.items()
        for route in routes(get_resolver(f"{app}.urls"), prefix)
    ]
    return [*found, *OF_THE_HOUSE]


ADDRESSES = addresses()


@pytest.fixture(autouse=True)
def articles() -> list[Article]:
    topic = make_topic("Offers", slug="article-1")
    return make_articles(3, topics=[topic])


def check(response: HttpResponse, address: str, sent: object) -> None:
    is_unwell = address.startswith("/readyz") and response.status_code == 503  # nobody works here
    assert response.status_code < 500 or is_unwell, (address, sent)
    assert "X-Evil" not in response, (address, sent)
    assert urlsplit(response.headers.get("Location", "")).netloc == "", (address, sent)


def share(things: list, address: str) -> list:
    """All for an address that reads what it is asked; for the others a fourth, each another one."""
    is_asked = address.startswith(("/search/", "/newsletter/", "/ask/", "/resume/"))
    return things if is_asked and "x" not in address else things[ADDRESSES.index(address) % 4 :: 4]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_query_breaks_an_address(client: Client, address: str) -> None:
    for value in share(NASTY, address):
        sent = dict.fromkeys(PARAMETERS, value.encode("utf-8", "surrogatepass"))
        check(client.get(address, sent), address, value)
    for query in share(RAW_QUERIES, address):
        check(client.get(address, QUERY_STRING=query), address, query[:50])


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_header_method_or_other_form_breaks_an_address(client: Client, address: str) -> None:
    for headers in share(HEADERS, address):
        check(client.get(address, headers=headers), address, headers)
    for method in share(METHODS, address):
        check(client.generic(method, address), address, method)
    for form in OTHER_FORMS:
        check(client.get(form.format(address)), address, form)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_body_breaks_an_address(client: Client, address: str) -> None:
    for kind, body in BODIES:
        check(client.generic("POST", address, body, content_type=kind), address, (kind, body[:50]))


@pytest.mark.parametrize(
    "query", ["_connector=OR", "order=title", "tag='", "id=1", "published_at="]
)
def test_no_parameter_reaches_the_database(client: Client, query: str) -> None:
    """A page that takes none is the same with any."""
    for address in ("/", "/topics/article-1/", "/archive/", "/articles/article-1/"):
        assert client.get(f"{address}?{query}").content == client.get(address).content


@pytest.mark.parametrize("text", ["<" * 99_000, "a@" + "a." * 49_000, "&#" * 49_000, "((" * 49_000])
def test_a_long_text_of_one_kind_is_answered(client: Client, text: str) -> None:
    """Where a pattern runs away, this never ends (and pytest's own patience does)."""
    fields = {"email": text, "name": text, "question": text, "message": text, "website": ""}
    for address in ("/newsletter/subscribe/", "/ask/", "/resume/", "/newsletter/link/"):
        check(client.post(address, fields), address, text[:9])
    check(client.get("/search/", {"q": text}), "/search/", text[:9])


def test_one_request_makes_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/nothing%0aERROR forged/%1b[31m")
    line = OneLine("%(message)s")
    assert caplog.records
    for record in caplog.records:
        assert "\n" not in line.format(record)
        assert "\x1b" not in line.format(record)


def test_no_query_set_is_made_of_what_was_sent() -> None:
    """CVE-2025-64459 and its like: names of parameters must not become names of columns."""
    taken = re.compile(r"\*\*(?:request\.|self\.request\.)?(?:GET|POST|data|cleaned_data)\b")
    apps = [settings.BASE_DIR / app for app in ("blog", "newsletter", "enquiries", "careersite")]
    read = [
        file
        for app in apps
        for file in app.rglob("*.py")
        if "tests" not in file.relative_to(app).parts
    ]
    assert len(read) > 100
    assert [file for file in read if taken.search(file.read_text())] == []


@pytest.mark.parametrize("path", ["blog/article/", "blog/article/1/delete/", "blog/image/upload/"])
@pytest.mark.parametrize(
    "form", ["/admin/{}", "/admin//{}", "//admin/{}", "/%61dmin/{}", "/admin/./{}"]
)
def test_the_desk_is_shut_in_each_form_of_its_addresses(
    client: Client, path: str, form: str
) -> None:
    """Ghost's CVE-2026-22595: a rule that held with a slash at the end only."""
    for address in (form.format(path), form.format(path).rstrip("/"), form.format(path) + "%2e/"):
        for response in (client.get(address), client.post(address)):
            is_let_in = response.status_code == 200 or b"Log out" in response.content
            assert not is_let_in, address
