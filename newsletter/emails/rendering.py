"""The one helper below all mails: a template's HTML part and its text part."""

from __future__ import annotations

from typing import NamedTuple

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from blog.models import Publication
from newsletter.emails.headers import one_line
from newsletter.emails.link_marks import campaign_name, mark_html, mark_text
from newsletter.emails.places import links_with_places

MARK_PATH = "icons/mail-mark.png"
# What cannot stand in an attribute, dark mode and small screens, is in a style sheet of its own.
INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)


class Words(NamedTuple):
    """What a mail says, apart from what differs from copy to copy."""

    subject: str
    html: str
    text: str


def render_mail(template: str, context: dict[str, object]) -> tuple[str, str]:
    """The HTML part, its styles inlined for clients that drop them, and the text part."""
    html = render_to_string(f"newsletter/mail/{template}.html", context)
    text = render_to_string(f"newsletter/mail/{template}.txt", context)
    inlined = INLINER.inline(html)
    return inlined, text.strip() + "\n"


def mail_context() -> dict[str, object]:
    return {
        "publication": Publication.current(),
        "site_url": settings.SITE_URL,
        # By its plain name: a mail is read after the next version of the picture, too.
        "mark_url": f"{settings.SITE_URL}{settings.STATIC_URL}{MARK_PATH}",
    }


def campaign_words(template: str, subject: str, context: dict[str, object]) -> Words:
    """For many: with places where each copy has its own links.

    `context` gives the template `preheader`, the line that a list of mails shows beside the
    subject, and what it is about.
    """
    whole = {**mail_context(), **links_with_places(), "subject": subject, **context}
    html, text = render_mail(template, whole)
    if whole["publication"].marks_links_in_mails:
        name = campaign_name(subject)
        html, text = mark_html(html, name), mark_text(text, name)
    return Words(one_line(subject), html, text)
