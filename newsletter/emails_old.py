"""The mails: one small function each, over one helper."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, Publication
from blog.site_address import absolute
from newsletter.tokens import Purpose

if TYPE_CHECKING:
    from newsletter.models import Campaign, Delivery, Subscriber

# Stands in the frozen words where each copy has its own link.
TOKEN_PLACE = "0-your-own-link-0"  # noqa: S105 (a place, no secret)


class Words(NamedTuple):
    """What a mail says, apart from what differs from copy to copy."""

    subject: str
    html: str
    text: str


def render_mail(template: str, context: dict[str, object]) -> tuple[str, str]:
    """The HTML part, its styles inlined for clients that drop them, and the text part."""
    html = render_to_string(f"newsletter/mail/{template}.html", context)
    text = render_to_string(f"newsletter/mail/{template}.txt", context)
    inlined = css_inline.inline(html, keep_style_tags=True, load_remote_stylesheets=False)
    return inlined, text.strip() + "\n"


def mail_context() -> dict[str, object]:
    return {"publication": Publication.current(), "site_url": settings.SITE_URL}


def send_confirmation(subscriber: Subscriber, now: datetime) -> None:
    """The mail that asks whether it was you. Nothing the visitor typed stands in it."""
    publication = Publication.current()
    confirm = subscriber.token(Purpose.CONFIRM, now)
    not_me = subscriber.token(Purpose.NOT_ME, now)
    html, text = render_mail(
        "confirmation",
        {
            **mail_context(),
            "confirm_url": absolute(reverse("newsletter_confirm", args=[confirm])),
            "not_me_url": absolute(reverse("newsletter_not_me", args=[not_me])),
        },
    )
    message = EmailMultiAlternatives(
        subject=_one_line(f"Please confirm your address for {publication.name}"),
        body=text,
        to=[subscriber.address],
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": _message_id(f"confirmation-{subscriber.pk}-{int(now.timestamp())}"),
        },
    )
    message.attach_alternative(html, "text/html")
    message.send()


def notice_of(article: Article) -> Words:
    """The notice of `article`, with a place where each copy has its own link."""
    html, text = render_mail(
        "notice",
        {
            **mail_context(),
            "article": article,
            "article_url": absolute(article.get_absolute_url()),
            "cover_url": absolute(article.cover.url) if article.cover else "",
            "unsubscribe_url": absolute(reverse("newsletter_unsubscribe", args=[TOKEN_PLACE])),
        },
    )
    return Words(_one_line(article.title), html, text)


def campaign_mail(
    campaign: Campaign, delivery: Delivery, publication: Publication
) -> EmailMultiAlternatives:
    """One person's copy: the frozen words with this person's own link to leave."""
    token = delivery.subscriber.token(Purpose.UNSUBSCRIBE, timezone.now())
    leave = absolute(reverse("newsletter_unsubscribe", args=[token]))
    message = EmailMultiAlternatives(
        subject=campaign.subject,
        body=campaign.text.replace(TOKEN_PLACE, token),
        to=[delivery.address],
        headers={
            "List-Id": f"{_phrase(publication.name)} <news.{settings.SITE_HOST}>".strip(),
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Message-ID": _message_id(f"campaign-{campaign.pk}-{delivery.pk}"),
        },
    )
    message.attach_alternative(campaign.html.replace(TOKEN_PLACE, token), "text/html")
    return message


def _message_id(local: str) -> str:
    """Stable for one mail, so that a repetition can be told from a second mail."""
    return f"<{local}@{settings.SITE_HOST}>"


def _one_line(words: str) -> str:
    """For a header, where a line break would begin another one."""
    plain = (" " if unicodedata.category(c) == "Cc" else c for c in words)
    return " ".join("".join(plain).split())


def _phrase(name: str) -> str:
    plain = "".join(c for c in _one_line(name) if c.isascii() and (c.isalnum() or c == " "))
    return _one_line(plain)
