"""What goes to one person, at once: questions, a welcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from blog.mails import mail_context, message_id, render_mail
from blog.models import Article, Publication
from blog.site_address import absolute
from newsletter.emails.headers import one_line
from newsletter.emails.stories import Story
from newsletter.tokens import Purpose

if TYPE_CHECKING:
    from newsletter.models import Subscriber


def send_confirmation(subscriber: Subscriber, now: datetime) -> None:
    """The mail that asks whether it was you. Nothing the visitor typed stands in it."""
    confirm = subscriber.token(Purpose.CONFIRM, now)
    not_me = subscriber.token(Purpose.NOT_ME, now)
    subject = f"Please confirm your address for {Publication.current().name}"
    links = {
        "confirm_url": absolute(reverse("newsletter_confirm", args=[confirm])),
        "not_me_url": absolute(reverse("newsletter_not_me", args=[not_me])),
    }
    mark = f"confirmation-{subscriber.pk}-{int(now.timestamp())}"
    automatic_mail("confirmation", subject, subscriber.address, links, mark).send()


def welcome_mail(
    subscriber: Subscriber, articles: Sequence[Article], now: datetime
) -> EmailMultiAlternatives:
    """For somebody who has just joined: what comes, and `articles` to begin with."""
    subject = f"Welcome to {Publication.current().name}"
    stories = [Story.of(article) for article in articles]
    return _mail_to_leave_by("welcome", subject, subscriber, now, stories=stories)


def topics_gone_mail(subscriber: Subscriber, now: datetime) -> EmailMultiAlternatives:
    """For somebody all of whose topics were deleted: no articles come until they choose anew."""
    subject = f"Choose anew what you get from {Publication.current().name}"
    return _mail_to_leave_by("topics_gone", subject, subscriber, now)


def _mail_to_leave_by(
    template: str, subject: str, subscriber: Subscriber, now: datetime, **more: object
) -> EmailMultiAlternatives:
    """What nobody asked for by a press has the same ways out as a campaign."""
    leave = subscriber.token(Purpose.UNSUBSCRIBE, now)
    choose = subscriber.token(Purpose.PREFERENCES, now)
    ways = {
        "unsubscribe_url": absolute(reverse("newsletter_unsubscribe", args=[leave])),
        "preferences_url": absolute(reverse("newsletter_preferences", args=[choose])),
    }
    mark = f"{template.replace('_', '-')}-{subscriber.pk}-{int(now.timestamp())}"
    mail = automatic_mail(template, subject, subscriber.address, {**ways, **more}, mark)
    mail.extra_headers["List-Unsubscribe"] = f"<{ways['unsubscribe_url']}>"
    mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def preferences_link_mail(subscriber: Subscriber, now: datetime) -> EmailMultiAlternatives:
    """The way to one's choices, for whoever asked for it on our site."""
    token = subscriber.token(Purpose.PREFERENCES, now)
    context = {"preferences_url": absolute(reverse("newsletter_preferences", args=[token]))}
    subject = f"Your link to your mails from {Publication.current().name}"
    mark = f"preferences-{subscriber.pk}-{int(now.timestamp())}"
    return automatic_mail("preferences_link", subject, subscriber.address, context, mark)


def your_data_link_mail(subscriber: Subscriber, now: datetime) -> EmailMultiAlternatives:
    """The way to all that is kept of the person, for whoever asked for it."""
    token = subscriber.token(Purpose.YOUR_DATA, now)
    context = {"your_data_url": absolute(reverse("your_data", args=[token]))}
    subject = f"What {Publication.current().name} keeps about you"
    mark = f"your-data-{subscriber.pk}-{int(now.timestamp())}"
    return automatic_mail("your_data_link", subject, subscriber.address, context, mark)


def address_changed_mail(
    subscriber: Subscriber, former: str, now: datetime
) -> EmailMultiAlternatives:
    """Tells the `former` address, whose reader may not have wanted that. Names no new one."""
    token = subscriber.token(Purpose.PREFERENCES, now)
    context = {"preferences_url": absolute(reverse("newsletter_preferences", args=[token]))}
    subject = f"Your mails from {Publication.current().name} have moved"
    mark = f"address-changed-{subscriber.pk}-{int(now.timestamp())}"
    return automatic_mail("address_changed", subject, former, context, mark)


def address_change_mail(address: str, confirm_url: str, mark: str) -> EmailMultiAlternatives:
    """Asks whoever reads mail at the new `address` whether the mails may come there.

    `mark` makes the Message-ID: the same one for the same question.
    """
    subject = f"Your new address for {Publication.current().name}"
    return automatic_mail("address_change", subject, address, {"confirm_url": confirm_url}, mark)


def automatic_mail(
    template: str, subject: str, to: str, context: dict[str, object], mark: str
) -> EmailMultiAlternatives:
    """A mail that answers an act of its reader (RFC 3834)."""
    subject = one_line(subject)
    whole = {**mail_context(), "subject": subject, **context}
    html, text = render_mail(f"newsletter/mail/{template}", whole)
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": message_id(mark)},
    )
    message.attach_alternative(html, "text/html")
    return message
