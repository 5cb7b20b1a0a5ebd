"""Copies made of ready bytes say just what Django's own mails say, header by header."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.utils import timezone

from blog.models import Publication
from careersite.tests.smtp_sink import SmtpSink
from newsletter.emails import campaign_mail
from newsletter.models import Campaign, Subscriber
from newsletter.ready_mail import ReadyMail
from newsletter.sending.wires import SmtpWire
from newsletter.tests.factories import mail_through, make_mailing, make_subscriber, send

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 5, 6, 7, 8, tzinfo=UTC)
SUBJECTS = [
    "Plain words",
    "Résumé, CV, or both? It’s the employer’s call",
    '"Yes", she said; and then: <nothing>, (at all) & more',
    "👩‍💻 Your first week 🎉",
    "سيرة ذاتية: كيف تكتبها",
    "履歴書の書き方",
    "x" * 200,
    ('"Quoted, with commas", ' * 9)[:200].strip(),
    "=?utf-8?q?encoded?= twice",
    "100 % of 50 %s {name} $name \\n %(subject)s",
]
LINES = [
    "short",
    "ü" * 990,  # Django takes to quoted-printable, with folds
    "x" * 1200,
    "🎉 " * 400,
    "<p>" + "Bring two copies. " * 60 + "</p>",
    ".\n.hidden\n..twice\nFrom the beginning\n =\n= \t",
    "a\rb\r\nc\x0bd\u2028e",
]


def ready_mail_of(campaign: Campaign) -> ReadyMail:
    wire = SmtpWire(campaign)
    return ReadyMail(wire.message_to, None)


def on_the_wire(content: bytes) -> EmailMessage:
    """As the other side stores it: without the doubled dots."""
    return message_from_bytes(content.replace(b"\r\n..", b"\r\n."), policy=policy.default)


def both(campaign: Campaign) -> tuple[EmailMessage, EmailMessage]:
    delivery = campaign.deliveries.select_related("subscriber").get()
    django = campaign_mail(campaign, delivery, Publication.current(), NOW)
    copy = ready_mail_of(campaign).copy(
        number=delivery.pk, address=delivery.address, handle=delivery.subscriber.handle, now=NOW
    )
    return message_from_bytes(
        django.message().as_bytes(linesep="\r\n"), policy=policy.default
    ), on_the_wire(copy.content)


def says(message: EmailMessage) -> tuple[list[tuple[str, str]], list[str]]:
    """Headers in their order, and the words of each part."""
    boundary = message.get_boundary()
    headers = [
        (name, str(value).strip().replace(boundary, ""))
        for name, value in message.items()
        if name != "Date"
    ]
    return headers, [
        *(
            part["Content-Type"] + part["Content-Transfer-Encoding"]
            for part in message.iter_parts()
        ),
        *(part.get_content() for part in message.iter_parts()),
    ]


def campaign_with(**words: str) -> Campaign:
    campaign = make_mailing()
    for name, value in words.items():
        setattr(campaign, name, value)
    campaign.save()
    return campaign


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_is_the_same_as_djangos(subject: str) -> None:
    django, ready = both(campaign_with(subject=subject))
    assert says(ready) == says(django)
    assert ready["Subject"].strip() == django["Subject"].strip()


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_the_same_as_djangos_and_can_be_carried(line: str) -> None:
    campaign = make_mailing()
    for shift in (0, 1, 25, 50, 75):  # so that folds fall on every part of a link
        campaign.html = campaign.html.replace("<body", f"<p>{'y' * shift}{line}</p><body")
        campaign.text = f"{line}{'y' * shift}\n{campaign.text}"
        django, ready = both(campaign)
        assert says(ready) == says(django)
        assert all(len(bare) <= 998 for bare in ready.as_bytes(policy=policy.SMTP).splitlines())


def test_quoted_printable_stays_within_its_76_characters() -> None:
    campaign = campaign_with(html="<p>" + "ü" * 1000 + make_mailing(readers=0, title="Other").html)
    delivery = campaign.deliveries.get()
    copy = ready_mail_of(campaign).copy(
        number=delivery.pk, address="a@example.com", handle=delivery.subscriber.handle, now=NOW
    )
    *_, part = on_the_wire(copy.content).iter_parts()
    assert part["Content-Transfer-Encoding"] == "quoted-printable"
    assert max(map(len, part.get_payload().splitlines())) <= 76


@pytest.mark.parametrize(
    "address",
    [
        *("reader@example.com", "o'brien+news@sub.example.co.uk", "leser@bücher.example"),
        *("Ünal@example.com", '"a b"@example.com', "a.@example.com"),
    ],
)
def test_every_address_is_written_as_django_writes_it(address: str) -> None:
    make_subscriber(address)
    campaign = make_mailing(readers=0)
    django, ready = both(campaign)
    assert says(ready) == says(django)


def test_an_address_that_cannot_be_written_is_refused() -> None:
    mail = ready_mail_of(make_mailing())
    for poison in ("a@b@example.com", "a@example.com\nBcc: x@example.com"):
        with pytest.raises(ValueError):
            mail.copy(number=1, address=poison, handle="0" * 32, now=NOW)


def test_each_copy_is_of_its_moment_and_its_person(settings: object, smtp_sink: SmtpSink) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=3)
    send(campaign)
    handles = set(Subscriber.objects.values_list("handle", flat=True))
    seen = set()
    for received in smtp_sink.received:
        message = received.message
        assert (
            abs((timezone.now() - message["Date"].datetime.replace(tzinfo=UTC)).total_seconds())
            < 600
        )
        seen.add((message["To"], message["Message-ID"], message["List-Unsubscribe"]))
        assert not any(handle.encode() in received.content for handle in handles)
    assert [len({column[n] for column in seen}) for n in range(3)] == [3, 3, 3]


def test_a_mail_is_built_once_for_all_copies(
    settings: object, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []

    def count(*arguments: object) -> object:
        built.append(arguments)
        return campaign_mail(*arguments)

    monkeypatch.setattr("newsletter.sending.wires.campaign_mail", count)
    mail_through(settings, smtp_sink.port)
    assert send(make_mailing(readers=20)) == 20
    assert len(built) == 1
