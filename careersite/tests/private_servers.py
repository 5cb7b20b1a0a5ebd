"""A PostgreSQL and a Redis of our own, in a temporary folder, gone when the command has ended.

python -m careersite.tests.private_servers -- .venv/bin/pytest newsletter
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from careersite.leash import Leash, end_at_once

START_DEADLINE_S = 60
STOP_DEADLINE_S = 15
DATABASE_NAME = "careersite"
PACKAGES = {
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "chromium": "chromium",
    "nginx": "nginx",
    "java": "default-jre-headless",
    "spamassassin": "spamassassin",
}
# Tests may lose their data with the machine; they may not be slow.
POSTGRES_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=50",
)
given_out: set[int] = set()  # ports


class ServerFailed(Exception):
    """Its text holds the end of the server's own log."""


def find_program(name: str) -> str | None:
    """Debian keeps PostgreSQL's programs out of PATH, one folder a version, and nginx out of it
    for all but root."""
    in_debian = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=version_of)
    found = in_debian[-1] if in_debian else shutil.which(name)
    return found or shutil.which(name, path="/usr/sbin")


def version_of(path: str) -> float:
    return float(Path(path).parts[-3])


def missing_programs() -> list[str]:
    return [name for name in PACKAGES if find_program(name) is None]


def install_missing() -> list[str]:
    """Installs by apt where we are root on Debian. Returns what is missing still."""
    missing = missing_programs()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install([PACKAGES[name] for name in missing])
    return missing_programs()


def install(packages: list[str]) -> None:
    print(f"Installing {', '.join(packages)} with apt-get …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with services_kept_down():
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            apt_get(command, environment)


def apt_get(command: list[str], environment: dict[str, str]) -> None:
    """What cannot be installed counts as missing afterwards; here we only say why."""
    ended = subprocess.run(
        ["apt-get", "--quiet", *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        print("\n".join(ended.stdout.splitlines()[-10:]), flush=True)


@contextmanager
def services_kept_down() -> Iterator[None]:
    """We want the programs, not Debian's own servers on their usual ports."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


@contextmanager
def private_servers(leash: Leash) -> Iterator[dict[str, str]]:
    """Yields the environment that points the site at them."""
    with (
        temporary_folder() as folder,
        private_postgres(folder, leash) as database_url,
        private_redis(folder, leash) as redis_url,
    ):
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Under /tmp by name: a socket's path may have about 100 characters and no more."""
    with tempfile.TemporaryDirectory(prefix="careersite-", dir="/tmp") as name:
        if account := postgres_account():
            shutil.chown(name, account, account)
        yield Path(name)


def postgres_account() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package brings an account for it."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def private_postgres(
    folder: Path, leash: Leash, settings: tuple[str, ...] = POSTGRES_SETTINGS
) -> Iterator[str]:
    data = folder / "postgres"
    me = pwd.getpwuid(os.geteuid()).pw_name
    options = ["--username", me, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run(
        [find_program("initdb"), "--pgdata", data, "--no-sync", *options],
        **as_postgres(folder),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    command = [find_program("postgres"), "-D", data, "-k", folder]
    for setting in settings:
        command += ["-c", setting]
    with running(command, folder, leash, postgres_answers(folder), **as_postgres(folder)):
        with psycopg.connect(host=folder, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE_NAME}")
        yield f"postgres:///{DATABASE_NAME}?host={folder}"


def restart_postgres(folder: str | Path, mode: str = "immediate") -> None:
    """The one whose data lie in `folder`; it waits for nobody. End it by `stop_postgres`.

    `mode` is as `pg_ctl` knows it: "fast" rolls back and says goodbye, "immediate" is a crash.
    """
    if control_postgres(Path(folder), "restart", mode):
        raise RuntimeError(f"The PostgreSQL in {folder} was not started anew.")


def stop_postgres(folder: str | Path) -> None:
    control_postgres(Path(folder), "stop", "immediate")


def control_postgres(folder: Path, act: str, mode: str) -> int:
    """The exit code: not 0 if there was nothing to do it to."""
    done = subprocess.run(
        [find_program("pg_ctl"), act, "-D", folder / "postgres", "-m", mode, "-w"],
        **as_postgres(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode


def as_postgres(folder: Path) -> dict:
    account = postgres_account()
    identity = {"user": account, "group": account, "extra_groups": []} if account else {}
    return {"cwd": folder, **identity}


def postgres_answers(folder: Path) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            psycopg.connect(host=folder, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    return answers


@contextmanager
def private_redis(folder: Path, leash: Leash) -> Iterator[str]:
    port = free_port()
    address = ["--bind", "127.0.0.1", "--port", str(port)]
    memory_only = ["--save", "", "--appendonly", "no", "--dir", folder]
    command = [find_program("redis-server"), *address, *memory_only]
    with running(command, folder, leash, redis_answers(port)):
        yield f"redis://127.0.0.1:{port}"


def redis_answers(port: int) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return redis.Redis(port=port).ping()
        except redis.ConnectionError:
            return False

    return answers


def free_port() -> int:
    """A port that nobody listens on, and that nobody here has been given before: the system may
    well name the same again until somebody does."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in given_out:
            given_out.add(port)
            return port


@contextmanager
def running(
    command: list, folder: Path, leash: Leash, answers: Callable[[], bool], **options: object
) -> Iterator[None]:
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    leash.hold(server.pid)
    try:
        await_answer(server, answers, log)
        yield
    finally:
        stop(server)
        leash.release(server.pid)


def await_answer(server: subprocess.Popen, answers: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while not answers():
        if server.poll() is not None or time.monotonic() > deadline:
            last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise ServerFailed(f"{server.args[0]} did not start:\n{last_lines}")
        time.sleep(0.05)


def stop(server: subprocess.Popen) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: it waits for no client
    try:
        server.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        end_at_once(server.pid)
        server.wait()


def run_leashed(command: list[str], environment: dict[str, str], leash: Leash) -> int:
    """In a session of its own, so that nothing it started outlives it, or us."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True)
    leash.hold(process.pid)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    finally:
        end_at_once(process.pid)
        leash.release(process.pid)


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if not command:
        print(__doc__)
        return 2
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # importing us set it; pytest wants it unset
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    leash = Leash(STOP_DEADLINE_S)
    with private_servers(leash) as environment:
        return run_leashed(command, environment, leash)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
