"""Programs that are no Python packages: found, or installed by apt where that is allowed."""

import os
import shutil

from careersite.tests.private_servers import find_program, install

PACKAGES = {
    "nginx": "nginx-light",
    "wrk": "wrk",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "chromium": "chromium",
    "openssl": "openssl",
    "npm": "npm",
}


def missing(*names: str) -> list[str]:
    """What is not there and could not be installed."""
    lacking = absent(names)
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        install([PACKAGES[name] for name in lacking])
    return absent(names)


def absent(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if find(name) is None]


def find(name: str) -> str | None:
    """nginx lies where only root's PATH leads."""
    return find_program(name) or shutil.which(name, path="/usr/sbin")
