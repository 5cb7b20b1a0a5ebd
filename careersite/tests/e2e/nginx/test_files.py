"""Static files and pictures come from nginx itself, packed as the reader takes them."""

from pathlib import Path

import pytest

from careersite.tests.e2e.front import Nginx
from careersite.tests.e2e.nginx.spoken_site import SpokenSite

pytestmark = pytest.mark.nginx


@pytest.fixture
def files(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for name in ("media/a.png", "static/site.0123456789ab.css", "static/plain.css"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("a file")
    for name in ("secret_key", "secret.css", "secret.css.br"):
        (data / name).write_text("secret")
    return data


def test_files_come_from_nginx_with_what_a_browser_must_know(
    files: Path, nginx: Nginx, site: SpokenSite
) -> None:
    for path, lifetime_s in {
        "/media/a.png": 31536000,
        "/static/site.0123456789ab.css": 31536000,
        "/static/plain.css": 3600,
    }.items():
        reply = nginx.get(path)
        assert (reply.status, reply.body) == (200, b"a file")
        assert f"max-age={lifetime_s}" in reply["Cache-Control"]
        assert reply["X-Content-Type-Options"] == "nosniff"
    assert site.times_asked == 0


PACKED_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
TAKEN = {"br": "gzip, br", "gzip": "gzip, br;q=0", None: "identity"}


@pytest.fixture
def packed(files: Path) -> Path:
    """As collectstatic leaves them; each says how it is packed instead of being packed."""
    for kind in PACKED_TYPES:
        for end, words in {"": "None", ".br": "br", ".gz": "gzip"}.items():
            (files / f"static/a.0123456789ab.{kind}{end}").write_text(words)
    (files / "static/a.0123456789ab.woff2").write_text("None")
    return files


@pytest.mark.parametrize("kind", PACKED_TYPES)
def test_a_file_comes_packed_as_the_reader_takes_it(
    packed: Path, nginx: Nginx, site: SpokenSite, kind: str
) -> None:
    for coding, taken in TAKEN.items():
        reply = nginx.get(f"/static/a.0123456789ab.{kind}", Accept_Encoding=taken)
        assert (reply.status, reply.body) == (200, str(coding).encode())
        assert reply["Content-Encoding"] == coding
        assert reply["Content-Type"].split(";")[0] == PACKED_TYPES[kind].split(";")[0]
        assert reply["Vary"] == "Accept-Encoding"
        assert reply["Cache-Control"] == "public, max-age=31536000, immutable"
        assert reply["X-Content-Type-Options"] == "nosniff"
    assert (
        nginx.get(f"/static/a.0123456789ab.{kind}", Accept_Encoding="br")["Content-Type"]
        == (PACKED_TYPES[kind])
    )
    assert site.times_asked == 0


def test_a_packed_file_is_known_again(packed: Path, nginx: Nginx) -> None:
    path = "/static/a.0123456789ab.css"
    tag = nginx.get(path, Accept_Encoding="br")["ETag"]
    reply = nginx.get(path, Accept_Encoding="br", If_None_Match=tag)
    assert (reply.status, reply.body, reply["Vary"]) == (304, b"", "Accept-Encoding")
    reply = nginx.ask("HEAD", path, Accept_Encoding="br")
    assert (reply.status, reply.body, reply["Content-Length"]) == (200, b"", "2")


def test_what_is_not_packed_comes_as_it_is(packed: Path, nginx: Nginx) -> None:
    for path, kind in {"a.0123456789ab.woff2": "font/woff2", "plain.css": "text/css"}.items():
        reply = nginx.get(f"/static/{path}", Accept_Encoding="gzip, br")
        assert (reply.status, reply["Content-Encoding"]) == (200, None)
        assert reply["Content-Type"].split(";")[0] == kind


@pytest.mark.parametrize("taken", ["br", "gzip", "identity"])
def test_a_missing_file_is_missing_in_every_coding(
    packed: Path, nginx: Nginx, site: SpokenSite, taken: str
) -> None:
    for path in ("/static/none.css", "/static/none.woff2", "/static/sub/none.js"):
        assert nginx.get(path, Accept_Encoding=taken).status == 404
    assert site.times_asked == 0


@pytest.mark.parametrize("taken", ["identity", "br"])
@pytest.mark.parametrize(
    "path",
    [
        *("/static/../secret.css", "/static../secret.css", "/static/..%2fsecret.css"),
        *("/static/%2e%2e/secret.css", "/static/x/../../secret.css"),
        *("/static/", "/media/", "/static/../secret_key", "/static../secret_key"),
        *("/media/..%2fsecret_key", "/media/%2e%2e/secret_key", "/media/x/../../secret_key"),
    ],
)
def test_no_other_file_is_found(
    files: Path, nginx: Nginx, site: SpokenSite, path: str, taken: str
) -> None:
    site.status, site.body = 404, b"nothing here"
    reply = nginx.get(path, Accept_Encoding=taken)
    assert reply.status in (400, 403, 404)
    assert b"secret" not in reply.body
