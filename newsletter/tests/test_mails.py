"""The mails as they arrive: over a real wire, read the way a mail program reads them."""

import re
from datetime import UTC, timedelta
from email.message import EmailMessage
from html import escape, unescape
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog.models import Article, Publication
from blog.tests.factories import make_article, make_author, make_image
from careersite.tests.smtp_sink import Received, SmtpSink
from newsletter.models import Delivery, Subscriber
from newsletter.tests.factories import filled_in, let_workers_run, make_subscriber

pytestmark = pytest.mark.django_db

ONCE = ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Content-Type")
MARK = "https://careers.example/static/icons/mail-mark.png"
POSTAL_ADDRESS = "12 Harbour Street, Dublin"
SUMMARY = "A recruiter looks at few words before he looks at any."
ACTIVE = ("script", "form", "iframe", "input", "object", "embed", "link", "base", "svg", "video")


@pytest.fixture(autouse=True)
def wire(settings: Settings, smtp_sink: SmtpSink) -> SmtpSink:
    settings.EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_sink.port
    settings.SITE_URL, settings.SITE_HOST = "https://careers.example", "careers.example"
    settings.DEFAULT_FROM_EMAIL = "Open Seat <news@careers.example>"
    Publication.objects.update_or_create(pk=1, defaults={"postal_address": POSTAL_ADDRESS})
    return smtp_sink


def send_notice(wire: SmtpSink, title: str = "Six lines", **fields: object) -> Received:
    """The notice of a new article, as one reader gets it."""
    if not Subscriber.objects.mailable().exists():
        make_subscriber()
    fields = {"summary": SUMMARY, "published_at": timezone.now(), **fields}
    make_article(title, **fields)
    let_workers_run()
    return wire.received[-1]


def send_confirmation(wire: SmtpSink, email: str = "new@example.com", **more: str) -> Received:
    sign_up(email, **more)
    let_workers_run()
    return wire.received[-1]


def sign_up(email: str, host: str = "127.0.0.1", **more: str) -> HttpResponse:
    fields = filled_in(email, **more)
    return Client().post("/newsletter/subscribe/", fields, headers={"Host": host})


def html_of(received: Received) -> str:
    return received.message.get_body(("html",)).get_content()


def text_of(received: Received) -> str:
    return received.message.get_body(("plain",)).get_content()


def preheader_of(received: Received) -> str:
    inside = re.search(r'<div class="preheader"[^>]*>(.*?)</div>', html_of(received), re.DOTALL)
    return unescape(inside.group(1))


def tags_of(received: Received) -> list[tuple[str, dict[str, str]]]:
    reader = TagReader()
    reader.feed(html_of(received))
    return reader.tags


