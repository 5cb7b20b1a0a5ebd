"""Who takes back what a worker has claimed is told by the mark what was sent already."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import personal_data
from newsletter.consent import Origin
from newsletter.models import AddressChange, Campaign, Delivery, Suppression, WebhookEvent
from newsletter.reports import Report
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.marks.marking import accepted, leaves, states
from newsletter.tests.races import MarkedWorker

pytestmark = pytest.mark.django_db

Act = Callable[[Delivery], object]


def rests(delivery: Delivery) -> None:
    now = timezone.now()
    assert delivery.subscriber.pause(now + timedelta(days=7), Origin(), now)


def complains(delivery: Delivery) -> None:
    Suppression.objects.add(delivery.address, Suppression.Reason.COMPLAINED)


def is_erased(delivery: Delivery) -> None:
    personal_data.erase(delivery.address, timezone.now())


def is_cancelled(delivery: Delivery) -> None:
    Campaign.objects.get().cancel("Stop.", timezone.now())


@pytest.mark.parametrize("happens", [leaves, rests, complains, is_cancelled])
def test_what_was_sent_is_not_called_unsent(
    happens: Act, mails: list[Delivery], worker: MarkedWorker
) -> None:
    for mail in mails[:3]:
        happens(mail)
    assert states()[:3] == [State.ACCEPTED, State.SUBMITTING, State.SKIPPED]
    assert not worker.go(mails[2], accepted(mails[1]))
    assert states()[:3] == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED]


def test_who_is_erased_was_sent_what_was_sent(mails: list[Delivery], worker: MarkedWorker) -> None:
    for mail in mails[:3]:
        is_erased(mail)
    assert states()[:3] == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED]
    assert not Delivery.objects.filter(address__startswith="reader").exclude(pk=mails[3].pk)
    assert worker.go(mails[3])


def test_who_moves_gets_what_was_not_sent_at_the_new_address_only(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    for mail in mails[:3]:
        address = f"new-{mail.address}"
        change = AddressChange.objects.create(
            subscriber=mail.subscriber, address=address, asked_at=timezone.now()
        )
        assert change.make(Origin(), timezone.now())
    assert states()[:3] == [State.ACCEPTED, State.SUBMITTING, State.QUEUED]
    assert not worker.go(mails[2], accepted(mails[1]))
    moved = Delivery.objects.filter(address__startswith="new-")
    assert [mail.pk for mail in moved] == [mails[2].pk]


def test_what_a_provider_reports_of_a_mail_stands_beside_what_the_mark_says(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    """The last one it reports of an earlier try, that has arrived after all."""
    now = timezone.now()
    for mail in (mails[0], mails[3]):
        WebhookEvent.objects.create(
            esp="mailgun",
            kind=Report.DELIVERED,
            dedupe_key=mail.pk,
            tag=tag_of(mail.pk),
            at=now,
            received_at=now,
        )
    settle_some(now)
    assert states() == [State.DELIVERED, State.SUBMITTING, State.CLAIMED, State.DELIVERED]
    assert worker.go(mails[2], accepted(mails[1]))
    assert not worker.go(mails[3], accepted(mails[2]))
    assert states() == [State.DELIVERED, *[State.ACCEPTED] * 2, State.DELIVERED]


def test_after_that_the_worker_goes_on_mail_by_mail(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    leaves(mails[2])
    assert not worker.go(mails[2], accepted(mails[1]))
    assert worker.go(mails[3])
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED, State.SUBMITTING]
