"""Staff are told of each enquiry once, whatever happens to the broker or the mail server."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from blog.models import Publication
from blog.nudges import messenger
from blog.public_forms import form_stamp
from enquiries.models import STAFF_MAIL_LEASE, Question, ResumeRequest
from enquiries.tasks import notify_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def contact_address() -> None:
    Publication.objects.update_or_create(pk=1, defaults={"contact_email": "desk@openseat.test"})


def ask(key: str = "k", **facts: object) -> Question:
    return Question.objects.create(sent_key=key, **{"text": "Why?", **facts})


def test_the_mail_has_all_that_staff_need(settings: Settings) -> None:
    question = ask(text="Why <b>me</b>?", name="Ada", email="ada@example.com", source_path="/a/")
    notify_staff()
    (message,) = mail.outbox
    assert message.to == ["desk@openseat.test"]
    assert message.subject == f"New question #{question.pk}"
    assert message.from_email == settings.DEFAULT_FROM_EMAIL
    assert message.reply_to == ["ada@example.com"]
    assert message.message()["Auto-Submitted"] == "auto-generated"
    assert "Why <b>me</b>?" in message.body
    assert f"{settings.SITE_URL}/a/" in message.body
    assert f"{settings.SITE_URL}/admin/enquiries/question/{question.pk}/change/" in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "Why &lt;b&gt;me&lt;/b&gt;?" in html


def test_without_an_address_there_is_nobody_to_reply_to() -> None:
    ask()
    notify_staff()
    assert mail.outbox[0].reply_to == []
    assert "No address was given" in mail.outbox[0].body


def test_nothing_that_was_typed_but_the_address_is_in_a_header() -> None:
    ask(text="Bcc: everybody", name="Mallory\nBcc: x@example.com", email="mallory@example.com")
    notify_staff()
    message = mail.outbox[0].message()
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    assert "Bcc" not in headers
    assert "Mallory" not in headers
    assert mail.outbox[0].recipients() == ["desk@openseat.test"]


def test_each_enquiry_has_a_mail_of_its_own_and_twice_is_once() -> None:
    ask("a")
    ask("b")
    ResumeRequest.objects.create(
        sent_key="c", text="Help", name="Grace", email="grace@example.com", phone="555"
    )
    notify_staff()
    notify_staff()
    subjects = sorted(message.subject.split(" #")[0] for message in mail.outbox)
    assert subjects == ["New question", "New question", "New resume request"]
    assert "Phone: 555" in next(m.body for m in mail.outbox if "resume" in m.subject)


def test_of_two_workers_one_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    question, now = ask(), timezone.now()
    assert question.claim_staff_mail(now)
    assert not Question.objects.get().claim_staff_mail(now)
    notify_staff()
    assert not mail.outbox


def test_a_worker_that_died_is_followed_by_another() -> None:
    ask().claim_staff_mail(timezone.now())
    with time_machine.travel(timezone.now() + STAFF_MAIL_LEASE + timedelta(seconds=1)):
        notify_staff()
    assert len(mail.outbox) == 1


def test_a_mail_that_fails_stays_due_and_does_not_hold_up_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask("a", text="poison")
    ask("b")
    send = mail.EmailMultiAlternatives.send

    def refuse_poison(message: mail.EmailMultiAlternatives) -> int:
        if "poison" in message.body:
            raise OSError("554 refused")
        return send(message)

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", refuse_poison)
    notify_staff()
    assert len(mail.outbox) == 1
    assert Question.objects.filter(staff_told_at__isnull=True).count() == 1
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + STAFF_MAIL_LEASE + timedelta(seconds=1)):
        notify_staff()
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_leaves_all_due_at_once(settings: Settings) -> None:
    ask("a")
    ask("b")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(OSError, match="refused"):
        notify_staff()
    assert Question.objects.staff_mail_due(timezone.now()).count() == 2


def test_through_a_real_mail_server(smtp_sink: Any, settings: Settings) -> None:
    ask(text="Grüße, 你好", email="ada@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_sink.port
    notify_staff()
    (received,) = smtp_sink.received
    assert received.recipients == ("desk@openseat.test",)
    assert received.message["Reply-To"] == "ada@example.com"
    assert "Grüße, 你好" in received.message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "facts", [{"looks_like_spam": True}, {"answered_at": timezone.now()}], ids=["spam", "answered"]
)
def test_staff_are_not_told_of_spam_or_of_what_they_have_answered(facts: dict) -> None:
    ask(**facts)
    notify_staff()
    assert not mail.outbox


def test_without_a_contact_address_it_waits_until_there_is_one() -> None:
    ask()
    Publication.objects.update(contact_email="")
    notify_staff()
    assert not mail.outbox
    Publication.objects.update(contact_email="desk@openseat.test")
    notify_staff()
    assert len(mail.outbox) == 1


def test_a_question_nudges_a_worker_after_it_is_stored(
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = []
    monkeypatch.setattr("blog.nudges.current_app.send_task", lambda name, **_: sent.append(name))
    form = {"text": "Why?", "form_stamp": form_stamp(timezone.now() - timedelta(seconds=9))}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/ask/", form)
        assert not sent
    messenger.waiting.join()
    assert sent == ["enquiries.tasks.notify_staff"]


def test_a_broker_that_is_away_loses_nothing(
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("blog.nudges.current_app.send_task", fail)
    form = {"text": "Why?", "form_stamp": form_stamp(timezone.now() - timedelta(seconds=9))}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/ask/", form).status_code == 302
    messenger.waiting.join()
    notify_staff()
    assert len(mail.outbox) == 1


def test_a_real_worker_tells_staff_soon_after_the_press(
    start_worker: Callable[..., object],
    eventually: Callable[..., object],
    smtp_sink: Any,
    client: Client,
) -> None:
    Publication.objects.update_or_create(pk=1, defaults={"contact_email": "desk@openseat.test"})
    start_worker(single_mails=True, EMAIL_URL=smtp_sink.url)
    form = {"text": "Why?", "form_stamp": form_stamp(timezone.now() - timedelta(seconds=9))}
    assert client.post("/ask/", form).status_code == 302
    eventually(lambda: smtp_sink.recipients() == ["desk@openseat.test"])
    eventually(lambda: Question.objects.get().staff_told_at)
