"""What is refused, given back or named by a provider is written down at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Delivery, Mark
from newsletter.outcomes import Outcome, later
from newsletter.sending.marks import WRITES_EVERY
from newsletter.states import State
from newsletter.tests.marks.marking import accepted, as_found_later, settled, states
from newsletter.tests.races import MarkedWorker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "outcome", [Outcome(State.REJECTED, "550 No such user"), Outcome(State.FAILED, "Too large")]
)
def test_what_was_refused_is_written_down_before_the_mark_moves_on(
    outcome: Outcome, mails: list[Delivery], worker: MarkedWorker
) -> None:
    assert worker.go(mails[2], settled(mails[1], outcome))
    assert states() == [State.ACCEPTED, outcome.state, State.CLAIMED, State.CLAIMED]
    assert worker.go(mails[3], accepted(mails[2]))
    assert as_found_later() == [State.ACCEPTED, outcome.state, State.ACCEPTED, State.IN_DOUBT]


def test_what_comes_back_from_the_wire_is_not_taken_for_accepted(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    assert worker.go(mails[2], settled(mails[1], later("450 Later")))
    assert as_found_later() == [State.ACCEPTED, State.QUEUED, State.IN_DOUBT, State.QUEUED]


def test_the_name_that_a_provider_gives_a_mail_is_written_down_at_once(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    worker.go(mails[2], settled(mails[1], Outcome(State.ACCEPTED, provider_id="their-id")))
    assert Delivery.objects.get(pk=mails[1].pk).provider_id == "their-id"


def test_a_page_learns_of_accepted_mails_soon(mails: list[Delivery], worker: MarkedWorker) -> None:
    marks = worker.marks[mails[0].claim_token]
    marks.written_at -= WRITES_EVERY + timedelta(seconds=1)
    assert worker.go(mails[2], accepted(mails[1]))
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.CLAIMED, State.CLAIMED]
    assert Mark.objects.exists()


def test_one_that_may_not_go_is_not_taken_for_accepted(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    campaign = mails[0].campaign
    campaign.rest(timezone.now() + timedelta(minutes=1))
    assert not worker.go(mails[2], accepted(mails[1]))
    campaign.rest(timezone.now())
    assert worker.go(mails[3])
    assert as_found_later() == [State.ACCEPTED, State.ACCEPTED, State.QUEUED, State.IN_DOUBT]
