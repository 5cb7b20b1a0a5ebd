"""The site as nginx sees it: it says what a test tells it, and notes what it was asked."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = b"<p>Ask for the salary range before the second interview.</p>" * 50
LASTING = "public, max-age=0, s-maxage=600"


@dataclass
class SpokenSite:
    """Set its attributes to change what it says."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Cache-Control": LASTING})
    body: bytes = TEXT
    asked: list[tuple[str, str, Message]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def times_asked(self) -> int:
        return len(self.asked)

    def cache(self, cache_control: str) -> None:
        self.headers["Cache-Control"] = cache_control

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def speaking_site() -> Iterator[SpokenSite]:
    site = SpokenSite()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.requestline.split()[1]  # self.path has lost a leading slash of two
            site.asked.append((self.command, path, self.headers))
            body = site.body
            self.send_response(site.status)
            if self.headers["Accept-Encoding"] == "gzip":
                body = gzip.compress(body, mtime=0)
                self.send_header("Content-Encoding", "gzip")
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_TRACE = do_PUT = answer

        def log_message(self, *_: object) -> None:
            """Nothing: the test knows what it asked."""

    site.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield site
    site.stop()
    thread.join()
