"""The mail that tells staff that a campaign has stopped by itself: one for each time it stops."""

import logging
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse

from blog.models import Publication
from blog.site_address import absolute
from blog.visitors import keyed_hash
from newsletter.addresses import address_key
from newsletter.emails import automatic_mail
from newsletter.models import Campaign
from newsletter.outcomes import of_error
from newsletter.states import State

logger = logging.getLogger(__name__)

# The mail may have to go the very way that is broken.
TRY_AGAIN_AFTER = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def tell_of_pause(campaign_id: int, now: datetime) -> bool:
    """Send it, unless it was sent or another worker is at it. True if it went out.

    Taken from the list before it is sent, and put back only if it has certainly not gone out.
    """
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    to = staff_addresses()
    if campaign is None or not to or not campaign.claim_pause_mail(now):
        return False
    if why_not := _send(campaign, to):
        logger.warning("Staff could not be told that campaign %s paused: %s", campaign.pk, why_not)
        campaign.put_pause_mail_back(now + TRY_AGAIN_AFTER)
    return not why_not


def staff_addresses() -> list[str]:
    """The address in *Publication*; without one, those who may resume a campaign."""
    if address := Publication.current().contact_email:
        return [address]
    people = get_user_model().objects.with_perm("newsletter.change_campaign", backend=BACKEND)
    people = people.filter(is_active=True, is_staff=True).exclude(email="")
    return list(people.order_by("pk").values_list("email", flat=True))


def _send(campaign: Campaign, to: list[str]) -> str:
    """A mail for each. Empty when one went out or may have; otherwise the kind of error that kept
    them all here."""
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        return type(error).__name__
    try:
        kept = [_send_one(pause_mail(campaign, address), connection) for address in to]
    finally:
        connection.close()
    return kept[0] if all(kept) else ""


def _send_one(message: EmailMultiAlternatives, connection: BaseEmailBackend) -> str:
    try:
        connection.send_messages([message])
    except Exception as error:
        is_out = getattr(connection, "is_out", None)
        outcome = of_error(error, message, is_out=is_out)
        return type(error).__name__ if outcome.state == State.QUEUED else ""
    return ""


def pause_mail(campaign: Campaign, to: str) -> EmailMultiAlternatives:
    url = absolute(reverse("admin:newsletter_campaign_change", args=[campaign.pk]))
    subject = f"Sending has paused: campaign #{campaign.pk}"
    reader = keyed_hash(address_key(to), "a mail to staff")[:8]
    mark = f"paused-{campaign.pk}-{int(campaign.paused_at.timestamp())}-{reader}"
    about = {"campaign": campaign, "staff_url": url}
    return automatic_mail("paused", subject, to, about, mark)
