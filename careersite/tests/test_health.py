"""Green when all is well; red, and no more than that, when something is missing."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from newsletter.models import Campaign, Delivery, Pulse
from newsletter.tests.factories import make_campaign, make_subscribers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def swept() -> None:
    Pulse.beat("sweep", timezone.now())


def ready(client: Client) -> tuple[int, dict]:
    response = client.get("/readyz")
    return response.status_code, response.json()


def waiting_mails(for_: timedelta, count: int = 1) -> Campaign:
    """The notice of an article, with mails that are due for so long."""
    make_subscribers(count)
    campaign = make_campaign()
    campaign.expand(timezone.now())
    Delivery.objects.update(queued_at=timezone.now() - for_)
    return campaign


def test_the_process_answers_without_a_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


def test_all_is_well(client: Client) -> None:
    status, findings = ready(client)
    assert status == 200
    assert list(findings) == [
        *("database", "broker", "sweep", "deliveries", "failures", "complaints")
    ]
    assert all(finding["ok"] and finding["detail"] for finding in findings.values())


def test_the_answer_is_never_kept(client: Client) -> None:
    response = client.get("/readyz")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.post("/readyz").status_code == 405


def test_a_sweep_that_never_ran_is_red(client: Client) -> None:
    Pulse.objects.all().delete()
    status, findings = ready(client)
    assert status == 503
    assert findings["sweep"] == {"ok": False, "detail": "has never run"}


@pytest.mark.parametrize(("age_s", "status"), [(85, 200), (95, 503)])
def test_a_sweep_that_is_late_is_red(client: Client, age_s: int, status: int) -> None:
    Pulse.beat("sweep", timezone.now() - timedelta(seconds=age_s))
    assert ready(client)[0] == status


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 503)])
def test_a_mail_that_waits_too_long_is_red(client: Client, minutes: int, status: int) -> None:
    waiting_mails(timedelta(minutes=minutes))
    assert ready(client)[0] == status


def test_a_long_mailing_is_fine_while_it_moves(client: Client) -> None:
    waiting_mails(timedelta(hours=1), count=2)
    moved = Delivery.objects.first()
    Delivery.objects.filter(pk=moved.pk).update(state="accepted", submitted_at=timezone.now())
    assert ready(client)[0] == 200


@pytest.mark.parametrize("when", ["paused_at", "cancelled_at"])
def test_a_mailing_that_was_stopped_on_purpose_is_fine(client: Client, when: str) -> None:
    waiting_mails(timedelta(hours=1))
    Campaign.objects.update(**{when: timezone.now()})
    assert ready(client)[0] == 200


def test_a_mail_that_is_tried_again_later_is_not_due_yet(client: Client) -> None:
    waiting_mails(timedelta(hours=1))
    Delivery.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert ready(client)[1]["deliveries"]["detail"] == "none is due"


def test_a_database_that_is_away_is_red_and_says_nothing_more(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("password authentication failed for user me at db.internal")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
    status, findings = ready(client)
    assert status == 503
    assert findings["database"] == {"ok": False, "detail": "does not answer"}
    assert "db.internal" not in json.dumps(findings)
    assert client.get("/healthz").status_code == 200


def test_a_queue_folder_that_cannot_be_written_is_red(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": str(tmp_path / "none")}
    status, findings = ready(client)
    assert status == 503
    assert findings["broker"] == {"ok": False, "detail": "does not answer"}


@pytest.mark.parametrize("is_hung", [True, False], ids=["hung", "away"])
def test_a_redis_that_does_not_answer_is_red(
    client: Client, settings: Settings, is_hung: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not is_hung:
            silent.close()
        settings.CELERY_BROKER_URL = f"redis://:hush@127.0.0.1:{port}/0"
        settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 0.1}
        status, findings = ready(client)
    assert status == 503
    assert findings["broker"] == {"ok": False, "detail": "does not answer"}
    assert "hush" not in json.dumps(findings)
