"""What a phone on a slow line gets: Lighthouse, through `deploy/nginx.conf` with TLS and HTTP/2."""

import http.client
import json
import os
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.nginx import in_front_with_tls
from bench.pages import Server, first_link, granian
from bench.programs import find, missing
from bench.site import HOST, new_site
from bench.table import Cell, print_table
from careersite.leash import Leash

PACKAGE = "lighthouse@12.8.2"
NEEDS = ("chromium", "nginx", "openssl", "npm")
INSTALL_DEADLINE_S = 300
RUN_DEADLINE_S = 180
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
COLUMNS = (
    "page",
    *("performance", "accessibility", "best practices", "SEO"),
    *("first paint s", "LCP s", "CLS", "requests", "of them no pictures", "kB", "kB of text"),
)


@dataclass(frozen=True)
class Report:
    found: dict

    @property
    def scores(self) -> list[int]:
        return [round(100 * self.found["categories"][name]["score"]) for name in CATEGORIES]

    @property
    def shortcomings(self) -> list[str]:
        """What counts towards a score and is not as it should be."""
        counted = {
            one["id"]
            for category in self.found["categories"].values()
            for one in category["auditRefs"]
            if one["weight"]
        }
        audits = (self.found["audits"][name] for name in sorted(counted))
        return [
            f"{audit['title']} {audit.get('displayValue', '')}".strip()
            for audit in audits
            if audit["score"] is not None and audit["score"] < 1
        ]

    @property
    def requests(self) -> list[dict]:
        return self.found["audits"]["network-requests"]["details"]["items"]

    def value(self, audit: str) -> float:
        return self.found["audits"][audit]["numericValue"]

    def row(self, page: str) -> list[Cell]:
        unpictured = [one for one in self.requests if one["resourceType"] != "Image"]
        text = [one for one in unpictured if one["resourceType"] != "Font"]
        return [
            page,
            *self.scores,
            self.value("first-contentful-paint") / 1000,
            self.value("largest-contentful-paint") / 1000,
            self.value("cumulative-layout-shift"),
            len(self.requests),
            len(unpictured),
            kilobytes(self.requests),
            kilobytes(text),
        ]


def measure(leash: Leash, *, rounds: int) -> None:
    if lacking := missing(*NEEDS):
        print(f"\nLeft out: lighthouse ({', '.join(lacking)} missing).")
        return
    with temporary() as folder:
        tools = Path(folder)
        if not installed(tools):
            print(f"\nLeft out: lighthouse (npm could not install {PACKAGE}).")
            return
        with (
            new_site(leash) as site,
            granian(site) as (web, _),
            temporary() as front,
            in_front_with_tls(web.port, site.data_dir, Path(front), leash) as port,
        ):
            paths = pages(web)
            reports = {name: middle(paths[name], port, tools, rounds) for name in paths}
    show(reports)


def show(reports: dict[str, Report]) -> None:
    rows = [report.row(name) for name, report in reports.items()]
    print_table(f"Lighthouse, mobile ({PACKAGE}, simulated slow 4G)", COLUMNS, rows)
    for name, report in reports.items():
        for shortcoming in report.shortcomings:
            print(f"{name}: {shortcoming}")


def pages(web: Server) -> dict[str, str]:
    return {
        "home": "/",
        "article": first_link(web, "/articles/"),
        "topic": first_link(web, "/topics/"),
        "search": "/search/",
        "search results": "/search/?q=interview",
        "sign-up": "/newsletter/",
        "resume": "/resume/",
    }


# What it says of itself when it has missed its own beginning.
AGAIN = "NO_NAVSTART"
TRIES = 3


def middle(path: str, port: int, tools: Path, rounds: int) -> Report:
    """The median in the largest paint: a busy machine counts against a page."""
    reports = [look_at(path, port, tools) for _ in range(rounds)]
    paints = [one.value("largest-contentful-paint") / 1000 for one in reports]
    print(f"{path}: {', '.join(f'{paint:.2f}' for paint in paints)} s", flush=True)
    return sorted(reports, key=lambda one: one.value("largest-contentful-paint"))[rounds // 2]


def look_at(path: str, port: int, tools: Path) -> Report:
    """A page that somebody else has just read: it comes from nginx's cache, as nearly all do."""
    read_once(path, port)
    flags = (
        "--headless=new",
        "--no-sandbox",
        "--ignore-certificate-errors",
        f'--host-resolver-rules="MAP {HOST} 127.0.0.1:{port}"',
    )
    report = tools / "report.json"
    command = [tools / "node_modules" / ".bin" / "lighthouse", f"https://{HOST}{path}", "--quiet"]
    command += ["--output=json", f"--output-path={report}", f"--chrome-flags={' '.join(flags)}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    environment = {**os.environ, "HOME": str(tools), "CHROME_PATH": find("chromium")}
    for _ in range(TRIES):
        ran = run(command, tools, RUN_DEADLINE_S, environment)
        if AGAIN not in ran.stdout + ran.stderr:
            break
    if ran.returncode:
        raise RuntimeError(f"Lighthouse on {path} failed:\n{ran.stdout}{ran.stderr}")
    return Report(json.loads(report.read_text()))


def read_once(path: str, port: int) -> None:
    unvouched = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=unvouched)
    connection.request("GET", path, headers={"Host": HOST, "Accept-Encoding": "gzip, deflate, br"})
    connection.getresponse().read()
    connection.close()


def installed(tools: Path) -> bool:
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tools), PACKAGE]
    return run(command, tools, INSTALL_DEADLINE_S, dict(os.environ)).returncode == 0


def run(
    command: list, folder: Path, deadline_s: float, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=deadline_s
    )


def temporary() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="careersite-bench-")


def kilobytes(requests: list[dict]) -> float:
    """As they came over the line, headers included."""
    return sum(one["transferSize"] for one in requests) / 1000
