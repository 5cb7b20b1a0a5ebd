"""Pages out of the page cache, against a plain nginx that serves the same bytes from files."""

import gzip
import http.client
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.nginx import in_front_of, serving_files
from bench.processes import Process, wait_until
from bench.programs import missing
from bench.site import FROM_THE_FRONT, Site, new_site
from bench.table import Cell, print_table
from bench.wrk import Load, load, middle
from careersite.leash import Leash
from careersite.tests.private_servers import free_port

START_DEADLINE_S = 60
GZIP = {"Accept-Encoding": "gzip"}
COLUMNS = (
    "page, asked for",
    "bytes sent",
    "nginx, file: req/s",
    "p99 ms",
    "granian: req/s",
    "p99 ms",
    "of nginx",
    "deploy/nginx.conf: req/s",
    "p99 ms",
    "of nginx",
)


@dataclass(frozen=True)
class Server:
    name: str
    port: int

    def get(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={**FROM_THE_FRONT, **headers})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def is_up(self) -> bool:
        try:
            return self.get("/healthz", {}).status == 200
        except OSError:
            return False

    def headers_for(self, path: str, kind: str) -> dict[str, str]:
        """Of a request for the page as it is, as gzip, or only if it has changed."""
        if kind != "304":
            return GZIP if kind == "gzip" else {}
        return {**GZIP, "If-None-Match": self.get(path, GZIP).headers["ETag"] or ""}


def measure(leash: Leash, *, seconds: int, rounds: int) -> None:
    if lacking := missing("nginx", "wrk"):
        print(f"\nLeft out: pages ({', '.join(lacking)} missing; apt install nginx-light wrk).")
        return
    with new_site(leash) as site, granian(site) as (web, process):
        paths = {"article": newest_article(web), "home": "/"}
        with three_servers(site, web, paths) as servers:
            rows = [
                row(page, kind, compare(servers, path, kind, seconds, rounds))
                for page, path in paths.items()
                for kind in ("plain", "gzip", "304")
            ]
        print_table("Pages from the cache (one process each, DEBUG off)", COLUMNS, rows)
        print(f"Most memory of the web server: {process.peak_mb():.0f} MB.")


@contextmanager
def granian(site: Site) -> Iterator[tuple[Server, Process]]:
    port = free_port()
    site.environment["PORT"] = str(port)
    with site.start("web", [sys.executable, "-m", "bench.web"]) as process:
        web = Server("granian", port)
        wait_until(web.is_up, START_DEADLINE_S, "the web server")
        yield web, process


def newest_article(web: Server) -> str:
    return first_link(web, "/articles/")


def first_link(web: Server, beginning: str) -> str:
    """The first address on the home page that begins so."""
    return re.search(rf'href="({beginning}[^"]+)"', web.get("/", {}).body.decode())[1]


@contextmanager
def three_servers(site: Site, web: Server, paths: dict[str, str]) -> Iterator[list[Server]]:
    with (
        tempfile.TemporaryDirectory(prefix="careersite-bench-") as files,
        tempfile.TemporaryDirectory(prefix="careersite-bench-") as front,
    ):
        for path in paths.values():
            keep(web, path, Path(files))
        with (
            serving_files(Path(files), site.leash) as file_port,
            in_front_of(web.port, site.data_dir, Path(front), site.leash) as front_port,
        ):
            yield [
                Server("nginx, file", file_port),
                web,
                Server("deploy/nginx.conf", front_port),
            ]


def keep(web: Server, path: str, root: Path) -> None:
    """The page's own bytes, plain and as the page cache compressed them."""
    folder = root / path.strip("/")
    folder.mkdir(parents=True, exist_ok=True)
    plain, packed = web.get(path, {}).body, web.get(path, GZIP).body
    assert gzip.decompress(packed)[:100] == plain[:100]
    (folder / "index.html").write_bytes(plain)
    (folder / "index.html.gz").write_bytes(packed)


def compare(
    servers: list[Server], path: str, kind: str, seconds: int, rounds: int
) -> list[Load | None]:
    """The same load on each in turn, several times over."""
    loads: dict[Server, list[Load]] = {server: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            headers = server.headers_for(path, kind)
            if does(server.get(path, headers), kind):
                url = f"http://127.0.0.1:{server.port}{path}"
                loads[server].append(load(url, {**FROM_THE_FRONT, **headers}, seconds))
    return [middle(found) for found in loads.values()]


def does(answer: http.client.HTTPResponse, kind: str) -> bool:
    """Whether a server answers like this at all; only what is alike is compared."""
    if kind == "304":
        return answer.status == 304
    return answer.status == 200 and (answer.headers["Content-Encoding"] == "gzip") == (
        kind == "gzip"
    )


def row(page: str, kind: str, loads: list[Load | None]) -> list[Cell]:
    ready, web, front = loads
    cells = [f"{page}, {kind}", round(web.bytes_a_request)]
    cells += [ready.requests_a_second, ready.p99_ms]
    for other in (web, front):
        cells += share(other, ready) if other else [None, None, None]
    return cells


def share(load: Load, ready: Load) -> list[Cell]:
    of_nginx = load.requests_a_second / ready.requests_a_second
    return [load.requests_a_second, load.p99_ms, of_nginx]
