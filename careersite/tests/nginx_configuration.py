"""`deploy/nginx.conf` as it ships, in a frame and at places of its own; for tests and for bench."""

import os
import re
from pathlib import Path

from careersite.supervisor import ROOT
from careersite.tests.private_servers import free_port

# One worker: one process is compared with one process.
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
    access_log {log};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""
TYPES = "text/html html; text/css css; text/javascript js; image/svg+xml svg; font/woff2 woff2;"

Changes = tuple[tuple[str, str], ...]
WITHOUT_TLS: Changes = ((r"(?m)^ *(?:listen \[::\]|ssl_certificate).*\n", ""),)


def command(nginx: str | Path, folder: Path, site: str, log: str) -> list[str | Path]:
    """Starts `nginx` with `site` in the frame; all that it writes lies in `folder`."""
    # As root it would give its worker away to an account that may not read our files.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        FRAME.format(user=user, folder=folder, types=TYPES, log=log, site=site)
    )
    return [nginx, "-e", "stderr", "-c", configuration, "-p", folder]


def as_it_ships(site_port: int, data_dir: Path, folder: Path, changes: Changes) -> str:
    """`changes`: patterns and what comes in their place. Each has to match."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for pattern, replacement in (
        *changes,
        (r"listen 443 ssl default_server;", f"listen 127.0.0.1:{free_port()} ssl default_server;"),
        (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{site_port};"),
        (r"/var/lib/careersite", str(data_dir)),
        (r"/var/cache/nginx/careersite", str(folder / "cache")),
    ):
        text, count = re.subn(pattern, replacement, text)
        if not count:
            raise RuntimeError(f"deploy/nginx.conf has changed: nothing in it matches {pattern}")
    return text
