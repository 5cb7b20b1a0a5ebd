"""Places in the frozen words of a campaign, and what each person's copy has there.

A place is ASCII that quoted-printable leaves as it is, and so is every value: both may be
exchanged in ready bytes, as long as no fold goes through them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from blog.site_address import absolute
from newsletter.tokens import Purpose

if TYPE_CHECKING:
    from newsletter.models import Delivery

TOKEN_PLACE = "0-your-own-link-0"  # noqa: S105 (a place, no secret)
PREFERENCES_PLACE = "0-your-own-choices-0"
WEB_PLACE = "0-web-version-0"


def values_of(delivery: Delivery, now: datetime) -> dict[str, str]:
    """What stands in place of each place in the copy of `delivery`."""
    return {
        TOKEN_PLACE: delivery.subscriber.token(Purpose.UNSUBSCRIBE, now),
        PREFERENCES_PLACE: delivery.subscriber.token(Purpose.PREFERENCES, now),
        WEB_PLACE: delivery.campaign.web_key,
    }


def filled(words: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        words = words.replace(place, value)
    return words


def links_with_places() -> dict[str, str]:
    """The links of a copy, by the names that the templates know them by."""
    return {
        "unsubscribe_url": absolute(reverse("newsletter_unsubscribe", args=[TOKEN_PLACE])),
        "preferences_url": absolute(reverse("newsletter_preferences", args=[PREFERENCES_PLACE])),
        "web_version_url": absolute(reverse("newsletter_web_version", args=[WEB_PLACE])),
    }
