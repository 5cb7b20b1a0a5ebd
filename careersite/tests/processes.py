"""Questions to the system about processes, for tests that start real ones."""

import os
from pathlib import Path

PROC = Path("/proc")


def is_running(process: int) -> bool:
    """A zombie that nobody has collected yet does not run."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return state(process) != "Z"


def state(process: int) -> str:
    return stat(process)[0]


def stat(process: int) -> list[str]:
    """State, parent and so on (see proc(5)): the fields after the name."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["", "0"]


def descendants(process: int) -> set[int]:
    children = {int(f.name) for f in PROC.glob("[0-9]*") if int(stat(int(f.name))[1]) == process}
    return children.union(*map(descendants, children))


def running_with(variable: str) -> dict[int, str]:
    """Id and command line of each process that was started with this "NAME=value"."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        process = int(folder.name)
        if variable.encode() in environment and command and is_running(process):
            found[process] = command
    return found
