"""Somebody who walks through the site with a plain client: a stranger, or staff with a session."""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from careersite.tests.e2e.front import HOST, Reply, Server
from careersite.tests.links import own_paths

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
            reply = seen[path] = self.get(path)
            if reply["Location"]:
                ahead.append(urlsplit(reply["Location"]).path)
            if (reply["Content-Type"] or "").startswith("text/html"):
                ahead += own_paths(reply.body.decode(), f"http://{HOST}{path}")
        return seen


def without_stamp(body: bytes) -> bytes:
    return STAMP.sub(rb"\1", body)
