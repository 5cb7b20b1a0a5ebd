"""A reader asks a question: what is kept, what is refused, and that no word is lost."""

import re
from datetime import timedelta
from html import unescape
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from blog.public_forms import form_stamp
from enquiries.models import Question
from enquiries.views import QUESTIONS

pytestmark = pytest.mark.django_db

WORDS = "How do I explain two years at home?"


def filled_in(**more: str) -> dict[str, str]:
    stamp = form_stamp(timezone.now() - timedelta(seconds=10))
    return {"text": WORDS, "form_stamp": stamp, "website": "", **more}


def send(client: Client, **more: str) -> HttpResponse:
    return client.post("/ask/", filled_in(**more))


def typed(response: HttpResponse) -> str:
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", response.content.decode(), re.DOTALL)
    return unescape(area.group(1)).strip()


def stamp_in(response: HttpResponse) -> str:
    return re.search(r'name="form_stamp" value="([^"]+)"', response.content.decode()).group(1)


def test_the_page_asks_for_little_and_sets_no_cookie(client: Client) -> None:
    response = client.get("/ask/")
    page = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"[^>]* required', page) == ["text"]
    assert "csrf" not in page
    assert not response.cookies
    assert response["Cache-Control"] == "private, no-cache"


def test_a_question_is_kept_and_the_visitor_is_led_to_the_thanks(client: Client) -> None:
    response = send(client, name="Ada", email="ada@example.com", source_path="/articles/gaps/")
    assert response.status_code == 302
    assert response["Location"] == "/ask/thanks/"
    question = Question.objects.get()
    assert (question.text, question.name, question.email) == (WORDS, "Ada", "ada@example.com")
    assert question.source_path == "/articles/gaps/"
    assert question.status == "waiting"


def test_a_question_needs_neither_name_nor_address(client: Client) -> None:
    assert send(client).status_code == 302
    assert Question.objects.get().email == ""


def test_the_thanks_are_for_nobody_else_and_for_no_search_engine(client: Client) -> None:
    response = client.get("/ask/thanks/")
    assert response.status_code == 200
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.post("/ask/thanks/").status_code == 405


@pytest.mark.parametrize(
    ("query", "referrer", "kept"),
    [
        ("?from=/articles/gaps/", "", "/articles/gaps/"),
        ("", "http://testserver/articles/gaps/?utm_source=x", "/articles/gaps/"),
        ("", "https://elsewhere.example/articles/gaps/", ""),
        ("", "http://[", ""),
        ("?from=//elsewhere.example/", "", ""),
        ("?from=https://elsewhere.example/", "", ""),
        ("?from=javascript:alert(1)", "", ""),
        ("?from=/a%0d%0aX:1", "", ""),
    ],
)
def test_where_somebody_came_from_comes_along(
    client: Client, query: str, referrer: str, kept: str
) -> None:
    page = client.get(f"/ask/{query}", headers={"Referer": referrer}).content.decode()
    shown = re.search(r'name="source_path"(?: value="([^"]*)")?', page).group(1) or ""
    assert shown == kept


def test_a_false_source_is_dropped_not_complained_about(client: Client) -> None:
    assert send(client, source_path="//evil.example/\x00").status_code == 302
    assert Question.objects.get().source_path == ""


def test_an_empty_question_is_refused_kindly_and_keeps_the_rest(client: Client) -> None:
    response = send(client, text=" \n ", name="Ada")
    page = response.content.decode()
    assert response.status_code == 400
    assert "Type your question." in page
    assert 'value="Ada"' in page
    assert "aria-describedby" in page
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b",
        "a b@example.com",
        "ada@example.com\nBcc: all@example.com",
        "ada@example.com\r\nBcc: all@example.com",
        "ada\u202e@example.com",
        "ada@exam\u202eple.com",
        "ada@example.com\x00",
        '"ada\x01"@example.com',
        "ada@example.com, bob@example.com",
        "ada@" + "e" * 260 + ".com",
    ],
)
def test_an_address_that_is_none_is_refused_and_the_words_stay(
    client: Client, address: str
) -> None:
    response = send(client, email=address)
    assert response.status_code == 400
    assert typed(response) == WORDS
    assert not Question.objects.exists()


def test_a_name_is_one_line_without_characters_that_deceive(client: Client) -> None:
    send(client, name="  Ada\r\nBcc: x@example.com\x00\x1b \u202eevil\u2066  ")
    assert Question.objects.get().name == "Ada Bcc: x@example.com evil"


def test_a_text_keeps_its_lines_and_loses_control_characters(client: Client) -> None:
    send(client, text="First\r\nsecond\x00\x08\r\n\r\n\tthird שלום 🙂")
    assert Question.objects.get().text == "First\nsecond\n\n    third שלום 🙂"


