"""Mail without a mail server: an `.eml` file each, and pages to read them while DEBUG is on."""

import os
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_binary_file, message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.views.furniture import page_context, private_page
from careersite.security_headers import FOR_FRAMING, as_header, with_sheet

MAILS_A_PAGE = 200
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.eml")
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
LINKS_OPEN_BESIDE = '<base target="_blank">'
UNREADABLE = "This file cannot be read as a mail. Its source shows what is in it."
# Nothing in a mail runs or sends; its links open as pages of their own.
MAIL_POLICY = as_header(
    {
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "'self' data: http: https:",
        "frame-ancestors": "'self'",
    }
)


class EmailBackend(BaseEmailBackend):
    """Writes each message whole or not at all. Raises OSError when it cannot."""

    def send_messages(self, email_messages: Sequence[OutgoingMessage]) -> int:
        for message in email_messages:
            write(message.message().as_bytes())
        return len(email_messages)


def write(content: bytes) -> None:
    """Sorted by name the files are sorted by time."""
    folder = Path(settings.OUTBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{timezone.now():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


class Entry(NamedTuple):
    name: str
    written_at: datetime
    to: str
    subject: str


class Mail(NamedTuple):
    headers: list[tuple[str, str]]
    text: str
    html: str


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    pages = Paginator(names_newest_first(), MAILS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = page_context(request, title="Outbox", recent=[])
    context |= {"entries": map(entry, page), "page": page, "folder": settings.OUTBOX_DIR}
    return private_page("careersite/outbox.html", context)


@require_safe
def message(request: HttpRequest, name: str) -> HttpResponse:
    content = read(name)
    mail = parse(content)
    match request.GET.get("part"):
        case "source":
            return source_part(content)
        case "html":
            return html_part(mail)
    context = page_context(request, title=entry(name).subject or "A mail", recent=[])
    context |= {"mail": mail, "name": name}
    response = private_page("careersite/outbox_message.html", context)
    response.headers["Content-Security-Policy"] = with_sheet(FOR_FRAMING)
    return response


def source_part(content: bytes) -> HttpResponse:
    text = content.decode("utf-8", errors="replace")
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def html_part(mail: Mail) -> HttpResponse:
    if not mail.html:
        raise Http404("This mail has no HTML part.")
    with_base = HEAD.sub(lambda head: head.group() + LINKS_OPEN_BESIDE, mail.html, count=1)
    if with_base == mail.html:
        with_base = LINKS_OPEN_BESIDE + mail.html
    headers = {
        "Content-Security-Policy": MAIL_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HttpResponse(with_base, headers=headers)


def names_newest_first() -> list[str]:
    try:
        names = os.listdir(settings.OUTBOX_DIR)
    except FileNotFoundError:
        return []
    return sorted(filter(NAME.fullmatch, names), reverse=True)


def path_of(name: str) -> Path:
    """Raises 404 for whatever is not the plain name of a mail."""
    if not NAME.fullmatch(name):
        raise Http404("No such mail.")
    return Path(settings.OUTBOX_DIR) / name


def read(name: str) -> bytes:
    try:
        return path_of(name).read_bytes()
    except OSError as error:
        raise Http404("No such mail.") from error


def entry(name: str) -> Entry:
    """What a list shows of a mail; without the words when it cannot be read."""
    path = path_of(name)
    try:
        with path.open("rb") as file:
            written_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            mail = message_from_binary_file(file, policy=policy.default)
        return Entry(name, written_at, str(mail["To"] or ""), str(mail["Subject"] or ""))
    except Exception:  # the parser of broken mail raises whatever it stumbles over
        return Entry(name, timezone.now(), "", "")


def parse(content: bytes) -> Mail:
    try:
        mail = message_from_bytes(content, policy=policy.default)
        headers = [(header, str(value)) for header, value in mail.items()]
        return Mail(headers, part(mail, "plain"), part(mail, "html"))
    except Exception:  # as above
        return Mail([], UNREADABLE, "")


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return body.get_content() if body else ""
