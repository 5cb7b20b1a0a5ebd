"""A provider's event ends a doubt, in whatever order it comes."""

from itertools import permutations

import pytest
from django.utils import timezone

from newsletter.models import Delivery
from newsletter.outcomes import Outcome
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import let_workers_run, make_mailing
from newsletter.tests.races import go

pytestmark = pytest.mark.django_db


def mail_in(state: State) -> Delivery:
    campaign = make_mailing()
    Delivery.objects.update(state=state, provider_id="<their-id@example.org>")
    return campaign.deliveries.get()


def prove(delivery: Delivery, *states: State) -> str:
    for state in states:
        found = Delivery.objects.meant_by(tag=tag_of(delivery.pk))
        found.settle_by_event(state, timezone.now())
    delivery.refresh_from_db()
    return delivery.state


@pytest.mark.parametrize("word", ["accepted", "delivered", "bounced", "complained", "rejected"])
def test_a_doubt_is_over_with_any_word_of_the_provider(word: str) -> None:
    assert prove(mail_in(State.IN_DOUBT), State(word)) == word


def test_the_order_in_which_events_come_does_not_matter() -> None:
    delivery = mail_in(State.IN_DOUBT)
    words = (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED)
    for order in permutations(words):
        Delivery.objects.update(state=State.IN_DOUBT)
        assert prove(delivery, *order, *order) == State.COMPLAINED


def test_a_mail_whose_first_copy_arrived_after_all_is_not_sent_again(mailoutbox: list) -> None:
    delivery = mail_in(State.IN_DOUBT)
    Delivery.objects.update(state=State.QUEUED)
    assert prove(delivery, State.DELIVERED) == State.DELIVERED
    let_workers_run()
    assert mailoutbox == []


def test_an_event_that_is_quicker_than_the_worker_is_not_written_over() -> None:
    make_mailing()
    [delivery] = Delivery.objects.claim(Delivery.objects.get().campaign, 1, timezone.now())
    assert go(delivery)
    assert prove(delivery, State.BOUNCED) == State.BOUNCED
    delivery.record(Outcome(State.ACCEPTED), timezone.now())
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED


def test_without_a_tag_their_identity_counts_with_the_address_only() -> None:
    delivery = mail_in(State.IN_DOUBT)
    meant_by = Delivery.objects.meant_by
    assert not meant_by(tag="nonsense").exists()
    assert not meant_by(provider_id=delivery.provider_id).exists()
    assert not meant_by(provider_id="another", address=delivery.address).exists()
    found = meant_by(provider_id=delivery.provider_id, address=delivery.address.upper())
    assert list(found) == [delivery]
