"""nginx twice: plain, with ready files; and with `deploy/nginx.conf`, in front of the site."""

import http.client
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import started, wait_until
from bench.programs import find
from careersite.leash import Leash
from careersite.supervisor import ROOT
from careersite.tests.private_servers import free_port

START_DEADLINE_S = 15
# One worker: one process is compared with one process. No log: it would measure the disk.
FRAME = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    types {{ {types} }}
    default_type text/html;
    sendfile on;
    tcp_nopush on;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""
TYPES = "text/html html; text/css css; text/javascript js; image/svg+xml svg; font/woff2 woff2;"
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
    site = with_own_places(tls, site_port, data_dir, folder)
    with running(folder, site, port, leash):
        yield port


def make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=careersite.example"]
    command += ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(command, check=True, capture_output=True)


def rendered(site_port: int, port: int, data_dir: Path, folder: Path) -> str:
    without_tls = (
        (r"(?m)^ *(?:listen \[::\]|ssl_certificate).*\n", ""),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        (r"(X-Forwarded-Proto) \$scheme;", r"\1 https;"),
    )
    return with_own_places(without_tls, site_port, data_dir, folder)


def with_own_places(
    changes: tuple[tuple[str, str], ...], site_port: int, data_dir: Path, folder: Path
) -> str:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for pattern, replacement in (
        *changes,
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl default_server;", f"listen 127.0.0.1:{free_port()} ssl default_server;"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{site_port}"),
        (r"/var/lib/careersite", str(data_dir)),
        (r"/var/cache/nginx/careersite", str(folder / "cache")),
        (r"/var/log/nginx/access\.log careersite;", "off;"),
    ):
        text, count = re.subn(pattern, replacement, text)
        if not count:
            raise RuntimeError(f"deploy/nginx.conf has changed: nothing in it matches {pattern}")
    return text


@contextmanager
def running(folder: Path, site: str, port: int, leash: Leash) -> Iterator[None]:
    # As root it would give its worker away to an account that may not read our files.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration, log = folder / "nginx.conf", folder / "nginx.log"
    configuration.write_text(FRAME.format(user=user, folder=folder, types=TYPES, site=site))
    command = [find("nginx"), "-e", "stderr", "-c", configuration, "-p", folder]
    with started(command, leash, log, dict(os.environ)) as nginx:
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
