"""What a spam filter says of our mails, by their words and form alone: no network, no learning."""

import re
import subprocess

import pytest
from pytest_django import Settings

from careersite.tests.private_servers import find_program
from newsletter.tests.mails import every_kind

pytestmark = [pytest.mark.spam, pytest.mark.django_db]

DEADLINE_S = 120
SCORE = re.compile(r"Content analysis details:\s+\((-?[\d.]+) points")


def test_the_filter_has_next_to_nothing_to_say(settings: Settings) -> None:
    settings.SITE_URL, settings.SITE_HOST = "https://careers.example", "careers.example"
    settings.DEFAULT_FROM_EMAIL = "Open Seat <news@careers.example>"
    mails = every_kind()
    box = b"".join(
        b"From news@careers.example Thu Nov 26 12:00:00 2026\n" + mail.as_bytes() + b"\n\n"
        for mail in mails.values()
    )
    ran = subprocess.run(
        [find_program("spamassassin"), "--local", "--test-mode", "--mbox"],
        input=box,
        capture_output=True,
        timeout=DEADLINE_S,
        check=True,
    )
    report = ran.stdout.decode(errors="replace")
    scores = [float(points) for points in SCORE.findall(report)]
    assert len(scores) == len(mails), report[-2000:]
    assert max(scores) < 1.0, report[-4000:]
