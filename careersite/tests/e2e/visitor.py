"""Somebody who walks through the site with a plain client: a stranger, or staff with a session."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from careersite.tests.e2e.front import HOST, Reply, Server

LINK = re.compile(r'(?:href|src)="([^"#]+)')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
STAMP = re.compile(rb'(name="form_stamp" value=")[^"]*')


class Visitor:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str) -> Reply:
        return self.remember(self.server.get(path, **self.identity()))

    def post(self, path: str, fields: dict[str, str]) -> Reply:
        sent = {"Content_Type": "application/x-www-form-urlencoded", **self.identity()}
        return self.remember(self.server.ask("POST", path, urlencode(fields).encode(), **sent))

    def identity(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={cookie.value}" for name, cookie in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def remember(self, reply: Reply) -> Reply:
        for line in reply.headers.get_all("Set-Cookie") or []:
            self.cookies.load(line)
        return reply

    def sign_in(self, account: dict[str, str]) -> None:
        page = self.get("/admin/login/").body.decode()
        token = TOKEN.search(page)[1]
        answer = self.post("/admin/login/", {**account, "csrfmiddlewaretoken": token})
        assert answer.status == 302, "the account is not let in"

    def walk(self, *starts: str, leaving_out: tuple[str, ...] = ()) -> dict[str, Reply]:
        """Every page of the site that links lead to, by its path. Queries are left out."""
        seen: dict[str, Reply] = {}
        ahead = list(starts)
        while ahead:
            path = ahead.pop()
            if path in seen or path.startswith(leaving_out):
                continue
            seen[path] = self.get(path)
            ahead += own_paths(path, seen[path])
        return seen


def own_paths(path: str, reply: Reply) -> Iterator[str]:
    found: Iterable[str] = [reply["Location"]] if reply["Location"] else []
    if (reply["Content-Type"] or "").startswith("text/html"):
        found = [*found, *LINK.findall(reply.body.decode())]
    for link in found:
        parts = urlsplit(urljoin(f"http://{HOST}{path}", unescape(link)))
        if parts.scheme == "http" and parts.netloc == HOST:
            yield parts.path


def without_stamp(body: bytes) -> bytes:
    return STAMP.sub(rb"\1", body)
