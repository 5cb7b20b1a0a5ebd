"""How often the form may be used: by a network, for an address, for a domain, by everybody."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog.models import Attempt
from blog.public_forms import Limit, note_attempts
from newsletter.models import Subscriber
from newsletter.tests.factories import filled_in, let_workers_run, make_subscriber, together
from newsletter.tests.races import at_the_same_time
from newsletter.tests.readers import SUBSCRIBE
from newsletter.views import sign_up as limits

pytestmark = pytest.mark.django_db


def sign_up(
    client: Client, email: str = "reader@example.com", remote: str = "192.0.2.1", **headers: str
) -> HttpResponse:
    return client.post(SUBSCRIBE, filled_in(email), REMOTE_ADDR=remote, headers=headers)


def use_up(limit: Limit, value: str) -> None:
    for _ in range(limit.count):
        note_attempts({limit: value}, timezone.now())


def flood(client: Client, count: int, remote: str = "192.0.2.1", **headers: str) -> list[int]:
    return [
        sign_up(client, f"{n}@d{n}.example.com", remote, **headers).status_code
        for n in range(count)
    ]


def test_a_network_may_sign_up_twenty_times_an_hour(client: Client) -> None:
    assert flood(client, 21) == [200] * 20 + [429]
    assert Subscriber.objects.count() == 20
    assert sign_up(client, remote="192.0.2.2").status_code == 200


@at_the_same_time
def test_of_many_at_one_moment_no_more_are_let_through() -> None:
    for _ in range(limits.BY_NETWORK.count - 2):
        note_attempts({limits.BY_NETWORK: "192.0.2.1"}, timezone.now())
    tries = [partial(sign_up, Client(), f"{n}@d{n}.example.com") for n in range(8)]
    answers = [response.status_code for response in together(*tries)]
    assert sorted(answers) == [200] * 2 + [429] * 6
    assert Subscriber.objects.count() == 2


def test_the_refusal_says_when_to_come_back_and_keeps_what_was_typed(client: Client) -> None:
    use_up(limits.BY_NETWORK, "192.0.2.1")
    response = sign_up(client, "Ada@Example.com")
    page = response.content.decode()
    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    assert response["Cache-Control"] == "no-store"
    assert "too many sign-ups just now. Please try again in an hour." in page
    assert 'value="Ada@Example.com"' in page
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert sign_up(client, "Ada@Example.com").status_code == 200


def test_a_household_with_ipv6_has_one_network_and_its_neighbour_another(client: Client) -> None:
    answers = [
        sign_up(client, f"{n}@d{n}.example.com", f"2001:db8:1:2:{n:x}::1").status_code
        for n in range(1, 22)
    ]
    assert answers == [200] * 20 + [429]
    assert sign_up(client, remote="2001:db8:1:3::1").status_code == 200


def test_without_a_proxy_nobody_can_say_that_he_is_somebody_else(client: Client) -> None:
    use_up(limits.BY_NETWORK, "192.0.2.1")
    for forwarded in ("198.51.100.7", "198.51.100.8, 192.0.2.1", "127.0.0.1"):
        assert sign_up(client, **{"X-Forwarded-For": forwarded}).status_code == 429


def test_behind_a_proxy_only_its_own_word_counts(client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    use_up(limits.BY_NETWORK, "198.51.100.7")
    for forged in ("", "6.6.6.6, ", "6.6.6.7, 6.6.6.8, "):
        forwarded = {"X-Forwarded-For": f"{forged}198.51.100.7"}
        assert sign_up(client, remote="10.0.0.1", **forwarded).status_code == 429
    forwarded = {"X-Forwarded-For": "198.51.100.7, 198.51.100.8"}
    assert sign_up(client, remote="10.0.0.1", **forwarded).status_code == 200


@pytest.mark.parametrize("state", ["new", "pending", "confirmed", "left", "suppressed"])
def test_an_address_may_be_typed_five_times_an_hour_whosever_it_is(
    client: Client, state: str
) -> None:
    if state != "new":
        make_subscriber(
            confirmed=state != "pending", left=state == "left", suppressed=state == "suppressed"
        )
    typings = ("reader@example.com", "READER@example.com", " reader@EXAMPLE.com ") * 2
    answers = [
        sign_up(client, email, f"192.0.2.{n}").status_code for n, email in enumerate(typings)
    ]
    assert answers == [200] * 5 + [429]


@pytest.mark.parametrize("email", ["reader@example.com", "Reader@EXAMPLE.com"])
def test_a_domain_gets_only_so_many(client: Client, email: str) -> None:
    use_up(limits.BY_DOMAIN, "example.com")
    assert sign_up(client, email).status_code == 429
    assert sign_up(client, "reader@elsewhere.com").status_code == 200


def test_all_together_may_sign_up_so_often_a_minute(client: Client) -> None:
    use_up(limits.EVERYBODY, "")
    response = sign_up(client)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert "Please try again in a minute." in response.content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert sign_up(client).status_code == 200


def test_a_robot_and_a_refusal_use_nothing_up(client: Client) -> None:
    use_up(limits.BY_ADDRESS, "reader@example.com")
    before = Attempt.objects.count()
    sign_up(client)
    sign_up(client, "no address")
    client.post(SUBSCRIBE, filled_in("ada@example.com", website="x"))
    assert Attempt.objects.count() == before


def test_a_stranger_cannot_fill_somebodys_inbox(client: Client, mailoutbox: list[object]) -> None:
    """A hundred tries within a day, each from another network."""
    start = timezone.now()
    for n in range(100):
        with time_machine.travel(start + n * timedelta(minutes=14), tick=False):
            sign_up(client, remote=f"192.0.2.{n}")
            let_workers_run()
    assert len(mailoutbox) == 3


def test_what_is_counted_names_nobody(client: Client) -> None:
    sign_up(client, "ada@example.com", "192.0.2.1")
    rows = [str(row) for row in Attempt.objects.values_list("scope", "key")]
    assert len(rows) == 4
    assert not any("ada" in row or "example" in row or "192" in row for row in rows)
    let_workers_run(timezone.now() + timedelta(hours=49))
    assert not Attempt.objects.exists()
