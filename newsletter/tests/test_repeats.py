"""A batch in doubt is asked for once more, with its key, byte by byte the same, or not at all."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from careersite.tests.provider import Answer, Provider
from newsletter.consent import Origin
from newsletter.models import Batch, Campaign, Delivery, Subscriber, WebhookEvent
from newsletter.models.batch import NOT_THE_SAME
from newsletter.personal_data import erase
from newsletter.reports import Report
from newsletter.sending.repeating import repeat
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import at_once, let_workers_run, make_mailing, send, staff
from newsletter.tests.races import at_the_same_time
from newsletter.tests.stand_ins import BREVO, MAILGUN, RESEND, WITH_KEYS, StandIn
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOST = Answer(is_lost=True)
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture(params=WITH_KEYS, ids=lambda stand_in: stand_in.name)
def stand_in(request: pytest.FixtureRequest, settings: object, provider: Provider) -> StandIn:
    request.param.use(settings, provider)
    return request.param


def batch_in_doubt(provider: Provider, answer: Answer = LOST) -> Campaign:
    campaign = make_mailing(readers=3)
    provider.next_answers.append(answer)
    send(campaign)
    assert campaign.tally() == {State.IN_DOUBT: 3}
    return campaign


@pytest.mark.parametrize(
    "answer",
    [LOST, Answer(500), Answer(502, "<h1>Bad gateway</h1>"), Answer(200, "<p>?</p>")],
    ids=["lost", "500", "502", "unreadable"],
)
def test_the_same_bytes_with_the_same_key_end_the_doubt(
    stand_in: StandIn, provider: Provider, answer: Answer
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider, answer)
        clock.shift(MINUTE)
        let_workers_run()
        assert campaign.tally() == {State.ACCEPTED: 3}
        clock.shift(HOUR)
        let_workers_run()
    first, second = provider.requests
    assert first.body == second.body
    assert stand_in.key(first) == stand_in.key(second) == str(Batch.objects.get().pk)
    assert Batch.objects.get().state == "answered"
    assert Campaign.objects.get().status == "sent"


def test_what_a_report_has_settled_meanwhile_hides_no_answer_from_the_others(
    stand_in: StandIn, provider: Provider
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        first = campaign.deliveries.order_by("pk").first()
        WebhookEvent.objects.create(
            **{"esp": "x", "dedupe_key": "x", "kind": Report.DELIVERED, "at": NOON},
            **{"received_at": NOON, "delivery": first, "tag": tag_of(first.pk)},
        )
        clock.shift(MINUTE)
        let_workers_run()
    assert campaign.tally() == {State.DELIVERED: 1, State.ACCEPTED: 2}


def test_each_batch_has_a_key_of_its_own(stand_in: StandIn, provider: Provider) -> None:
    send(make_mailing(readers=2))
    send(make_mailing(readers=0, title="Another"))
    keys = [stand_in.key(request) for request in provider.requests]
    assert len(set(keys)) == len(keys) == 2


def test_a_worker_that_died_on_the_wire_is_made_up_for(
    stand_in: StandIn, provider: Provider
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = make_mailing(readers=2)
        claimed = Delivery.objects.claim(campaign, 2, NOON)
        Batch.objects.begin(campaign, claimed, NOON, HOUR)
        clock.shift(LEASE + MINUTE)
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 2}
    assert len(stand_in.received(provider)) == 2


@pytest.mark.parametrize(("provider_", "too_late"), [(RESEND, 24 * HOUR), (BREVO, 15 * MINUTE)])
def test_a_key_that_is_too_old_is_not_used(
    settings: object, provider: Provider, provider_: StandIn, too_late: timedelta
) -> None:
    provider_.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        clock.shift(too_late - MINUTE)
        let_workers_run()
    assert len(provider.requests) == 1
    assert campaign.tally() == {State.IN_DOUBT: 3}


def test_where_nobody_keeps_keys_nothing_is_repeated(settings: object, provider: Provider) -> None:
    MAILGUN.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        for _ in range(5):
            clock.shift(HOUR)
            let_workers_run()
    assert len(provider.requests) == 1
    assert campaign.tally() == {State.IN_DOUBT: 3}


@pytest.mark.parametrize("status", [401, 409, 422, 500])
def test_only_a_yes_ends_the_doubt(stand_in: StandIn, provider: Provider, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        provider.next_answers.append(Answer(status, {"message": "No", "name": "error"}))
        clock.shift(MINUTE)
        let_workers_run()
        assert campaign.tally() == {State.IN_DOUBT: 3}
        clock.shift(2 * MINUTE)
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert len({request.body for request in provider.requests}) == 1


# --- Something has changed since --------------------------------------------------------------


def left(_: Campaign, __: object) -> None:
    Subscriber.objects.first().unsubscribe(Origin(), timezone.now())


def erased(_: Campaign, __: object) -> None:
    erase("reader1@example.com", timezone.now())


def cancelled(campaign: Campaign, _: object) -> None:
    campaign.cancel("Stop.", timezone.now())


def decided(campaign: Campaign, _: object) -> None:
    campaign.treat_doubtful_as_sent(timezone.now())


def moved(_: Campaign, settings: object) -> None:
    key = next(name for name in settings.ANYMAIL if name.endswith("API_KEY"))
    settings.ANYMAIL = {**settings.ANYMAIL, key: "of another account"}


@pytest.mark.parametrize("change", [left, erased, cancelled, decided, moved])
def test_what_cannot_be_the_same_call_is_no_call(
    settings: object, provider: Provider, change: object
) -> None:
    RESEND.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        change(campaign, settings)
        for _ in range(3):
            clock.shift(MINUTE)
            let_workers_run()
    assert len(provider.requests) == 1
    assert campaign.tally().keys() <= {State.IN_DOUBT, State.ACCEPTED}


@pytest.mark.parametrize("change", [left, erased])
def test_those_who_shared_a_call_with_somebody_who_is_gone_are_listed_with_the_reason(
    settings: object, provider: Provider, change: object
) -> None:
    RESEND.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        change(campaign, settings)
        clock.shift(MINUTE)
        let_workers_run()
    others = campaign.deliveries.filter(subscriber__in=Subscriber.objects.mailable())
    assert set(others.values_list("state", "reason")) == {(State.IN_DOUBT, NOT_THE_SAME)}
    page = staff("view_campaign", "view_delivery").get(
        reverse("admin:newsletter_campaign_change", args=[campaign.pk]) + "?state=in_doubt"
    )
    assert page.content.decode().count(NOT_THE_SAME) >= 2


def test_a_pause_holds_it_back_too(settings: object, provider: Provider) -> None:
    RESEND.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        Campaign.objects.update(paused_at=NOON, finished_at=None)
        clock.shift(MINUTE)
        let_workers_run()
        assert len(provider.requests) == 1
        campaign.resume()
        clock.shift(LEASE + MINUTE)
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 3}


def test_sent_again_by_a_person_it_is_not_repeated_as_well(
    settings: object, provider: Provider
) -> None:
    RESEND.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        clock.shift(MINUTE)
        assert campaign.resend_doubtful(timezone.now()) == 3
        let_workers_run()
        clock.shift(HOUR)
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert len(provider.requests) == 2
    assert len({RESEND.key(request) for request in provider.requests}) == 2


def test_one_word_of_the_provider_about_one_of_them_stands(
    settings: object, provider: Provider
) -> None:
    RESEND.use(settings, provider)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = batch_in_doubt(provider)
        campaign.deliveries.filter(address="reader2@example.com").update(state=State.BOUNCED)
        provider.next_answers.append(LOST)
        for doubtful in (2, 0):
            clock.shift(2 * MINUTE)
            let_workers_run()
            assert campaign.tally().get(State.IN_DOUBT, 0) == doubtful
            assert campaign.tally()[State.BOUNCED] == 1
    assert campaign.tally() == {State.ACCEPTED: 2, State.BOUNCED: 1}
    assert len({request.body for request in provider.requests}) == 1


@at_the_same_time
def test_two_sweeps_at_once_repeat_it_once(settings: object, provider: Provider) -> None:
    RESEND.use(settings, provider)
    batch_in_doubt(provider)
    later = timezone.now() + MINUTE
    batch_id = str(Batch.objects.get().pk)
    assert sorted(at_once(lambda: repeat(batch_id, later), 2)) == [False, True]
    assert len(provider.requests) == 2
