"""Files between the trial of an import and the press of its button: a day at the most."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"[A-Za-z0-9_-]{22}")
KEPT_FOR = timedelta(days=1)


def folder() -> Path:
    return Path(settings.PRIVATE_ROOT) / "imports"


def keep(pieces: Iterable[bytes]) -> str:
    """Returns the name under which `path_of` finds it; nobody can guess it."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    name = secrets.token_urlsafe(16)
    path = folder() / f"{name}.csv"
    try:
        with path.open("xb") as file:
            for piece in pieces:
                file.write(piece)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return name


def path_of(name: str) -> Path | None:
    """None for what is no such name, and for what is gone."""
    path = folder() / f"{name}.csv"
    return path if NAME.fullmatch(name) and path.is_file() else None


def files() -> list[Path]:
    return sorted(folder().glob("*.csv"))


def forget_old(now: datetime) -> int:
    before = (now - KEPT_FOR).timestamp()
    old = [path for path in folder().glob("*") if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
