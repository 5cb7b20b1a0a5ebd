"""What the pages of a large campaign cost staff, and which queries read more than is shown."""

from collections.abc import Sequence

from bench.databases import Database, database
from bench.site import new_site
from bench.table import Cell, print_table
from careersite.leash import Leash

COLUMNS = ("page", "queries", "CPU ms", "ms until the answer", "rows read at most")


def measure(leash: Leash, *, requests: int, deliveries: int, names: Sequence[str]) -> None:
    for name in names:
        with database(name, leash) as found:
            if found:
                measure_on(found, leash, requests, deliveries)


def measure_on(found: Database, leash: Leash, requests: int, deliveries: int) -> None:
    with new_site(leash, **found.environment) as site:
        made = site.inside("deliveries", deliveries)
        measured = site.inside("campaign", requests)
    engine = found.title.partition(",")[0]
    print_table(
        f"A campaign with {made['deliveries']:,} deliveries, {engine}",
        COLUMNS,
        [row(page) for page in measured["pages"]],
    )
    print(f"Counting all of them, as the sweep does now and then: {measured['counting_s']:.2f} s.")
    if measured["whole_reads"]:
        print(f"More is read than shown, while somebody waits:\n{measured['whole_reads']}")


def row(page: dict) -> list[Cell]:
    return [page["name"], page["queries"], page["cpu_ms"], page["wall_ms"], page["rows_read"]]
