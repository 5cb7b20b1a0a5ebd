"""It is noon, and every provider gives our secret."""

from collections.abc import Iterator

import pytest
import time_machine

from newsletter.tests.provider_reports import SECRET, SIGNING_KEY
from newsletter.tests.reports.reporting import NOON


@pytest.fixture(autouse=True)
def providers(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """All give our secret. Amazon's own package is not there; only its log-in would be asked."""
    settings.ANYMAIL_WEBHOOK_SECRET = [SECRET]
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}
    nobody = "anymail.webhooks.amazon_ses._get_anymail_boto3_params"
    monkeypatch.setattr(nobody, lambda kwargs: ({}, {}))


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock
