"""What goes to many: the words of a campaign, and one person's copy of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone

from blog.mails import message_id
from blog.models import Article, Publication
from blog.site_address import absolute
from newsletter.emails.headers import phrase
from newsletter.emails.letters import for_mail, for_text
from newsletter.emails.places import TOKEN_PLACE, filled, values_of
from newsletter.emails.rendering import Words, campaign_words
from newsletter.emails.stories import Story

if TYPE_CHECKING:
    from newsletter.models import Campaign, Delivery


def notice_of(article: Article) -> Words:
    """One new article."""
    story = Story.of(article)
    return campaign_words("notice", story.title, {"story": story, "preheader": story.preheader})


def digest_of(articles: Sequence[Article], subject: str) -> Words:
    """The articles of some time, the first one largest."""
    stories = [Story.of(article) for article in articles]
    others = " · ".join(story.title for story in stories if story.title != subject)
    preheader = others or stories[0].preheader
    return campaign_words("digest", subject, {"stories": stories, "preheader": preheader})


def letter_of(subject: str, preheader: str, body: str) -> Words:
    """A letter of the editor's own; `body` is HTML that the sanitiser wrote."""
    words = {"body_html": for_mail(body), "body_text": for_text(body)}
    return campaign_words("letter", subject, {"preheader": preheader, **words})


def campaign_mail(
    campaign: Campaign,
    delivery: Delivery,
    publication: Publication,
    now: datetime | None = None,
) -> EmailMultiAlternatives:
    """One person's copy: the frozen words with this person's own links."""
    values = values_of(delivery, now or timezone.now())
    message = EmailMultiAlternatives(
        subject=campaign.subject,
        body=filled(campaign.text, values),
        to=[delivery.address],
        headers={
            **headers_of_all(publication),
            **headers_of_copy(campaign, delivery, values[TOKEN_PLACE]),
        },
    )
    message.attach_alternative(filled(campaign.html, values), "text/html")
    return message


def headers_of_all(publication: Publication) -> dict[str, str]:
    """The same in each copy."""
    return {
        "List-Id": f"{phrase(publication.name)} <news.{settings.SITE_HOST}>".strip(),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def headers_of_copy(campaign: Campaign, delivery: Delivery, token: str) -> dict[str, str]:
    """One person's own."""
    leave = absolute(leave_path().replace(TOKEN_PLACE, token))
    return {
        "List-Unsubscribe": f"<{leave}>",
        "Message-ID": message_id(f"campaign-{campaign.pk}-{delivery.pk}"),
    }


@cache
def leave_path() -> str:
    """With a place for the token. Looked up once, not for each of a hundred thousand copies."""
    return reverse("newsletter_unsubscribe", args=[TOKEN_PLACE])