class TagReader(HTMLParser):
    """Reads a page as a browser does: what looks like a tag inside an attribute is none."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def both(wire: SmtpSink) -> list[Received]:
    return [send_confirmation(wire), send_notice(wire, cover=make_image(600, 300))]


# --- Headers --------------------------------------------------------------------------------


def test_each_header_stands_there_once_and_each_mail_is_for_one_person(wire: SmtpSink) -> None:
    make_subscriber("ada@example.com")
    make_subscriber("ben@example.com")
    send_confirmation(wire)
    send_notice(wire)
    assert len(wire.received) == 3
    for received in wire.received:
        message = received.message
        assert [len(message.get_all(name)) for name in ONCE] == [1] * len(ONCE)
        assert "Bcc" not in message
        assert "Cc" not in message
        assert [address.addr_spec for address in message["To"].addresses] == [*received.recipients]
        assert [str(sender) for sender in message["From"].addresses] == [
            "Open Seat <news@careers.example>"
        ]
        age = timezone.now() - message["Date"].datetime.replace(tzinfo=UTC)
        assert abs(age) < timedelta(minutes=10)
    identities = {received.message["Message-ID"] for received in wire.received}
    assert len(identities) == 3
    assert all(re.fullmatch(r"<[\w.-]+@careers\.example>", identity) for identity in identities)


def test_a_notice_says_which_list_it_is_and_how_to_leave_it(wire: SmtpSink) -> None:
    message = send_notice(wire).message
    for name in ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert len(message.get_all(name)) == 1
    assert message["List-Id"] == "Open Seat <news.careers.example>"
    link = r"<https://careers\.example/newsletter/unsubscribe/[\w-]{52}/>"
    assert re.fullmatch(link, message["List-Unsubscribe"].strip())
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_mail_that_is_tried_again_can_be_told_from_a_second_mail(wire: SmtpSink) -> None:
    received = send_notice(wire)
    delivery = Delivery.objects.get()
    identity = f"<campaign-{delivery.campaign_id}-{delivery.pk}@careers.example>"
    assert received.message["Message-ID"] == identity


def test_the_question_is_automatic_and_no_mailing(wire: SmtpSink) -> None:
    message = send_confirmation(wire).message
    assert message["Auto-Submitted"] == "auto-generated"
    assert not [name for name in message if name.lower().startswith(("list-", "precedence"))]


@pytest.mark.parametrize(
    "title",
    [
        "Plain words",
        "“Tell me about yourself”: what they really ask",
        "Résumé, CV, or both? It’s the employer’s call",
        '"Yes", she said; and then: <nothing>, (at all) & more',
        "👩‍💻 Your first week 🎉",
        "👍" * 160,
        "سيرة ذاتية: كيف تكتبها",
        "履歴書の書き方",
        "x" * 160,
        " ".join(["word"] * 32),
        "Ends with a colon:",
        "=?utf-8?q?encoded?= twice",
        "100 % of 50 %s {name} $name \\n",
    ],
)
def test_every_title_arrives_as_it_was_written(wire: SmtpSink, title: str) -> None:
    received = send_notice(wire, title)
    assert subject_of(received.message) == title.replace("=?utf-8?q?encoded?=", "encoded")
    assert unescape(re.search(r"<title>(.*?)</title>", html_of(received)).group(1)) == title
    assert title in text_of(received)
    head = received.content.split(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998


def subject_of(message: EmailMessage) -> str:
    """As a mail program shows it: a long one begins on its second line."""
    return str(message["Subject"]).strip()


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_title_adds_no_header(wire: SmtpSink, line_break: str) -> None:
    article = make_article(published_at=timezone.now())
    title = f"Six lines{line_break}Bcc: spy@example.com{line_break}{line_break}<b>body</b>"
    Article.objects.filter(pk=article.pk).update(title=title)
    make_subscriber()
    let_workers_run()
    received = wire.received[0]
    assert received.recipients == ("reader@example.com",)
    assert subject_of(received.message) == "Six lines Bcc: spy@example.com <b>body</b>"
    assert "Bcc" not in received.message


@pytest.mark.parametrize(
    ("name", "list_id"),
    [
        ("Open\r\nBcc: spy@example.com", "Open Bcc spyexamplecom <news.careers.example>"),
        ('"Jobs", <etc.> & Co', "Jobs etc Co <news.careers.example>"),
        ("職場", "<news.careers.example>"),
        ("🎉" * 80, "<news.careers.example>"),
    ],
    ids=["line break", "punctuation", "Japanese", "emoji"],
)
def test_any_name_of_the_site_makes_good_headers(wire: SmtpSink, name: str, list_id: str) -> None:
    Publication.objects.update(name=name)
    question, notice = both(wire)
    assert subject_of(question.message).endswith(f" address for {' '.join(name.split())}")
    assert notice.message["List-Id"] == list_id
    assert "Bcc" not in notice.message
    assert "Bcc" not in question.message


# --- Parts and lines ------------------------------------------------------------------------


def test_a_mail_has_words_and_the_same_in_html(wire: SmtpSink) -> None:
    for received in both(wire):
        message = received.message
        assert message.get_content_type() == "multipart/alternative"
        parts = list(message.iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        assert {part.get_content_charset() for part in parts} == {"utf-8"}
        assert not any(part.defects for part in (message, *parts))


@pytest.mark.parametrize("summary", [SUMMARY, "x" * 300, "🎉" * 300, "ü " * 150, "a\nb\r\nc"])
def test_every_line_can_be_carried(wire: SmtpSink, summary: str) -> None:
    for received in (send_confirmation(wire), send_notice(wire, summary=summary)):
        lines = received.content.split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_the_words_alone_are_enough(wire: SmtpSink) -> None:
    question, notice = map(text_of, both(wire))
    assert "https://careers.example/newsletter/confirm/" in question
    assert "https://careers.example/newsletter/not-me/" in question
    assert "https://careers.example/newsletter/unsubscribe/" in notice
    assert re.search(r"https://careers\.example/articles/id/\d+/", notice)
    assert SUMMARY in notice
    for words in (question, notice):
        assert POSTAL_ADDRESS in words
        assert "<" not in words
        assert "&" not in words
        assert max(len(line) for line in words.splitlines() if "https://" not in line) <= 80


def test_a_summary_may_be_missing(wire: SmtpSink) -> None:
    received = send_notice(wire, summary="", body="<p>Read the last line first.</p>")
    assert "\n\n\n" not in text_of(received).replace("\r\n", "\n")
    assert preheader_of(received).startswith("Read the last line first.")
    assert 'class="standfirst"' not in html_of(received)


# --- HTML -----------------------------------------------------------------------------------


def test_the_html_is_a_whole_page_for_everybody(wire: SmtpSink) -> None:
    for received in both(wire):
        html = html_of(received)
        assert '<html lang="en"' in html
        assert re.search(r"<title>[^<]+</title>", html)
        assert html.count("<h1") == 1
        assert POSTAL_ADDRESS in html
        assert len(html.encode()) < 100_000
        assert html.count("<table") == html.count('role="presentation"')
        for image in re.findall(r"<img[^>]*>", html):
            assert 'alt="' in image
            assert re.search(r' width="(600|36)" height="\d+"', image)
            assert "background-color: #" in image


def test_the_first_words_in_an_inbox_say_more_than_the_subject(wire: SmtpSink) -> None:
    for received in both(wire):
        preheader = preheader_of(received)
        assert str(received.message["Subject"]) not in preheader
        assert len(preheader.split("\u034f")[0]) > 30
        assert preheader.count("\u034f") >= 80


def test_the_styles_stand_where_every_program_finds_them(wire: SmtpSink) -> None:
    for received in both(wire):
        html = html_of(received)
        inside = html[html.index("<body") :]
        for name in ("preheader", "paper", "headline", "button", "small"):
            assert re.search(rf'class="{name}"[^>]* style="', inside), name
        assert "prefers-color-scheme:dark" in html
        assert 'name="color-scheme" content="light dark"' in html


def test_words_can_be_read_and_the_button_hit_on_a_phone(wire: SmtpSink) -> None:
    for received in both(wire):
        html = html_of(received)
        inside = re.sub(r'<div class="preheader".*?</div>', "", html[html.index("<body") :])
        assert min(int(px) for px in re.findall(r"font-size: (\d+)px", inside)) >= 14
        button = re.search(r'<a class="button"[^>]*>', inside).group()
        padding = int(re.search(r"padding: (\d+)px", button).group(1))
        line = int(re.search(r"line-height: (\d+)px", button).group(1))
        assert padding + line + padding >= 44


def test_nothing_in_a_mail_runs_asks_or_watches(wire: SmtpSink) -> None:
    for received in both(wire):
        tags = tags_of(received)
        assert not any(name in ACTIVE for name, _ in tags)
        assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
        addresses = [
            attributes[name]
            for _, attributes in tags
            for name in ("href", "src", "background", "action")
            if name in attributes
        ]
        assert all(address.startswith("https://careers.example/") for address in addresses)
        assert "url(" not in html_of(received)


def test_without_a_cover_there_is_no_picture_but_the_sites_own_mark(wire: SmtpSink) -> None:
    for received in (send_notice(wire), send_confirmation(wire)):
        pictures = [attributes for name, attributes in tags_of(received) if name == "img"]
        assert [picture["src"] for picture in pictures] == [MARK]


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ settings.SECRET_KEY }}{% debug %}{% load static %}{{7|add:7}}",
    '"><a href="javascript:alert(1)">',
    "</title></head><h1>",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_staff_typed_is_shown_and_never_run(wire: SmtpSink, hostile: str) -> None:
    """Past advisories: listmonk CVE-2025-49136 (templates), Mezzanine CVE-2020-19002 (HTML)."""
    author = make_author(hostile, slug="hostile")
    cover = make_image(alternative_text=hostile)
    Publication.objects.update(name=hostile, postal_address=hostile)
    received = send_notice(wire, hostile, summary=hostile, author=author, cover=cover)
    tags = tags_of(received)
    assert subject_of(received.message) == hostile
    assert text_of(received).count(hostile) == 6
    shown = [name for name, _ in tags if name in ("h1", "img", "title")]
    assert shown == ["title", "img", "img", "h1"]
    assert not any(name in ACTIVE for name, _ in tags)
    for _, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "https://").startswith("https://")
    assert [values["alt"] for name, values in tags if name == "img"] == ["", hostile]
    assert html_of(received).count(escape(hostile, quote=False)) >= 5


# --- Whose mail it is -----------------------------------------------------------------------


def test_each_copy_has_a_link_of_its_own_and_nobody_elses(wire: SmtpSink) -> None:
    people = [make_subscriber(f"{name}@example.com") for name in ("ada", "ben")]
    send_notice(wire)
    tokens = []
    for received in wire.received:
        found = set(
            re.findall(r"/unsubscribe/([\w-]+)/", received.content.decode("ascii", "replace"))
        )
        whole = set(re.findall(r"/unsubscribe/([\w-]+)/", text_of(received) + html_of(received)))
        assert len(whole) == 1
        assert found
        tokens += whole
        others = [person.address for person in people if person.address not in received.recipients]
        assert others[0] not in received.content.decode()
    assert len(set(tokens)) == 2


def test_nothing_that_was_typed_stands_in_the_question(wire: SmtpSink) -> None:
    spam = {"source": "/buy-now.example", "name": "Buy now", "website": "", "text": "Buy now"}
    plain = send_confirmation(wire, "ada@example.com")
    spammed = send_confirmation(wire, "www.buy-now.example@example.com", **spam)
    for words in (html_of, text_of, lambda received: str(received.message["Subject"])):
        assert without_tokens(words(plain)) == without_tokens(words(spammed))
    assert set(plain.message.keys()) == set(spammed.message.keys())
    assert b"buy" not in spammed.content.replace(b"www.buy-now.example@example.com", b"").lower()


def without_tokens(words: str) -> str:
    return re.sub(r"[\w-]{52}", "TOKEN", words)


def test_links_come_from_the_settings_whatever_the_visitor_says(
    wire: SmtpSink, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["careers.example", "other.example"]
    assert sign_up("ada@example.com", host="evil.example").status_code == 400
    assert sign_up("ada@example.com", host="other.example").status_code == 200
    let_workers_run()
    links = re.findall(
        r"https?://[^/\s\"<]+", text_of(wire.received[0]) + html_of(wire.received[0])
    )
    assert set(links) == {"https://careers.example"}
