"""`make chaos`: the long form of `newsletter/tests/test_chaos*.py`, on servers of its own.

A choice: make chaos ARGS="--mails 1000 --blows 10 --seed 7 -k killed"; the rest goes to pytest.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from careersite.leash import Leash
from careersite.tests.private_servers import (
    install_missing,
    private_postgres,
    private_redis,
    run_leashed,
    stop_postgres,
    temporary_folder,
)

CHAOS = ["newsletter/tests/test_chaos.py", "newsletter/tests/test_chaos_people.py"]
# As in production: what is committed is on the disk, because a restart is part of it.
LASTING = ("listen_addresses=", "max_connections=50")


@contextmanager
def servers(leash: Leash) -> Iterator[dict[str, str]]:
    with (
        temporary_folder() as folder,
        private_redis(folder, leash) as redis_url,
        private_postgres(folder, leash, LASTING) as database_url,
    ):
        try:
            yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        finally:
            stop_postgres(folder)  # it may be another process by now


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m careersite.tests.chaos", description=__doc__)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--blows", type=int, default=50, help="how often something is killed")
    parser.add_argument("--seed", default=str(time.time_ns()), help="the same chance once more")
    asked, rest = parser.parse_known_args()
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # conftest.py sets up everything itself
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"{asked.mails} mails, {asked.blows} blows, --seed {asked.seed}", flush=True)
    with tempfile.NamedTemporaryFile("r", prefix="careersite-chaos-") as report:
        hardness = {
            "CHAOS_MAILS": str(asked.mails),
            "CHAOS_BLOWS": str(asked.blows),
            "CHAOS_SEED": asked.seed,
            "CHAOS_REPORT": report.name,
        }
        code = run_on_both([sys.executable, "-m", "pytest", *CHAOS, *rest], hardness)
        print(report.read())
    return code


def run_on_both(command: list[str], hardness: dict[str, str]) -> int:
    leash = Leash(grace_s=20)
    without = {"DATABASE_URL": "", "REDIS_URL": ""}
    code = run_leashed(command, {**hardness, **without}, leash)
    if missing := {"postgres", "redis-server"}.intersection(install_missing()):
        print(f"Left out: PostgreSQL and Redis ({', '.join(sorted(missing))} missing)")
        return code
    with servers(leash) as environment:
        return max(code, run_leashed(command, {**hardness, **environment}, leash))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
