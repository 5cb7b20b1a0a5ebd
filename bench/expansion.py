"""How long it takes until each subscriber of a large list has a delivery waiting."""

from bench.databases import Database, database
from bench.site import new_site
from bench.table import Cell, print_table
from careersite.leash import Leash

COLUMNS = ("database", "seconds", "deliveries/s", "× a plain copy of the rows")


def measure(leash: Leash, *, subscribers: int, names: list[str]) -> None:
    rows = []
    for name in names:
        with database(name, leash) as found:
            if found:
                rows.append(row(found, leash, subscribers))
    print_table(f"Expansion for {subscribers:,} subscribers", COLUMNS, rows)


def row(found: Database, leash: Leash, subscribers: int) -> list[Cell]:
    with new_site(leash, **found.environment) as site:
        site.inside("readers", 1, subscribers)
        measured = site.inside("expansion")
    if measured["deliveries"] != subscribers:
        raise RuntimeError(f"{measured['deliveries']} deliveries for {subscribers} subscribers")
    expansion_s = measured["expansion_s"]
    return [
        found.title.partition(",")[0],
        expansion_s,
        round(subscribers / expansion_s),
        expansion_s / measured["copy_s"],
    ]
