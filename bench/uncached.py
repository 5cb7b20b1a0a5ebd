"""What a page costs when it has to be made: CPU, time and queries, with few and many articles."""

from bench.databases import NAMES, Database, database
from bench.site import new_site
from bench.table import print_table
from careersite.leash import Leash

YARDSTICK = "/healthz"
COLUMNS = ("page", "queries", "CPU ms", "× /healthz", "ms until the answer", "plain bytes")


def measure(leash: Leash, *, requests: int, articles: int) -> None:
    for name in NAMES:
        with database(name, leash) as found:
            if found:
                measure_on(found, leash, requests, articles)


def measure_on(found: Database, leash: Leash, requests: int, articles: int) -> None:
    with new_site(leash, **found.environment) as site:
        report(found, site.inside("requests", requests))
        site.inside("articles", articles)
        report(found, site.inside("requests", requests))


def report(found: Database, measured: dict) -> None:
    pages = measured["pages"]
    yardstick_ms = next(page["cpu_ms"] for page in pages if page["path"] == YARDSTICK)
    engine = found.title.partition(",")[0]
    print_table(
        f"Uncached, {measured['articles']:,} articles, {engine}",
        COLUMNS,
        [
            (
                page["name"],
                page["queries"],
                page["cpu_ms"],
                page["cpu_ms"] / yardstick_ms,
                page["wall_ms"],
                page["bytes"],
            )
            for page in pages
        ],
    )
