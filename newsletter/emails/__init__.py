"""The mails: one small function each, over one helper."""

from newsletter.emails.campaigns import (
    campaign_mail,
    digest_of,
    headers_of_all,
    headers_of_copy,
    letter_of,
    notice_of,
)
from newsletter.emails.places import (
    PREFERENCES_PLACE,
    TOKEN_PLACE,
    WEB_PLACE,
    filled,
    values_of,
)
from newsletter.emails.rendering import Words, campaign_words
from newsletter.emails.to_one import (
    address_change_mail,
    address_changed_mail,
    automatic_mail,
    preferences_link_mail,
    send_confirmation,
    topics_gone_mail,
    welcome_mail,
    your_data_link_mail,
)

__all__ = [
    "PREFERENCES_PLACE",
    "TOKEN_PLACE",
    "WEB_PLACE",
    "Words",
    "address_change_mail",
    "address_changed_mail",
    "automatic_mail",
    "campaign_mail",
    "campaign_words",
    "digest_of",
    "filled",
    "headers_of_all",
    "headers_of_copy",
    "letter_of",
    "notice_of",
    "preferences_link_mail",
    "send_confirmation",
    "topics_gone_mail",
    "values_of",
    "welcome_mail",
    "your_data_link_mail",
]
