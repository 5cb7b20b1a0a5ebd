"""Every test: on SQLite and files, on PostgreSQL and Redis, in a browser, behind nginx,
each page by the HTML checker, and the mails by a spam filter.

What follows `python -m careersite.tests` goes to pytest: `make test ARGS="-k unsubscribe"`.
"""

import os
import signal
import sys
import time
from contextlib import ExitStack

from careersite.leash import Leash
from careersite.tests.private_servers import install_missing, private_servers, run_leashed

NO_TESTS_FOUND = 5
IN_PARALLEL = ("-m", "not e2e and not nginx and not checker and not spam", "-n", "2")

FILE_BY_FILE = ("-n", "2", "--dist", "loadfile")


class Run:
    def __init__(self, name: str, needs: set[str], pytest_arguments: tuple[str, ...]) -> None:
        self.name = name
        self.needs = needs
        self.pytest_arguments = pytest_arguments
        self.outcome = ""
        self.is_good = False

    def execute(self, leash: Leash, arguments: list[str]) -> None:
        print(f"\n=== {self.name} ===", flush=True)
        started_at = time.monotonic()
        with ExitStack() as stack:
            servers = {"DATABASE_URL": "", "REDIS_URL": ""}
            if "postgres" in self.needs:
                servers = stack.enter_context(private_servers(leash))
            command = [sys.executable, "-m", "pytest", *self.pytest_arguments, *arguments]
            code = run_leashed(command, servers, leash)
        # A choice of tests may well be empty in one of the runs; the whole suite may not.
        self.is_good = code == 0 or (code == NO_TESTS_FOUND and bool(arguments))
        verdict = "passed" if self.is_good else f"FAILED (pytest's exit code {code})"
        self.outcome = f"{verdict} in {time.monotonic() - started_at:.0f} s"

    def leave_out(self, missing: list[str]) -> None:
        self.is_good = os.environ.get("CI") != "true"
        self.outcome = f"{'left out' if self.is_good else 'FAILED'}: {', '.join(missing)} missing"


def main(arguments: list[str]) -> int:
    leash = Leash(grace_s=20)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # conftest.py sets up everything itself
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs = [
        Run("SQLite and the filesystem broker", set(), IN_PARALLEL),
        Run("PostgreSQL and Redis", {"postgres", "redis-server"}, IN_PARALLEL),
        Run("A reader and an editor in Chromium", {"chromium"}, ("-m", "e2e")),
        Run("Two caches, nginx in front", {"nginx"}, ("-m", "nginx", *FILE_BY_FILE)),
        Run("The HTML of each page", {"java"}, ("-m", "checker")),
        Run("The mails, as a spam filter sees them", {"spamassassin"}, ("-m", "spam")),
    ]
    missing = install_missing()
    for run in runs:
        if lacking := sorted(run.needs.intersection(missing)):
            run.leave_out(lacking)
        else:
            run.execute(leash, arguments)
    print("\n" + "\n".join(f"{run.name}: {run.outcome}" for run in runs))
    return 0 if all(run.is_good for run in runs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
