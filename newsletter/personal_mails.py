"""Mails that answer one person's act: written at the last moment, sent once."""

from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from blog.site_address import absolute
from newsletter.emails import (
    address_change_mail,
    address_changed_mail,
    preferences_link_mail,
    topics_gone_mail,
    welcome_mail,
    your_data_link_mail,
)
from newsletter.models import PersonalMail

Kind = PersonalMail.Kind
TO_BEGIN_WITH = 3
READ_WITHIN = timedelta(days=90)


def send(mail_id: int, now: datetime) -> bool:
    """Send what is due, once. A failure leaves it due; what nobody may get any more goes."""
    mail = PersonalMail.objects.select_related("subscriber", "change").filter(pk=mail_id).first()
    if mail is None or not mail.claim(now):
        return False
    if mail.is_off(now):
        mail.was_sent(now)
        return False
    written(mail, now).send()
    mail.was_sent(now)
    return True


def written(mail: PersonalMail, now: datetime) -> EmailMultiAlternatives:
    subscriber = mail.subscriber
    match mail.kind:
        case Kind.WELCOME:
            return welcome_mail(subscriber, articles_to_begin_with(now), now)
        case Kind.TOPICS_GONE:
            return topics_gone_mail(subscriber, now)
        case Kind.PREFERENCES_LINK:
            return preferences_link_mail(subscriber, now)
        case Kind.YOUR_DATA_LINK:
            return your_data_link_mail(subscriber, now)
        case Kind.ADDRESS_CHANGE:
            yes = absolute(reverse("newsletter_address", args=[mail.change.token(now)]))
            return address_change_mail(mail.address, yes, f"address-change-{mail.change_id}")
        case Kind.ADDRESS_CHANGED:
            return address_changed_mail(subscriber, mail.address, now)
    raise ValueError(f"Nothing is written of the kind {mail.kind!r}.")


def articles_to_begin_with(now: datetime) -> list[Article]:
    """Those read most of late; where nobody counts reads, or few were read, the newest."""
    lately = Q(read_counts__day__gt=timezone.localdate(now) - READ_WITHIN)
    reads = Coalesce(Sum("read_counts__count", filter=lately), 0)
    best = Article.objects.published(now).annotate(reads=reads).order_by("-reads", "-published_at")
    return list(best.select_related("author", "cover")[:TO_BEGIN_WITH])
