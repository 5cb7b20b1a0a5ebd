"""What the site as a whole does now and then."""

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from careersite.doctoring.mail import look_at_records
from newsletter.models import Pulse, SenderRecord
from newsletter.sender import is_public, mails_leave, sender_domain

LOOKED_UP = "sender looked up"
LASTS, SOON = timedelta(hours=12), timedelta(hours=1)


@shared_task
def look_up_sender() -> None:
    """Ask DNS about the sender's domain, twice a day, so that no page has to."""
    now = timezone.now()
    if is_due(now):
        Pulse.beat(LOOKED_UP, now)
        for _ in look_at_records(settings.DKIM_SELECTOR, now):
            pass  # each is kept on the way; what to do about it, `doctor` says


def is_due(now: datetime) -> bool:
    domain = sender_domain()
    if not (mails_leave() and is_public(domain)):
        return False
    is_known = SenderRecord.objects.filter(domain=domain).exists()
    last = Pulse.last(LOOKED_UP)
    return last is None or last <= now - (LASTS if is_known else SOON)
