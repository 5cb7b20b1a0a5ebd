"""What each provider’s words mean for the mail."""

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import sweeping
from newsletter.models import ConsentEvent, Suppression, WebhookEvent
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import make_mailing
from newsletter.tests.provider_reports import CASES, UNSUBSCRIBES, Maker, mailgun, sparkpost
from newsletter.tests.reports.reporting import READER, THEIR_ID, reader, sent_mail

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]


@pytest.mark.parametrize(
    ("maker", "word", "more", "state", "is_suppressed"),
    CASES,
    ids=[f"{maker.__name__} {word} {n}" for n, (maker, word, *_) in enumerate(CASES)],
)
def test_what_a_provider_says(
    client: Client, maker: Maker, word: str, more: dict, state: str, is_suppressed: bool
) -> None:
    delivery = sent_mail()
    post = maker(word, READER, tag_of(delivery.pk), THEIR_ID, **more)
    assert [post.to(client).status_code for _ in range(3)] == [200] * 3
    sweeping.sweep(timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, bool(reader().suppressed_at)) == (state, is_suppressed)
    assert Suppression.objects.count() == is_suppressed
    assert WebhookEvent.objects.count() <= 1
    assert set(WebhookEvent.objects.values_list("effect", "recipient")) <= {("counted", "")}


@pytest.mark.parametrize(("maker", "word", "more"), UNSUBSCRIBES)
def test_who_leaves_at_the_provider_leaves_here(
    client: Client, maker: Maker, word: str, more: dict
) -> None:
    delivery = sent_mail()
    maker(word, READER, tag_of(delivery.pk), THEIR_ID, **more).to(client)
    settle_some(timezone.now())
    assert reader().unsubscribed_at
    assert not reader().suppressed_at
    note = ConsentEvent.objects.get(kind="unsubscribed")
    assert note.source == "mail provider"
    assert note.actor


def test_without_our_tag_their_name_and_the_recipient_tell_which_mail(client: Client) -> None:
    campaign = make_mailing(readers=2)
    campaign.deliveries.update(state=State.ACCEPTED, provider_id="sent-together")
    sparkpost("delivery", "Reader2@example.com", "", "sent-together").to(client)
    settle_some(timezone.now())
    states = campaign.deliveries.order_by("address").values_list("state", flat=True)
    assert list(states) == [State.ACCEPTED, State.DELIVERED]


def test_what_was_opened_or_pressed_is_not_even_stored(client: Client) -> None:
    delivery = sent_mail()
    for word in ("opened", "clicked"):
        assert mailgun(word, READER, tag_of(delivery.pk), THEIR_ID).to(client).status_code == 200
    assert not WebhookEvent.objects.exists()
