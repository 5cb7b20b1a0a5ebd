"""The words of a campaign: a template's HTML and text, before they become anybody's copy."""

from __future__ import annotations

from typing import NamedTuple

from blog.mails import mail_context, render_mail
from newsletter.emails.headers import one_line
from newsletter.emails.link_marks import campaign_name, mark_html, mark_text
from newsletter.emails.places import links_with_places


class Words(NamedTuple):
    """What a mail says, apart from what differs from copy to copy."""

    subject: str
    html: str
    text: str


def campaign_words(template: str, subject: str, context: dict[str, object]) -> Words:
    """For many: with places where each copy has its own links.

    `context` gives the template `preheader`, the line that a list of mails shows beside the
    subject, and what it is about.
    """
    whole = {**mail_context(), **links_with_places(), "subject": subject, **context}
    html, text = render_mail(f"newsletter/mail/{template}", whole)
    if whole["publication"].marks_links_in_mails:
        name = campaign_name(subject)
        html, text = mark_html(html, name), mark_text(text, name)
    return Words(one_line(subject), html, text)