def test_line_breaks_count_as_one_character_as_in_the_browser(client: Client) -> None:
    assert send(client, text="a\r\n" * 1999 + "aa").status_code == 302
    assert len(Question.objects.get().text) == 4000


@pytest.mark.parametrize(("field", "length"), [("text", 4001), ("name", 81)])
def test_what_is_too_long_is_refused_and_kept(client: Client, field: str, length: int) -> None:
    response = send(client, **{field: "x" * length})
    assert response.status_code == 400
    assert "x" * length in response.content.decode()
    assert not Question.objects.exists()


def test_markup_comes_back_as_text(client: Client) -> None:
    response = send(client, text="<script>alert(1)</script></textarea>", email="no")
    assert b"<script>alert" not in response.content
    assert typed(response) == "<script>alert(1)</script></textarea>"


# --- Who sent it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_another_site_is_refused_and_shown_again(
    client: Client, headers: dict[str, str]
) -> None:
    response = client.post("/ask/", filled_in(), headers=headers)
    assert response.status_code == 403
    assert "from our own page" in response.content.decode()
    assert typed(response) == WORDS
    assert not Question.objects.exists()


@pytest.mark.parametrize("stamp", ["", "1700000000000:forged", "x"])
def test_a_form_without_our_stamp_is_refused_and_the_next_press_takes_it(
    client: Client, stamp: str
) -> None:
    response = send(client, form_stamp=stamp)
    assert response.status_code == 403
    assert typed(response) == WORDS
    assert send(client, form_stamp=stamp_in(response)).status_code == 302
    assert Question.objects.count() == 1


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=3)])
def test_a_hasty_or_old_form_asks_for_one_more_press_and_takes_it(
    client: Client, age: timedelta
) -> None:
    response = send(client, form_stamp=form_stamp(timezone.now() - age))
    assert response.status_code == 400
    assert "once more" in response.content.decode()
    assert typed(response) == WORDS
    assert not Question.objects.exists()
    assert send(client, form_stamp=stamp_in(response)).status_code == 302
    assert Question.objects.count() == 1


def test_what_a_robot_sends_is_kept_aside_and_answered_as_usual(client: Client) -> None:
    response = send(client, website="https://spam.example")
    assert response["Location"] == "/ask/thanks/"
    assert Question.objects.get().looks_like_spam
    assert not Question.objects.unanswered().exists()


# --- Twice, and too often -----------------------------------------------------------------


def test_a_double_press_makes_one_question(client: Client) -> None:
    form = filled_in()
    answers = [client.post("/ask/", form) for _ in range(8)]
    assert {answer["Location"] for answer in answers} == {"/ask/thanks/"}
    assert Question.objects.count() == 1


def test_another_question_on_the_same_rendered_form_is_another_question(client: Client) -> None:
    form = filled_in()
    client.post("/ask/", form)
    client.post("/ask/", {**form, "text": "And what do I wear?"})
    assert Question.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_one_moment_make_one_question() -> None:
    form, together, answers = filled_in(), Barrier(2), []

    def press() -> None:
        together.wait()
        answers.append(Client().post("/ask/", form))
        connection.close()

    presses = [Thread(target=press) for _ in range(2)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    assert [answer.get("Location") for answer in answers] == ["/ask/thanks/"] * 2
    assert Question.objects.count() == 1


def test_the_database_itself_holds_the_rule() -> None:
    Question.objects.create(text="x", sent_key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(text="x", sent_key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(text="", sent_key="other")


def test_a_flood_from_one_network_is_stopped_and_the_words_stay(client: Client) -> None:
    for number in range(QUESTIONS.by_network.count):
        assert send(client, text=f"Question {number}").status_code == 302
    response = send(client)
    assert response.status_code == 429
    assert int(response["Retry-After"]) == 3600
    assert typed(response) == WORDS
    assert Question.objects.count() == QUESTIONS.by_network.count
    elsewhere = client.post("/ask/", filled_in(), REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 302


def test_a_flood_from_everywhere_is_stopped_and_robots_do_not_use_up_the_room(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "blog.public_forms.Limit.is_reached", lambda limit, *_: "all" in limit.scope
    )
    assert send(client).status_code == 429
    assert send(client, website="x").status_code == 302


def test_another_address_header_does_not_get_around_the_limit(client: Client) -> None:
    for number in range(QUESTIONS.by_network.count):
        send(client, text=f"Question {number}")
    response = client.post("/ask/", filled_in(), headers={"X-Forwarded-For": "198.51.100.7"})
    assert response.status_code == 429


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert getattr(client, method)("/ask/").status_code == 405


def test_get_changes_nothing(client: Client) -> None:
    client.get("/ask/", filled_in())
    assert not Question.objects.exists()
