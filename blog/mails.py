"""What all mails of the site have in common, whichever app writes them: their look, and how a
template becomes the two parts of a message."""

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from blog.models import Publication

MARK_PATH = "icons/mail-mark.png"
# What cannot stand in an attribute, dark mode and small screens, is in a style sheet of its own.
INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)


def render_mail(template: str, context: dict[str, object]) -> tuple[str, str]:
    """The HTML part of `template` (a path without its ending), with its styles where mail programs
    look for them, and the text part. `context` gives a `subject` and what `mail_context` has."""
    html = render_to_string(f"{template}.html", context)
    text = render_to_string(f"{template}.txt", context)
    return INLINER.inline(html), text.strip() + "\n"


def mail_context() -> dict[str, object]:
    return {
        "publication": Publication.current(),
        "site_url": settings.SITE_URL,
        # By its plain name: a mail is read after the next version of the picture, too.
        "mark_url": f"{settings.SITE_URL}{settings.STATIC_URL}{MARK_PATH}",
    }


def message_id(local: str) -> str:
    """Stable for one mail, so that a repetition can be told from a second mail."""
    return f"<{local}@{settings.SITE_HOST}>"
