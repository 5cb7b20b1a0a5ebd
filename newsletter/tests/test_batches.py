"""Many mails in one call: each reader gets his own, whoever the provider is."""

import pytest
from django.utils import timezone

from careersite.tests.provider import Provider
from newsletter.models import Batch, Campaign, Delivery
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import make_mailing, make_subscriber, send
from newsletter.tests.stand_ins import ALL, MAILGUN, MAILJET, StandIn
from newsletter.tokens import Purpose, read

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

# A place as it is frozen, and its name in the ways that providers write it.
UNFILLED = ("0-your-own", "0-web-version", "your_own", "web_version")


@pytest.fixture(params=ALL, ids=lambda stand_in: stand_in.name)
def stand_in(request: pytest.FixtureRequest, settings: object, provider: Provider) -> StandIn:
    request.param.use(settings, provider)
    return request.param


def token_in(words: str) -> str:
    return words.partition("/newsletter/unsubscribe/")[2].partition("/")[0]


def test_each_reader_gets_one_mail_with_links_of_his_own(
    stand_in: StandIn, provider: Provider
) -> None:
    campaign = make_mailing(readers=3)
    assert send(campaign) == 3
    mails = {mail.to: mail for mail in stand_in.received(provider)}
    assert (len(mails), len(provider.requests)) == (3, 1)
    for delivery in campaign.deliveries.select_related("subscriber"):
        mail = mails[delivery.address]
        leave = mail.headers["List-Unsubscribe"]
        assert read(Purpose.UNSUBSCRIBE, token_in(leave), timezone.now()).handle == (
            delivery.subscriber.handle
        )
        assert token_in(mail.text) == token_in(mail.html) == token_in(leave)
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "<news." in mail.headers["List-Id"]
        assert f"campaign-{campaign.pk}-{delivery.pk}@" in message_id(mail.headers)
        assert mail.tag == tag_of(delivery.pk)
        assert not [word for word in UNFILLED if word in mail.text + mail.html]


def message_id(headers: dict[str, str]) -> str:
    return next(value for name, value in headers.items() if name.lower() == "message-id")


def test_all_states_and_the_batch_are_written_down(stand_in: StandIn, provider: Provider) -> None:
    campaign = make_mailing(readers=3)
    send(campaign)
    [batch] = Batch.objects.all()
    assert (batch.size, batch.state, batch.campaign) == (3, "answered", campaign)
    assert batch.http_status in (200, 201, 202)
    for delivery in campaign.deliveries.all():
        assert (delivery.state, delivery.attempts, delivery.batch) == (State.ACCEPTED, 1, batch)
        assert delivery.provider_id
        assert delivery.settled_at
        assert delivery.lease_until is None
    campaign.refresh_from_db()
    assert campaign.status == "sent"


def test_one_reader_alone_gets_a_plain_mail(stand_in: StandIn, provider: Provider) -> None:
    send(make_mailing())
    [mail] = stand_in.received(provider)
    assert token_in(mail.text) == token_in(mail.headers["List-Unsubscribe"])
    assert mail.tag == tag_of(Delivery.objects.get().pk)


def test_no_call_has_more_mails_than_the_provider_takes(
    settings: object, provider: Provider
) -> None:
    MAILJET.use(settings, provider)
    campaign = make_mailing(readers=120)
    assert send(campaign) == 120
    assert [len(MAILJET.mails(request)) for request in provider.requests] == [50, 50, 20]
    assert campaign.tally() == {State.ACCEPTED: 120}


def test_an_account_on_probation_sends_less_a_call(settings: object, provider: Provider) -> None:
    MAILGUN.use(settings, provider, BATCH_SIZE="2")
    send(make_mailing(readers=5))
    assert [len(MAILGUN.mails(request)) for request in provider.requests] == [2, 2, 1]


def test_addresses_that_are_alike_never_share_a_call(settings: object, provider: Provider) -> None:
    """The database keeps them apart; should it fail, nobody gets another's link."""
    MAILGUN.use(settings, provider)
    campaign = make_mailing(readers=3)
    twin = campaign.deliveries.get(address="reader2@example.com")
    Delivery.objects.filter(pk=twin.pk).update(address="READER1@example.com")
    send(campaign)
    calls = [{mail.to for mail in MAILGUN.mails(request)} for request in provider.requests]
    assert calls == [{"reader1@example.com", "reader3@example.com"}, {"READER1@example.com"}]
    assert campaign.tally() == {State.ACCEPTED: 3}


@pytest.mark.parametrize(
    "poison",
    ["reader@exa\u202emple.com", "a@b@example.com", "a@example.com\nBcc: other@example.com"],
)
def test_an_address_that_cannot_be_written_fails_alone(
    stand_in: StandIn, provider: Provider, poison: str
) -> None:
    make_subscriber(poison)
    campaign = make_mailing(readers=2)
    send(campaign)
    received = sorted(mail.to for mail in stand_in.received(provider))
    assert received == ["reader1@example.com", "reader2@example.com"]
    assert campaign.deliveries.get(address=poison).state == State.FAILED
    campaign.refresh_from_db()
    assert campaign.status == "sent"


def test_who_leaves_before_the_call_is_not_in_it(settings: object, provider: Provider) -> None:
    MAILGUN.use(settings, provider)
    campaign = make_mailing(readers=3)
    claimed = Delivery.objects.claim(campaign, 3, timezone.now())
    claimed[1].subscriber.suppressed_at = timezone.now()
    claimed[1].subscriber.save()
    batch, going = Batch.objects.begin(campaign, claimed, timezone.now())
    assert [delivery.pk for delivery in going] == [claimed[0].pk, claimed[2].pk]
    assert batch.size == 2
    assert campaign.tally() == {State.SUBMITTING: 2, State.SKIPPED: 1}


def test_nobody_left_means_no_call(settings: object, provider: Provider) -> None:
    MAILGUN.use(settings, provider)
    campaign = make_mailing(readers=2)
    claimed = Delivery.objects.claim(campaign, 3, timezone.now())
    Campaign.objects.update(paused_at=timezone.now())
    _, going = Batch.objects.begin(campaign, claimed, timezone.now())
    assert going == []
    assert not Batch.objects.exists()
