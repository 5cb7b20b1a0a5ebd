"""A mail provider's HTTP server on this machine: keeps the requests and answers as told."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`is_lost`: the provider has the request, and the connection ends without a word.
    `hangs`: it has the request and says nothing for as long as the test lasts."""

    status: int = 200
    body: dict | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_lost: bool = False
    hangs: bool = False


class Provider:
    """Set `answer` to a function of the request, or put `next_answers` in a row before it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[Request] = []
        self.next_answers: deque[Answer] = deque()
        self.answer: Callable[[Request], Answer] = lambda _: Answer()
        self.lock = threading.Lock()
        self.is_over = threading.Event()

    def take(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append(request)
            return self.next_answers.popleft() if self.next_answers else self.answer(request)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or the client waits for the second one
    provider: Provider

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # whoever called is gone, and half a request is none
            self.close_connection = True
            return
        request = Request(self.command, self.path, dict(self.headers), body)
        answer = self.provider.take(request)
        if answer.hangs:
            self.provider.is_over.wait()
        if answer.is_lost or answer.hangs:
            self.close_connection = True
        else:
            self.write(answer)

    def write(self, answer: Answer) -> None:
        is_text = isinstance(answer.body, str)
        content = (answer.body if is_text else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = respond

    def log_message(self, *arguments: object) -> None:
        """Silence: the requests are kept, not printed."""


@contextmanager
def running_provider() -> Iterator[Provider]:
    handler = type("ProviderHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.provider = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield handler.provider
    finally:
        handler.provider.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()
