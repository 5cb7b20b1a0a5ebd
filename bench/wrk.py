"""Load on one address, made by wrk on one core."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SCRIPT = Path(__file__).with_name("wrk.lua")
CONNECTIONS = 32


@dataclass(frozen=True)
class Load:
    requests_a_second: float
    p99_ms: float
    bytes_a_request: float


def load(url: str, headers: dict[str, str], seconds: int) -> Load:
    """Raises `RuntimeError` if any answer was an error: then the figure would mean nothing."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", SCRIPT]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    output = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    counted = json.loads(output.splitlines()[-1])
    if counted["errors"] or not counted["requests"]:
        raise RuntimeError(f"wrk met errors at {url}:\n{output}")
    return Load(
        requests_a_second=counted["requests"] / counted["seconds"],
        p99_ms=counted["p99_ms"],
        bytes_a_request=counted["bytes"] / counted["requests"],
    )


def middle(loads: list[Load]) -> Load | None:
    """The median of each figure: a neighbour's burst spoils one round, not the result."""
    if not loads:
        return None
    return Load(
        requests_a_second=median(load.requests_a_second for load in loads),
        p99_ms=median(load.p99_ms for load in loads),
        bytes_a_request=median(load.bytes_a_request for load in loads),
    )
