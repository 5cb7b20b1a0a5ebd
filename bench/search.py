"""How long a search takes among many articles: finding alone, and until the page is there."""

from collections.abc import Sequence

from bench.databases import Database, database
from bench.site import new_site
from bench.table import print_table
from careersite.leash import Leash

COLUMNS = ("a search for", "found", "finding, ms", "the whole page, ms")


def measure(leash: Leash, *, requests: int, articles: int, names: Sequence[str]) -> None:
    for name in names:
        with database(name, leash) as found:
            if found:
                measure_on(found, leash, requests, articles)


def measure_on(found: Database, leash: Leash, requests: int, articles: int) -> None:
    with new_site(leash, **found.environment) as site:
        site.inside("articles", articles)
        measured = site.inside("search", requests)
    print_table(
        f"Search in {measured['articles']:,} articles, {found.title.partition(',')[0]}",
        COLUMNS,
        [
            (row["name"], row["found"], row["finding_ms"], row["page_ms"])
            for row in measured["searches"]
        ],
    )
