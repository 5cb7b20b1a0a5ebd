"""Mail that goes nowhere: kept whole as files, and shown safely."""

import os
import re
from email import message_from_bytes, policy
from pathlib import Path
from threading import Thread

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from pytest_django import Settings

from careersite import outbox
from careersite.tests.addresses import read_addresses_anew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("addresses_of_debug")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.EMAIL_BACKEND = "careersite.outbox.EmailBackend"
    return settings.OUTBOX_DIR


def mail(subject: str = "Hello", html: str = "") -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject, "See https://x.test/a?b=1", to=["ada@example.com"])
    if html:
        message.attach_alternative(html, "text/html")
    return message


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def put(folder: Path, name: str, content: bytes) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return f"/outbox/{name}/"


# --- Writing ------------------------------------------------------------------------------


def test_each_message_is_a_whole_mail_in_a_file_of_its_own(folder: Path) -> None:
    assert get_connection().send_messages([mail("Grüße"), mail("Second")]) == 2
    first, second = (folder / name for name in names(folder))
    message = message_from_bytes(first.read_bytes(), policy=policy.default)
    assert (message["Subject"], message["To"]) == ("Grüße", "ada@example.com")
    assert message.defects == []
    assert message_from_bytes(second.read_bytes())["Subject"] == "Second"


def test_many_writers_lose_and_mix_nothing(folder: Path) -> None:
    writers = [Thread(target=mail(str(number)).send) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(names(folder)) == 20
    assert all(name.endswith(".eml") for name in names(folder))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "file").write_text("")
    settings.OUTBOX_DIR = tmp_path / "file"
    with pytest.raises(OSError, match="file"):
        mail().send()


def test_a_disk_that_is_full_is_said_and_leaves_no_half_mail(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        mail().send()
    assert names(folder) == []


# --- Reading ------------------------------------------------------------------------------


def test_an_empty_outbox_says_what_to_do(client: Client) -> None:
    response = client.get("/outbox/")
    assert "No mail yet" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_the_newest_mail_comes_first(client: Client) -> None:
    for subject in ("First <b>", "Second"):
        mail(subject).send()
    page = client.get("/outbox/").content.decode()
    assert page.index("Second") < page.index("First &lt;b&gt;")
    assert "ada@example.com" in page


def test_many_mails_are_shown_two_hundred_a_page(client: Client, folder: Path) -> None:
    for number in range(201):
        put(folder, f"{number:03}.eml", b"Subject: number %d\n\n" % number)
    page = client.get("/outbox/").content.decode()
    assert len(re.findall(r"<article", page)) == 200
    assert "number 0<" not in page
    assert "number 0<" in client.get("/outbox/?page=2").content.decode()
    assert client.get("/outbox/?page=x").status_code == 200


def test_a_mail_is_shown_as_text_with_its_headers(client: Client, folder: Path) -> None:
    mail("<script>alert(1)</script>").send()
    response = client.get(f"/outbox/{names(folder)[0]}/")
    page = response.content.decode()
    assert "<script>alert(1)" not in page
    assert "Message-ID" in page
    assert 'href="https://x.test/a?b=1"' in page
    assert "<iframe" not in page
    assert response["Cache-Control"] == "no-store"


def test_html_is_shown_where_it_can_do_no_harm(client: Client, folder: Path) -> None:
    mail(html="<html><head><title>x</title></head><body><script>evil()</script></body>").send()
    path = f"/outbox/{names(folder)[0]}/"
    page = client.get(path)
    frame = re.search(r"<iframe[^>]*>", page.content.decode()).group()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    part = client.get(f"{path}?part=html")
    assert '<head><base target="_blank">' in part.content.decode()
    rules = part["Content-Security-Policy"]
    assert rules.startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
    )
    assert "script-src" not in rules
    assert part["X-Frame-Options"] == "SAMEORIGIN"


def test_html_without_a_head_gets_clickable_links_too(client: Client, folder: Path) -> None:
    mail(html="<p>Hello</p>").send()
    part = client.get(f"/outbox/{names(folder)[0]}/?part=html")
    assert part.content.decode().startswith('<base target="_blank"><p>Hello</p>')


def test_a_mail_without_html_has_no_such_part(client: Client, folder: Path) -> None:
    mail().send()
    assert client.get(f"/outbox/{names(folder)[0]}/?part=html").status_code == 404


def test_the_source_is_plain_text_whatever_is_in_it(client: Client, folder: Path) -> None:
    path = put(folder, "a.eml", b"Subject: x\n\n<script>alert(1)</script>\xff")
    response = client.get(f"{path}?part=source")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "<script>" in response.content.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe" * 99,
        b"Content-Type: text/plain; charset=nonsense\n\nx",
        b"Content-Type: text/html; charset=nonsense\n\nx",
        b"Content-Type: multipart/mixed\n\nx",
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!",
        b"From: [\nTo: <<<@,;:\nSubject: =?x?q?\n\nx",
        b"Date: 99 Foo -1\nMessage-ID: [<\n\n",
    ],
)
def test_a_broken_mail_breaks_nothing(client: Client, folder: Path, content: bytes) -> None:
    path = put(folder, "broken.eml", content)
    assert client.get("/outbox/").status_code == 200
    assert client.get(path).status_code == 200
    assert client.get(f"{path}?part=source").status_code == 200


def test_a_mail_that_cannot_be_read_says_so(client: Client, folder: Path) -> None:
    path = put(folder, "broken.eml", b"Content-Type: text/plain; charset=nonsense\n\nx")
    assert outbox.UNREADABLE in client.get(path).content.decode()


@pytest.mark.parametrize(
    "name",
    [
        *("none.eml", "..", "..%2fsecret.eml", "%2e%2e%2fsecret.eml", "..%5csecret.eml"),
        *("secret.txt", ".eml", "a.eml%00.txt", "%2fetc%2fpasswd", "folder.eml"),
    ],
)
def test_nothing_but_a_mail_can_be_read(client: Client, folder: Path, name: str) -> None:
    put(folder, "secret.txt", b"secret")
    (folder / "folder.eml").mkdir()
    (folder.parent / "secret.eml").write_bytes(b"Subject: secret\n\n")
    response = client.get(f"/outbox/{name}/")
    assert response.status_code == 404
    assert b"Subject: secret" not in response.content


def test_without_debug_there_are_no_such_pages(client: Client, settings: Settings) -> None:
    settings.DEBUG = False
    read_addresses_anew()
    assert client.get("/outbox/").status_code == 404


def test_nothing_can_be_posted(client: Client) -> None:
    assert client.post("/outbox/").status_code == 405
