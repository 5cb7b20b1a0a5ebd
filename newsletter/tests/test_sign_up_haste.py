"""Robots, haste, forms that are not ours, and people without script or cookie, at sign-up."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.public_forms import MINIMUM_FILL, form_stamp
from newsletter.models import ConsentEvent, Subscriber
from newsletter.tests.factories import filled_in
from newsletter.tests.readers import SUBSCRIBE, hidden_fields, sign_up, typed

pytestmark = pytest.mark.django_db


def test_a_robot_gets_the_usual_answer_and_nothing_happens(client: Client) -> None:
    person, robot = sign_up(client, "ada@example.com"), sign_up(client, "bot@x.com", website="x")
    assert robot.status_code == person.status_code == 200
    assert robot.content == person.content
    assert Subscriber.objects.get().address == "ada@example.com"


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=1), timedelta(days=3)])
def test_too_fast_or_too_old_asks_for_one_more_press(client: Client, age: timedelta) -> None:
    response = sign_up(client, "Ada@Example.com", form_stamp=form_stamp(timezone.now() - age))
    assert response.status_code == 400
    assert "Please press the button once more." in response.content.decode()
    assert typed(response) == "Ada@Example.com"
    assert not Subscriber.objects.exists()
    again = sign_up(client, typed(response), **hidden_fields(response.content.decode()))
    assert again.status_code == 200
    assert Subscriber.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged", "1795408131691:QPbWsYIDz8mpfQkg2dKXTsqAIsGmvhZ"])
def test_a_form_that_is_not_ours_gets_a_few_tries(client: Client, stamp: str) -> None:
    answers = [sign_up(client, f"a{n}@example.com", form_stamp=stamp) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert sign_up(client, "ada@example.com").status_code == 200


@pytest.mark.parametrize("path", ["/", "/newsletter/"])
def test_the_form_works_without_script_and_cookie_on_a_cached_page(path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    page = strict.get(path)
    later = timezone.now() + timedelta(hours=24)
    with time_machine.travel(later, tick=False):
        fields = hidden_fields(page.content.decode())
        answer = strict.post(SUBSCRIBE, {"email": "ada@example.com", "website": "", **fields})
    assert answer.status_code == 200
    assert not strict.cookies
    assert ConsentEvent.objects.get().source == path


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_send_the_form(client: Client, headers: dict[str, str]) -> None:
    response = client.post(SUBSCRIBE, filled_in("ada@example.com"), headers=headers)
    assert response.status_code == 403
    assert typed(response) == "ada@example.com"
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("email", ["ada", "ada@example.com"])
def test_an_old_browser_may_send_the_form_again(client: Client, email: str) -> None:
    """Without Fetch Metadata, a page with "no-referrer" would make it send `Origin: null`."""
    response = sign_up(client, email, form_stamp=form_stamp())
    assert response.status_code == 400
    assert response["Referrer-Policy"] == "same-origin"


def test_the_minimum_is_short_enough_for_a_browser_that_fills_in_by_itself() -> None:
    assert timedelta(seconds=1) <= MINIMUM_FILL <= timedelta(seconds=3)


def test_the_address_of_the_form_is_the_one_that_others_rely_on() -> None:
    assert reverse("newsletter_subscribe") == SUBSCRIBE
