"""The real site behind a real nginx: two caches, one page for everybody, nothing of anybody."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from careersite.tests.e2e.front import Nginx, Reply, Server, nginx_in_front_of
from careersite.tests.e2e.installation import STAFF, install, web_server
from careersite.tests.e2e.visitor import Visitor, without_stamp

pytestmark = pytest.mark.nginx

Eventually = Callable[..., object]
ARTICLE = "/articles/interview-went-well-somebody-else/"
FILES = ("/static/", "/media/")
# The outbox names the folder its mails lie in.
NOT_FOR_STRANGERS = (*FILES, "/admin/", "/outbox/")
BY_HAND = ("/", "/search/?q=interview", "/search/?q=pay&page=1", "/no-such-page/", "/ask/thanks/")
PROMISED_S = 20


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    install(folder)
    return folder


@pytest.fixture(scope="module")
def fresh(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same site on a copy of its data that nobody has ever signed in to."""
    copy = tmp_path_factory.mktemp("fresh") / "data"
    shutil.copytree(data_dir, copy)
    with web_server(copy) as server:
        yield server


@pytest.fixture(scope="module")
def site(fresh: Server, data_dir: Path) -> Iterator[Server]:
    with web_server(data_dir) as server:
        yield server


@pytest.fixture(scope="module")
def nginx(
    site: Server, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    with nginx_in_front_of(site.port, data_dir, tmp_path_factory.mktemp("nginx")) as nginx:
        yield nginx


def seconds(reply: Reply, directive: str) -> int:
    return int(re.search(rf"\b{directive}=(\d+)", reply["Cache-Control"])[1])


def test_staff_leave_nothing_behind_for_strangers(
    nginx: Nginx, site: Server, fresh: Server
) -> None:
    staff = Visitor(nginx)
    staff.sign_in(STAFF)
    desk, pages = open_everything(staff)
    assert len(desk) > 50 and len(pages) > 40
    for path in desk:
        assert "public" not in (desk[path]["Cache-Control"] or ""), path
        assert nginx.get(path).status in (302, 404, 405) or path == "/admin/login/", path
    staff.server = site  # by way of our own cache
    for path in pages:
        staff.get(path)

    for path in [*BY_HAND, *Visitor(fresh).walk("/", leaving_out=NOT_FOR_STRANGERS)]:
        expected = fresh.get(path)
        for server in (nginx, nginx, site, site):
            assert_same(server.get(path), expected, path)


def open_everything(staff: Visitor) -> tuple[dict[str, Reply], dict[str, Reply]]:
    seen = staff.walk("/admin/", "/", *BY_HAND, leaving_out=(*FILES, "/admin/jsi18n/"))
    assert b"Log out" in seen["/admin/"].body
    assert {reply["X-Cache"] for reply in seen.values()} <= {"BYPASS", None}
    desk = {path: reply for path, reply in seen.items() if path.startswith("/admin/")}
    return desk, {path: reply for path, reply in seen.items() if path not in desk}


def assert_same(reply: Reply, expected: Reply, path: str) -> None:
    assert (reply.status, path) == (expected.status, path)
    assert without_stamp(reply.body) == without_stamp(expected.body), path
    assert reply["Set-Cookie"] is None, path
    for name in ("Cache-Control", "Content-Type", "Location", "Referrer-Policy"):
        assert (reply[name], name, path) == (expected[name], name, path)
    assert "Cookie" not in (reply["Vary"] or ""), path


def test_both_caches_hand_out_the_same_page_and_know_it_again(
    nginx: Nginx, site: Server, eventually: Eventually
) -> None:
    """Not always at once: one of the two may still show the page of a little while ago."""
    assert eventually(lambda: is_one_page(nginx.get(ARTICLE), site.get(ARTICLE)))
    for coding in ("", "gzip", "br"):
        for server in (nginx, site):
            assert eventually(lambda server=server, coding=coding: knows_again(server, coding))


def is_one_page(by_nginx: Reply, by_us: Reply) -> bool:
    is_one = (by_nginx["ETag"], by_nginx.body) == (by_us["ETag"], by_us.body)
    return is_one and by_nginx["X-Cache"] == "HIT"


def knows_again(server: Server, coding: str) -> bool:
    tag = server.get(ARTICLE)["ETag"]
    reply = server.get(ARTICLE, If_None_Match=tag, Accept_Encoding=coding)
    return (reply.status, reply["ETag"], reply.body) == (304, tag, b"")


def test_a_search_is_kept_by_nobody_and_yet_known_again(nginx: Nginx) -> None:
    path = "/search/?q=interview"
    tag = nginx.get(path)["ETag"]
    reply = nginx.get(path, If_None_Match=tag)
    assert (reply.status, reply["X-Cache"]) == (304, "BYPASS")


def test_a_change_is_public_in_the_promised_time(nginx: Nginx) -> None:
    """A copy lives for the one time and may be shown for the other. Nothing else adds to it:
    browsers ask each time, and our own cache steps aside for the one in front."""
    reply = nginx.get(ARTICLE)
    until_fetched_s = seconds(reply, "s-maxage") + seconds(reply, "stale-while-revalidate")
    assert until_fetched_s <= PROMISED_S
    assert seconds(reply, "max-age") == 0
    assert reply["Age"] is None, "our own cache would have said how old its copy is"


@pytest.mark.parametrize(
    "path", ["/ask/", "/resume/", "/healthz", "/newsletter/confirm/x/", "/preview/x/"]
)
def test_what_is_for_one_person_is_never_kept(nginx: Nginx, path: str) -> None:
    assert {nginx.get(path)["X-Cache"] for _ in range(3)} == {"MISS"}


def test_a_reader_signs_up_through_nginx(nginx: Nginx) -> None:
    fields = {"email": "reader@example.com", "source": "/", "website": ""}
    answer = Visitor(nginx).post("/newsletter/subscribe/", fields)
    assert (answer.status, answer["X-Cache"]) == (200, None)
    assert b"Check your inbox" in answer.body


def test_articles_outlive_the_web_server(data_dir: Path, tmp_path: Path) -> None:
    with web_server(data_dir) as site, nginx_in_front_of(site.port, data_dir, tmp_path) as nginx:
        before = nginx.get(ARTICLE)
        site.stop()
        after = nginx.get(ARTICLE)
        assert (after.status, after.body) == (200, before.body)
        assert seconds(after, "stale-if-error") == 24 * 60 * 60
        for path in ("/ask/", "/resume/", "/admin/"):
            assert nginx.get(path).status == 502
