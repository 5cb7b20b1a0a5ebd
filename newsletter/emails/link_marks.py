"""Marks on links to our own articles, for whoever counts visits by where they come from.

Nothing in them differs from person to person, and no other link has any.
"""

import html
import re
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.text import slugify

LONGEST_NAME = 60
HREF = re.compile(r'(?<= href=")[^"]*')
ADDRESS = re.compile(r"https?://[^\s()<>\"]+")


def mark_html(words: str, campaign: str) -> str:
    """`words` with each link to an article marked as coming from `campaign`."""
    return HREF.sub(lambda found: html.escape(_marked(campaign, html.unescape(found[0]))), words)


def mark_text(words: str, campaign: str) -> str:
    return ADDRESS.sub(lambda found: _marked(campaign, found[0]), words)


def campaign_name(subject: str) -> str:
    return slugify(subject)[:LONGEST_NAME].strip("-") or "mailing"


def _marked(campaign: str, address: str) -> str:
    """The query that is there stays, and so does the place in the page."""
    if not address.startswith(f"{settings.SITE_URL}/articles/"):
        return address
    parts = urlsplit(address)
    marks = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": campaign}
    query = "&".join(filter(None, [parts.query, urlencode(marks)]))
    return parts._replace(query=query).geturl()
