"""A site of its own for a measurement: production settings, the demo's articles, nothing shared."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Process, started
from careersite.leash import Leash
from careersite.supervisor import ROOT

HOST = "careersite.example"
# How nginx in front of the site would ask, TLS taken off.
FROM_THE_FRONT = {"Host": HOST, "X-Forwarded-Proto": "https"}
INHERITED = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Site:
    data_dir: Path
    environment: dict[str, str]
    leash: Leash

    def manage(self, *arguments: str, **environment: str) -> str:
        return self.run([sys.executable, "manage.py", *arguments], environment)

    def inside(self, module: str, *arguments: object) -> dict | list:
        """What `main` of `bench.inside.<module>` returns, run where Django is set up."""
        command = [sys.executable, "-m", "bench.inside", module, *map(str, arguments)]
        return json.loads(self.run(command, {}).splitlines()[-1])

    def run(self, command: list[str], environment: dict[str, str]) -> str:
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def start(self, name: str, command: list) -> AbstractContextManager[Process]:
        return started(command, self.leash, self.data_dir / f"{name}.log", self.environment)


@contextmanager
def new_site(leash: Leash, **environment: str) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="careersite-bench-") as folder:
        site = Site(Path(folder), {**production(Path(folder)), **environment}, leash)
        site.manage("prepare", DEBUG="1")  # the demo exists only there
        site.manage("collectstatic", "--no-input", "--verbosity", "0")
        yield site


def production(data_dir: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    passing = data_dir / "tmp"
    passing.mkdir()
    return {
        **inherited,
        "CAREERSITE_IGNORE_ENV_FILE": "1",
        "DATA_DIR": str(data_dir),
        # In public a site refuses to keep its data in a passing folder; this one is meant to pass.
        "TMPDIR": str(passing),
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "DEFAULT_FROM_EMAIL": f"Open Seat <news@{HOST}>",
        "EMAIL_URL": "smtp://127.0.0.1:9",  # nobody listens; who sends mail says where
        "TRUSTED_PROXIES": "1",
    }
