"""What the figures depend on: this machine, and who else is using it."""

import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

CALM_LOAD = 0.7
ASK_AGAIN_S = 5


def describe() -> str:
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} cores ({processor()}), {system()}, {python()}"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def system() -> str:
    release = platform.freedesktop_os_release()
    debian = Path("/etc/debian_version")
    version = debian.read_text().strip() if debian.exists() else release.get("VERSION_ID", "")
    return f"{release['NAME'].removesuffix(' GNU/Linux')} {version}".strip()


def python() -> str:
    return f"Python {platform.python_version()}"


def await_calm(patience_s: float) -> float:
    """Returns the load (of the last minute) that it begins with all the same."""
    deadline = time.monotonic() + patience_s
    is_said = False
    while (load := os.getloadavg()[0]) >= CALM_LOAD and time.monotonic() < deadline:
        if not is_said:
            print(
                f"Somebody else is at work (load {load:.1f}); waiting {patience_s:.0f} s at most …"
            )
            is_said = True
        time.sleep(ASK_AGAIN_S)
    return load
