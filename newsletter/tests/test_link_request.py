"""A link to one's choices by mail: the same answer for everybody, a few mails at the most."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter.models import PersonalMail, Suppression
from newsletter.models.personal_mail import GIVEN_UP_AFTER, LEASE
from newsletter.tests.factories import filled_in, let_workers_run, mail_through, make_subscriber
from newsletter.tests.readers import LINK, ask

pytestmark = pytest.mark.django_db


def test_the_link_comes_by_mail_and_opens_the_page(client: Client, mailoutbox: list) -> None:
    make_subscriber()
    ask("Reader@EXAMPLE.com")
    let_workers_run()
    [mail] = mailoutbox
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"
    [link] = [word for word in mail.body.split() if "/newsletter/preferences/" in word]
    assert link in mail.alternatives[0].content
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200
    let_workers_run()
    assert len(mailoutbox) == 1


def test_the_answer_is_the_same_for_everybody(mailoutbox: list) -> None:
    make_subscriber("on@example.com")
    make_subscriber("pending@example.com", confirmed=False)
    make_subscriber("complained@example.com", suppressed=True)
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    names = ("on", "pending", "complained", "erased", "unknown")
    answers = [ask(f"{name}@example.com") for name in names]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    let_workers_run()
    assert [mail.to for mail in mailoutbox] == [["on@example.com"]]


def test_one_address_gets_few_links(mailoutbox: list) -> None:
    make_subscriber()
    answers = []
    for hour in range(8):
        with time_machine.travel(timezone.now() + timedelta(hours=hour, minutes=1), tick=False):
            answers += [ask().status_code for _ in range(2)]
            let_workers_run(timezone.now())
    assert len(mailoutbox) == 3
    assert set(answers) == {200}


def test_too_many_requests_are_told_to_wait_whoever_is_meant() -> None:
    answers = [ask("unknown@example.com") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] == "3600"


def test_robots_and_other_sites_get_nothing(client: Client) -> None:
    make_subscriber()
    ask(website="spam")
    client.post(LINK, filled_in(), headers={"Sec-Fetch-Site": "cross-site"})
    client.post(LINK, {"email": "reader@example.com"})
    client.post(LINK, filled_in("no address"))
    client.get(LINK, {"email": "reader@example.com"})
    assert not PersonalMail.objects.exists()


def test_a_link_that_cannot_be_sent_stays_due_for_a_day(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    smtp_sink.answer("RCPT", "451 4.3.0 Not now")
    make_subscriber()
    ask()
    with pytest.raises(OSError, match="451"):
        let_workers_run()
    now = timezone.now()
    assert not PersonalMail.objects.due(now).exists()
    assert PersonalMail.objects.due(now + LEASE).exists()
    assert not PersonalMail.objects.due(now + GIVEN_UP_AFTER).exists()
    with time_machine.travel(now + GIVEN_UP_AFTER, tick=False):
        ask()
        assert PersonalMail.objects.due(timezone.now()).count() == 1


def test_the_database_lets_one_wait() -> None:
    subscriber, now = make_subscriber(), timezone.now()
    fields = {"subscriber": subscriber, "kind": "preferences_link", "due_at": now}
    PersonalMail.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalMail.objects.create(**fields)


def test_the_sign_up_page_leads_here(client: Client) -> None:
    assert f'href="{LINK}"' in client.get("/newsletter/").content.decode()
    assert client.get(LINK).status_code == 200
