"""A letter as a subscriber would have it, but nobody's: to look at, and to send to staff."""

import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet

from blog.mails import message_id
from blog.models import Publication
from newsletter.emails import Words, campaign_mail, filled, values_of
from newsletter.models import Campaign, Delivery, Letter, Subscriber
from newsletter.tokens import NOBODY

MARK = "[Test] "


def copy_for_nobody(words: Words, address: str = "") -> Delivery:
    """Never kept. Its links open, and change nothing."""
    return Delivery(
        campaign=Campaign(**words._asdict(), web_key=NOBODY),
        subscriber=Subscriber(address=address, handle=NOBODY),
        address=address,
    )


def as_shown(words: Words, now: datetime) -> Words:
    values = values_of(copy_for_nobody(words), now)
    return Words(words.subject, filled(words.html, values), filled(words.text, values))


def trial_mail(words: Words, address: str) -> EmailMultiAlternatives:
    """Just as a subscriber would get it, but for the mark."""
    delivery = copy_for_nobody(words, address)
    mail = campaign_mail(delivery.campaign, delivery, Publication.current())
    mail.subject = MARK + mail.subject
    mail.extra_headers["Message-ID"] = message_id(f"test-{secrets.token_hex(8)}")
    return mail


def staff_with_addresses() -> QuerySet:
    """Nobody else gets a test."""
    return User.objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("username")


def send_trial(letter: Letter, addresses: list[str]) -> int:
    """To each of these, each subject. Returns the number of mails; raises what the wire raises."""
    subjects = [letter.subject, *filter(None, [letter.other_subject])]
    mails = [trial_mail(letter.words(subject), a) for a in addresses for subject in subjects]
    return sum(mail.send() for mail in mails)
