"""A call that is answered for each mail in it: this one is taken, that one is not."""

import json
from collections.abc import Callable

import pytest

from careersite.tests.provider import Answer, Provider, Request
from newsletter.states import State
from newsletter.tests.factories import make_mailing, send, what_it_does
from newsletter.tests.stand_ins import MAILJET, POSTMARK, RESEND, StandIn

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]


def test_mailjet_refuses_one_and_takes_the_others(use: Callable, provider: Provider) -> None:
    use(MAILJET)
    campaign = make_mailing(readers=3)
    taken = [{"Email": f"reader{n}@example.com", "MessageID": n} for n in (1, 3)]
    done = [{"Status": "success", "To": [one]} for one in taken]
    refused = {"Status": "error", "Errors": [{"ErrorCode": "mj-0013", "StatusCode": 400}]}
    provider.next_answers.append(Answer(400, {"Messages": [done[0], refused, done[1]]}))
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2, State.FAILED: 1}
    assert campaign.deliveries.get(state=State.FAILED).address == "reader2@example.com"
    assert campaign.deliveries.get(address="reader3@example.com").provider_id == "3"
    assert len(provider.requests) == 1


def test_a_yes_in_another_spelling_of_the_address_is_a_yes(
    use: Callable, provider: Provider
) -> None:
    use(MAILJET)
    campaign = make_mailing(readers=2)
    campaign.deliveries.filter(address="reader1@example.com").update(address="Reader1@Example.com")
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}


BY_CODE = [(406, State.REJECTED, 1), (300, State.FAILED, 1), (405, State.QUEUED, 1)]


@pytest.mark.parametrize(("code", "state", "attempts"), BY_CODE)
def test_postmark_answers_for_each_in_their_order(
    use: Callable, provider: Provider, code: int, state: str, attempts: int
) -> None:
    use(POSTMARK)
    campaign = make_mailing(readers=3)

    def answer(request: Request) -> Answer:
        answers = json.loads(json.dumps(POSTMARK.accept(POSTMARK.mails(request)).body))
        answers[1] = {"ErrorCode": code, "Message": "Something that anymail does not know."}
        return Answer(200, answers)

    provider.answer = answer
    send(campaign)
    first, second, third = campaign.deliveries.order_by("pk")
    assert (first.state, first.provider_id) == (State.ACCEPTED, "their-1")
    assert (second.state, second.provider_id, second.attempts) == (state, "", attempts)
    assert (third.state, third.provider_id) == (State.ACCEPTED, "their-3")
    assert what_it_does(campaign) == "sends on"


def test_a_batch_of_whom_nobody_is_taken_is_settled_for_each(
    use: Callable, provider: Provider
) -> None:
    use(POSTMARK)
    campaign = make_mailing(readers=2)
    inactive = {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient."}
    invalid = {"ErrorCode": 300, "Message": "Invalid 'To' address."}
    provider.next_answers.append(Answer(200, [inactive, invalid]))
    send(campaign)
    assert [d.state for d in campaign.deliveries.order_by("pk")] == [State.REJECTED, State.FAILED]
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("stand_in", "body"),
    [
        (RESEND, {"data": [{"id": "one"}]}),
        (POSTMARK, [{"ErrorCode": 0, "Message": "OK", "MessageID": "one"}]),
        (POSTMARK, {"ErrorCode": 0, "Message": "OK", "MessageID": "one", "To": "a@b.example"}),
    ],
    ids=["resend", "postmark", "postmark-single"],
)
def test_fewer_answers_than_mails_leave_all_in_doubt(
    use: Callable, provider: Provider, stand_in: StandIn, body: object
) -> None:
    use(stand_in)
    campaign = make_mailing(readers=2)
    provider.next_answers.append(Answer(200, body))
    send(campaign)
    assert campaign.tally() == {State.IN_DOUBT: 2}
