"""A process that is killed while a call is on the wire: nobody is left out, nobody gets two."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from careersite.supervisor import ROOT
from careersite.tests.provider import Answer, Provider, Request
from conftest import live_database_url
from newsletter.models import Campaign
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, make_mailing
from newsletter.tests.stand_ins import MAILGUN, RESEND, StandIn
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
A_CALL = 4


def start_sweep(stand_in: StandIn, provider: Provider) -> subprocess.Popen:
    """`manage.py sweep`, with the provider in its environment."""
    own = {f"ANYMAIL_{name}": value for name, value in stand_in.settings(provider.url).items()}
    environment = {
        **os.environ,
        **own,
        "ANYMAIL_ESP": stand_in.name,
        "ANYMAIL_BATCH_SIZE": str(A_CALL),
        "DATABASE_URL": live_database_url(),
        "EMAIL_URL": "",
    }
    return subprocess.Popen([sys.executable, "manage.py", "sweep"], cwd=ROOT, env=environment)


@pytest.mark.parametrize(
    ("stand_in", "end"),
    [
        (MAILGUN, {State.ACCEPTED: 8, State.IN_DOUBT: A_CALL}),
        (RESEND, {State.ACCEPTED: 12}),
    ],
    ids=["without keys", "with keys"],
)
def test_one_call_is_in_doubt_at_the_most(
    settings: object,
    provider: Provider,
    eventually: Callable,
    stand_in: StandIn,
    end: dict[State, int],
) -> None:
    stand_in.use(settings, provider, BATCH_SIZE=A_CALL)
    accept = provider.answer

    def hang_at_the_second(request: Request) -> Answer:
        return Answer(hangs=True) if len(provider.requests) == 2 else accept(request)

    provider.answer = hang_at_the_second
    campaign = make_mailing(readers=12)
    process = start_sweep(stand_in, provider)
    try:
        eventually(lambda: len(provider.requests) == 2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert campaign.tally() == {State.ACCEPTED: 4, State.SUBMITTING: 4, State.QUEUED: 4}

    provider.answer = accept
    with time_machine.travel(timezone.now() + LEASE + MINUTE, tick=False) as clock:
        for _ in range(3):
            let_workers_run()
            clock.shift(MINUTE)
    assert campaign.tally() == end
    assert Campaign.objects.get().status == "sent"
    calls = [request.body for request in provider.requests]
    assert len(calls) == 3 + (stand_in is RESEND)
    once = {mail.to for request in provider.requests for mail in stand_in.mails(request)}
    assert len(once) == 12
    assert len(set(calls)) == 3
