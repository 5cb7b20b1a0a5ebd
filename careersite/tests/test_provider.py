"""The stand-in for a provider does as it is told."""

import pytest
import requests

from careersite.tests.provider import Answer, Provider


def test_it_keeps_what_it_gets_and_answers_in_the_order_it_was_told(provider: Provider) -> None:
    provider.next_answers.extend(
        [Answer(429, headers={"Retry-After": "7"}), Answer(200, {"id": 1})]
    )

    slow_down = requests.post(f"{provider.url}/messages", data=b"one", timeout=10)
    accepted = requests.post(f"{provider.url}/messages", data=b"two", timeout=10)

    assert (slow_down.status_code, slow_down.headers["Retry-After"]) == (429, "7")
    assert accepted.json() == {"id": 1}
    assert [request.body for request in provider.requests] == [b"one", b"two"]


def test_an_answer_can_be_lost_though_the_request_arrived(provider: Provider) -> None:
    provider.next_answers.append(Answer(is_lost=True))

    with pytest.raises(requests.ConnectionError):
        requests.post(f"{provider.url}/messages", data=b"mail", timeout=10)

    assert provider.requests[0].body == b"mail"


def test_it_can_have_the_request_and_say_nothing(provider: Provider) -> None:
    provider.next_answers.append(Answer(hangs=True))

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{provider.url}/messages", data=b"mail", timeout=0.2)

    assert provider.requests[0].body == b"mail"
