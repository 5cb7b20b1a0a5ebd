"""A worker that has lost a child it cannot do without ends, for the supervisor to start it anew."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from careersite.tests.processes import is_running
from newsletter.models import Pulse
from newsletter.tests.workers import children_of, sweep

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[..., object]
WITH_REDIS = settings.CELERY_BROKER_URL.startswith("redis")


def open_files(process: int) -> int:
    """Beat has the fewest: it closes what it was born with."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def await_sweep(eventually: Eventually) -> None:
    before = Pulse.last("sweep")
    sweep()
    eventually(lambda: Pulse.last("sweep") != before)


@pytest.mark.parametrize(
    "beat",
    [
        True,
        pytest.param(False, marks=pytest.mark.skipif(WITH_REDIS, reason="they share no lock")),
    ],
)
def test_a_worker_ends_whose_child_was_killed(
    start_worker: Callable[..., subprocess.Popen], eventually: Eventually, beat: bool
) -> None:
    worker = start_worker(beat=beat)
    for _ in range(3):  # it is at work, and stays so
        await_sweep(eventually)
    children = children_of(worker)
    choose = min if beat else max
    os.kill(choose(children, key=open_files), signal.SIGKILL)
    worker.wait(60)
    eventually(lambda: not any(is_running(child) for child in children))
