"""Somebody asks for help with a resume."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from blog.models import Attempt
from blog.public_forms import form_stamp
from enquiries.models import ResumeRequest
from enquiries.views import RESUMES

pytestmark = pytest.mark.django_db


def filled_in(**more: str) -> dict[str, str]:
    return {
        "name": "Grace",
        "email": "grace@example.com",
        "phone": "+1 555 010 020",
        "text": "A nurse for nine years. I want to teach.",
        "source_path": "/articles/change/",
        "placement": "sidebar",
        "form_stamp": form_stamp(timezone.now() - timedelta(seconds=10)),
        **more,
    }


def test_a_request_is_kept_with_where_it_came_from(client: Client) -> None:
    response = client.post("/resume/", filled_in())
    assert response["Location"] == "/resume/thanks/"
    request = ResumeRequest.objects.get()
    assert (request.name, request.email, request.phone) == (
        "Grace",
        "grace@example.com",
        "+1 555 010 020",
    )
    assert (request.source_path, request.placement) == ("/articles/change/", "sidebar")


def test_the_thanks_are_for_no_search_engine(client: Client) -> None:
    response = client.get("/resume/thanks/")
    assert response.status_code == 200
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("field", ["name", "email", "text"])
def test_what_is_missing_is_named_and_the_rest_stays(client: Client, field: str) -> None:
    response = client.post("/resume/", filled_in(**{field: " "}))
    page = response.content.decode()
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in page
    kept = {"name": "Grace", "email": "grace@example.com", "text": "A nurse for nine years."}
    assert all(value in page for name, value in kept.items() if name != field)
    assert not ResumeRequest.objects.exists()


def test_a_phone_number_is_not_needed(client: Client) -> None:
    assert client.post("/resume/", filled_in(phone="")).status_code == 302


@pytest.mark.parametrize("placement", ["<b>", "x" * 31, "a b", "ä"])
def test_a_strange_placement_is_dropped(client: Client, placement: str) -> None:
    assert client.post("/resume/", filled_in(placement=placement)).status_code == 302
    assert ResumeRequest.objects.get().placement == ""


def test_the_button_says_which_one_it_was(client: Client) -> None:
    page = client.get("/resume/?from=/articles/change/&placement=sidebar").content.decode()
    assert re.search(r'name="placement" value="sidebar"', page)
    assert re.search(r'name="source_path" value="/articles/change/"', page)


def test_the_limit_is_its_own(client: Client) -> None:
    for number in range(RESUMES.by_network.count):
        assert client.post("/resume/", filled_in(text=f"{number}")).status_code == 302
    assert client.post("/resume/", filled_in()).status_code == 429
    question = {"text": "Why?", "form_stamp": filled_in()["form_stamp"]}
    assert client.post("/ask/", question).status_code == 302


def test_a_double_press_makes_one_request_and_counts_once(client: Client) -> None:
    form = filled_in()
    for _ in range(3):
        assert client.post("/resume/", form).status_code == 302
    assert ResumeRequest.objects.count() == 1
    assert Attempt.objects.filter(scope=RESUMES.by_network.scope).count() == 1


def test_the_database_refuses_a_request_from_nobody() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ResumeRequest.objects.create(text="x", name="", email="", sent_key="k")
