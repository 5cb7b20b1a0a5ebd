"""Staff read what came in, answer by mail, and note it. Nobody else sees anything."""

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Publication
from enquiries.models import Question, ResumeRequest

pytestmark = pytest.mark.django_db

LIST = "/admin/enquiries/question/"
EVIL = "<img src=x onerror=alert(1)>"


def staff(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("desk", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.fixture
def desk(client: Client) -> Client:
    return staff(client, "view_question", "change_question", "view_resumerequest")


def ask(key: str = "k", **facts: object) -> Question:
    return Question.objects.create(sent_key=key, **{"text": "Why?", **facts})


def act(client: Client, action: str, *questions: Question, state: str = "") -> HttpResponse:
    form = {"action": action, "_selected_action": [question.pk for question in questions]}
    return client.post(f"{LIST}?state={state}" if state else LIST, form, follow=True)


def test_the_list_shows_what_waits_and_keeps_spam_aside(desk: Client) -> None:
    ask("a", text="A true question")
    ask("b", text="Buy pills", looks_like_spam=True)
    page = desk.get(LIST).content.decode()
    assert "A true question" in page
    assert "Buy pills" not in page
    assert "Buy pills" in desk.get(f"{LIST}?state=spam").content.decode()


def test_each_state_has_its_list(desk: Client) -> None:
    ask("a", text="Still open")
    done = ask("b", text="Long done")
    act(desk, "mark_answered", done)
    assert b"Long done" not in desk.get(f"{LIST}?state=waiting").content
    assert b"Still open" not in desk.get(f"{LIST}?state=answered").content


def test_what_was_typed_is_shown_as_text(desk: Client) -> None:
    question = ask(text=EVIL, name=EVIL, source_path='/"><img src=x>')
    for path in (LIST, f"{LIST}{question.pk}/change/"):
        page = desk.get(path).content.decode()
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_the_answer_is_one_press_away_and_goes_to_one_address(desk: Client) -> None:
    ask(email="a?bcc=b&c=d@example.com")
    page = desk.get(LIST).content.decode()
    assert 'href="mailto:a%3Fbcc%3Db%26c%3Dd@example.com?subject=Re%3A%20your%20question"' in page


def test_marking_as_answered_keeps_the_first_time_and_is_logged(desk: Client) -> None:
    question = ask()
    act(desk, "mark_answered", question)
    question.refresh_from_db()
    first = question.answered_at
    assert question.status == "answered"
    act(desk, "mark_answered", question)
    question.refresh_from_db()
    assert question.answered_at == first
    assert b"Marked as answered" in desk.get(f"{LIST}{question.pk}/history/").content


def test_a_mistake_about_spam_can_be_undone_both_ways(desk: Client) -> None:
    question = ask()
    act(desk, "mark_as_spam", question)
    assert Question.objects.get().looks_like_spam
    act(desk, "mark_as_genuine", question, state="spam")
    assert not Question.objects.get().looks_like_spam


def test_staff_add_remarks_but_never_change_what_was_written(desk: Client) -> None:
    question = ask(email="ada@example.com")
    form = {"is_answered": "on", "staff_note": "Called her.", "text": "Forged", "email": "x@y.zz"}
    desk.post(f"{LIST}{question.pk}/change/", form)
    question.refresh_from_db()
    assert question.is_answered
    assert (question.staff_note, question.text, question.email) == (
        "Called her.",
        "Why?",
        "ada@example.com",
    )
    desk.post(f"{LIST}{question.pk}/change/", {"staff_note": "Not yet."})
    question.refresh_from_db()
    assert not question.is_answered


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    question = ask()
    looker = staff(client, "view_question")
    assert looker.get(f"{LIST}{question.pk}/change/").status_code == 200
    assert looker.post(f"{LIST}{question.pk}/change/", {"is_answered": "on"}).status_code == 403
    act(looker, "mark_answered", question)
    assert not Question.objects.get().is_answered


def test_staff_without_the_right_and_strangers_see_nothing(client: Client) -> None:
    assert client.get(LIST).status_code == 302
    assert staff(client).get(LIST).status_code == 403


def test_nobody_adds_a_question_by_hand(desk: Client) -> None:
    assert desk.get(f"{LIST}add/").status_code == 403


def test_the_list_says_when_nobody_is_told_by_mail(desk: Client) -> None:
    ask()
    Publication.objects.update_or_create(pk=1, defaults={"contact_email": ""})
    assert b"Nobody is told by mail" in desk.get(LIST).content
    Publication.objects.update(contact_email="desk@openseat.test")
    assert b"Nobody is told by mail" not in desk.get(LIST).content


def test_the_list_needs_as_many_queries_for_fifty_as_for_one(
    desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        ask(str(number), email="ada@example.com")
    with django_assert_max_num_queries(14):
        desk.get(LIST)


def test_resume_requests_are_listed_with_phone_and_button(desk: Client) -> None:
    request = ResumeRequest.objects.create(
        sent_key="k", text="Help", name="Grace", email="g@example.com", phone="555", placement="end"
    )
    page = desk.get(f"/admin/enquiries/resumerequest/{request.pk}/change/").content.decode()
    assert "555" in page
    assert "end" in page
