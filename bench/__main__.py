"""`make bench`: measures and prints tables. A choice: make bench ARGS="pages uncached"."""

import argparse
import signal
import sys
import time

from bench import batches, campaign, expansion, lighthouse, pages, search, sending, uncached
from bench.databases import NAMES as DATABASES
from bench.machine import await_calm, describe
from bench.notice import Load
from careersite.leash import Leash

GRACE_S = 20
NAMES = ("pages", "uncached", "search", "sending", "batches", "expansion", "campaign", "lighthouse")


def main() -> int:
    asked = parsed()
    leash = Leash(GRACE_S)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load = await_calm(asked.patience)
    print(f"{describe()}; load at the start {load:.2f}", flush=True)
    began = time.monotonic()
    for name in asked.what or NAMES:
        measure(name, asked, leash)
    print(f"Measured in {time.monotonic() - began:.0f} s.")
    return 0


def measure(name: str, asked: argparse.Namespace, leash: Leash) -> None:
    match name:
        case "pages":
            pages.measure(leash, seconds=asked.seconds, rounds=asked.rounds)
        case "uncached":
            uncached.measure(leash, requests=asked.requests, articles=asked.articles)
        case "search":
            names = asked.on or DATABASES
            search.measure(leash, requests=asked.requests, articles=asked.articles, names=names)
        case "sending":
            load = Load(asked.subscribers, asked.kilobytes, asked.processes, is_signed=asked.dkim)
            sending.measure(leash, load, asked.on or DATABASES)
        case "batches":
            batches.measure(leash, Load(asked.mails), asked.on or DATABASES)
        case "expansion":
            expansion.measure(leash, subscribers=asked.list, names=asked.on or DATABASES)
        case "campaign":
            names = asked.on or DATABASES
            campaign.measure(
                leash, requests=asked.requests, deliveries=asked.deliveries, names=names
            )
        case "lighthouse":
            lighthouse.measure(leash, rounds=asked.rounds)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"out of {', '.join(NAMES)}; all, if not given")
    for name, default, meaning in (
        ("seconds", 4, "pages: how long each load lasts"),
        ("rounds", 3, "pages, lighthouse: how often each is repeated; the median counts"),
        ("requests", 100, "uncached, search, campaign: requests for each page"),
        ("articles", 10_000, "uncached, the second time, and search: among how many"),
        ("subscribers", 10_000, "sending: to how many"),
        ("kilobytes", 20, "sending: size of a mail"),
        ("processes", 2, "sending: how many, on either side"),
        ("mails", 50_000, "batches: to how many"),
        ("list", 100_000, "expansion: for how many"),
        ("deliveries", 1_000_000, "campaign: how many it has"),
        ("patience", 180, "how many seconds to wait for a calm machine"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{meaning} ({default})")
    parser.add_argument(
        "--on",
        nargs="*",
        choices=DATABASES,
        help="all but pages, uncached and lighthouse: not on both databases",
    )
    parser.add_argument("--dkim", action="store_true", help="sending: sign each mail")
    asked = parser.parse_args()
    if unknown := set(asked.what) - set(NAMES):
        parser.error(f"there is no measurement called {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
