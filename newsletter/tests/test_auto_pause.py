"""A campaign that fares badly stops by itself, and staff are told of it once."""

import socket
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.utils import timezone

from blog.models import Publication
from careersite.tests.provider import Answer, Provider
from newsletter import staff_mail, sweeping
from newsletter.models import Campaign, WebhookEvent
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import (
    add_mails,
    at_once,
    campaign_with,
    let_workers_run,
    make_mailing,
    send,
)
from newsletter.tests.races import at_the_same_time
from newsletter.wellbeing import ENOUGH, WINDOW, trouble_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def contact() -> None:
    Publication.objects.update_or_create(pk=1, defaults={"contact_email": "staff@example.com"})


def is_paused(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == "paused"


# --- The rule -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "has_trouble"),
    [
        ({"accepted": 2, "bounced": 1}, False),
        ({"accepted": ENOUGH - 7, "bounced": 6}, False),
        ({"accepted": ENOUGH - 5, "bounced": 5}, False),
        ({"delivered": ENOUGH - 6, "bounced": 6}, True),
        ({"delivered": ENOUGH - 6, "bounced": 3, "rejected": 3}, True),
        ({"delivered": ENOUGH, "complained": 1}, False),
        ({"delivered": ENOUGH, "complained": 2}, True),
        ({"delivered": WINDOW - 1, "complained": 1}, False),
        ({"delivered": WINDOW - 2, "complained": 2}, True),
        ({"delivered": 2 * WINDOW - 2, "complained": 2}, False),
        ({"failed": ENOUGH, "bounced": 6}, False),
    ],
)
def test_more_than_five_in_a_hundred_back_or_one_in_a_thousand_complaining(
    counts: dict[str, int], has_trouble: bool
) -> None:
    assert bool(trouble_in(counts)) is has_trouble


def test_the_sweep_pauses_it_and_says_why() -> None:
    campaign = campaign_with(delivered=94, bounced=6, queued=1)
    sweeping.sweep(timezone.now())
    assert is_paused(campaign)
    assert campaign.pause_reason.startswith("6 of the last 100 mails came back or were refused.")
    assert campaign.tally()[State.QUEUED] == 1


def test_only_the_last_thousand_count() -> None:
    campaign = campaign_with(bounced=60, queued=1)
    add_mails(campaign, State.DELIVERED, WINDOW - 40)
    assert campaign.lately() == {State.BOUNCED: 40, State.DELIVERED: 960}
    assert not campaign.pause_if_unwell(timezone.now())


def test_what_staff_have_seen_pauses_it_no_second_time() -> None:
    campaign = campaign_with(delivered=90, bounced=10, queued=1)
    assert campaign.pause_if_unwell(timezone.now())
    campaign.resume()
    campaign.refresh_from_db()
    assert not campaign.pause_if_unwell(timezone.now())
    add_mails(campaign, State.COMPLAINED, 2)
    add_mails(campaign, State.DELIVERED, 98)
    assert campaign.pause_if_unwell(timezone.now())
    campaign.refresh_from_db()
    assert campaign.pause_reason.startswith("2 of the last 100 mails were reported as spam.")


def test_a_report_pauses_it_at_once() -> None:
    campaign = campaign_with(delivered=94, bounced=5, accepted=1, queued=1)
    last = campaign.deliveries.get(state=State.ACCEPTED)
    facts = {"esp": "Brevo", "kind": "soft_bounce", "tag": tag_of(last.pk)}
    WebhookEvent.objects.create(**facts, at=timezone.now(), received_at=timezone.now())
    settle_some(timezone.now())
    assert is_paused(campaign)


# --- Staff are told -----------------------------------------------------------------------


def paused() -> Campaign:
    campaign = campaign_with(delivered=94, bounced=6, queued=1)
    campaign.pause("Too much came back.", timezone.now())
    return campaign


def test_one_mail_for_each_pause() -> None:
    campaign = paused()
    for _ in range(3):
        let_workers_run()
    (message,) = mail.outbox
    assert message.to == ["staff@example.com"]
    assert "Too much came back." in message.body
    assert f"/admin/newsletter/campaign/{campaign.pk}/change/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    campaign.resume()
    campaign.pause("Again.", timezone.now())
    let_workers_run()
    assert len(mail.outbox) == 2


@at_the_same_time
def test_workers_at_once_tell_it_once() -> None:
    Publication.objects.update_or_create(pk=1, defaults={"contact_email": "staff@example.com"})
    campaign = paused()
    at_once(lambda: staff_mail.tell_of_pause(campaign.pk, timezone.now()))
    assert len(mail.outbox) == 1


def test_nobody_is_told_of_what_staff_did_themselves() -> None:
    campaign = campaign_with(delivered=1, queued=1)
    campaign.pause("ada paused it.", timezone.now(), tells_staff=False)
    let_workers_run()
    assert not mail.outbox


def test_without_an_address_those_are_told_who_may_resume_it() -> None:
    Publication.objects.update(contact_email="")
    may = Permission.objects.get(codename="change_campaign")
    for name, is_active, permissions in (
        ("ada", True, [may]),
        ("ben", True, [may]),
        ("bob", True, []),
        ("eve", False, [may]),
    ):
        fields = {"is_staff": True, "is_active": is_active}
        user = User.objects.create_user(name, f"{name}@example.com", **fields)
        user.user_permissions.set(permissions)
    paused()
    let_workers_run()
    assert [message.to for message in mail.outbox] == [["ada@example.com"], ["ben@example.com"]]
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 2


def test_refused_credentials_pause_it_and_the_mail_waits_until_it_can_go(
    settings: object, provider: Provider
) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "old", "POSTMARK_API_URL": provider.url}
    provider.answer = lambda _: Answer(401, {"ErrorCode": 10, "Message": "Bad token"})
    campaign = make_mailing(readers=20)
    send(campaign)
    assert is_paused(campaign)
    assert len(provider.requests) == 1
    now = timezone.now()
    assert not staff_mail.tell_of_pause(campaign.pk, now)
    assert sweeping.sweep(now).pauses == []
    provider.answer = lambda _: Answer(
        200, {"ErrorCode": 0, "MessageID": "1", "To": "staff@example.com"}
    )
    later = now + staff_mail.TRY_AGAIN_AFTER
    assert sweeping.sweep(later).pauses == [campaign.pk]
    assert staff_mail.tell_of_pause(campaign.pk, later)
    assert not staff_mail.tell_of_pause(campaign.pk, later + timedelta(days=1))


def test_a_lost_answer_is_no_reason_to_tell_it_twice(settings: object, provider: Provider) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "key", "POSTMARK_API_URL": provider.url}
    provider.answer = lambda _: Answer(is_lost=True)
    campaign = paused()
    staff_mail.tell_of_pause(campaign.pk, timezone.now())
    assert sweeping.sweep(timezone.now() + timedelta(days=1)).pauses == []


def test_a_mail_server_that_is_away_keeps_it_due(settings: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings.EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    campaign = paused()
    assert not staff_mail.tell_of_pause(campaign.pk, timezone.now())
    campaign.refresh_from_db()
    assert campaign.pause_mail_due_at > timezone.now()
    assert send(campaign) == 0
