"""nginx twice: plain, with ready files; and with `deploy/nginx.conf`, in front of the site."""

import http.client
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import started, wait_until
from bench.programs import find
from careersite.leash import Leash
from careersite.tests.nginx_configuration import (
    WITHOUT_TLS,
    Changes,
    as_it_ships,
    command,
)
from careersite.tests.private_servers import free_port

START_DEADLINE_S = 15
READY_FILES = """
    server {{
        listen 127.0.0.1:{port};
        root {root};
        gzip_static on;
        gzip_vary on;
    }}
"""


@contextmanager
def serving_files(root: Path, leash: Leash) -> Iterator[int]:
    """Yields the port. A `.gz` beside a file goes to whoever takes gzip."""
    port = free_port()
    with running(root, READY_FILES.format(port=port, root=root), port, leash):
        yield port


@contextmanager
def in_front_of(site_port: int, data_dir: Path, folder: Path, leash: Leash) -> Iterator[int]:
    """`deploy/nginx.conf` as it ships, but for names, ports and TLS. Yields the port."""
    port = free_port()
    with running(folder, rendered(site_port, port, data_dir, folder), port, leash):
        yield port


@contextmanager
def in_front_with_tls(site_port: int, data_dir: Path, folder: Path, leash: Leash) -> Iterator[int]:
    """The same with TLS and HTTP/2, under a certificate that nobody vouches for."""
    port = free_port()
    make_certificate(folder)
    tls = (
        (r"(?m)^ *listen \[::\].*\n", ""),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        (r"/etc/ssl/careersite", str(folder)),
    )
    site = unlogged(tls, site_port, data_dir, folder)
    with running(folder, site, port, leash):
        yield port


def make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=careersite.example"]
    command += ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(command, check=True, capture_output=True)


def rendered(site_port: int, port: int, data_dir: Path, folder: Path) -> str:
    changes = (
        *WITHOUT_TLS,
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        (r"(X-Forwarded-Proto) \$scheme;", r"\1 https;"),
    )
    return unlogged(changes, site_port, data_dir, folder)


def unlogged(changes: Changes, site_port: int, data_dir: Path, folder: Path) -> str:
    """A log would measure the disk."""
    changes += (
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"/var/log/nginx/access\.log careersite;", "off;"),
    )
    return as_it_ships(site_port, data_dir, folder, changes)


@contextmanager
def running(folder: Path, site: str, port: int, leash: Leash) -> Iterator[None]:
    log, start = folder / "nginx.log", command(find("nginx"), folder, site, "off")
    with started(start, leash, log, dict(os.environ)) as nginx:
        wait_until(lambda: answers(port), START_DEADLINE_S, f"nginx: {nginx.said()}")
        yield


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("HEAD", "/nothing-here/")
        return bool(connection.getresponse().status)
    except OSError:
        return False
    finally:
        connection.close()
