"""Tasks: ids in, one call each. Any of them may run twice."""

import logging

from celery import shared_task
from django.utils import timezone

from blog.nudges import nudge
from newsletter import personal_mails, settling, staff_mail, sweeping
from newsletter.importing.stepping import import_some
from newsletter.sending.repeating import repeat

logger = logging.getLogger(__name__)

# Short turns: a confirmation never waits long behind a campaign, and a worker can stop soon.
TURN_S = 10
WORKERS_A_CAMPAIGN = 4


@shared_task
def sweep() -> None:
    now = timezone.now()
    found = sweeping.sweep(now)
    for subscriber_id in found.confirmations:
        nudge("newsletter.tasks.send_confirmation", subscriber_id)
    for campaign_id in found.pauses:
        nudge("newsletter.tasks.tell_of_pause", campaign_id)
    for mail_id in found.personal_mails:
        nudge("newsletter.tasks.send_personal_mail", mail_id)
    for campaign_id in sweeping.without_worker(found.campaigns, now) * WORKERS_A_CAMPAIGN:
        nudge("newsletter.tasks.send_campaign", campaign_id)
    for import_id in found.imports:
        nudge("newsletter.tasks.import_list", import_id)
    for batch_id in found.batches:
        nudge("newsletter.tasks.repeat_batch", batch_id)


@shared_task
def send_confirmation(subscriber_id: int) -> None:
    """A failure leaves it due. What the other side said may name people: not for the log."""
    try:
        sweeping.confirm_by_mail(subscriber_id, timezone.now())
    except Exception as error:
        logger.warning(
            "The confirmation for subscriber %s stays due: %s", subscriber_id, type(error).__name__
        )


@shared_task
def send_personal_mail(mail_id: int) -> None:
    """A failure leaves it due, as above."""
    try:
        personal_mails.send(mail_id, timezone.now())
    except Exception as error:
        logger.warning("Personal mail %s stays due: %s", mail_id, type(error).__name__)


@shared_task
def send_campaign(campaign_id: int) -> None:
    tried = sweeping.send_some(campaign_id, TURN_S, timezone.now)
    if tried and campaign_id in sweeping.campaigns_with_mails_due(timezone.now()):
        nudge("newsletter.tasks.send_campaign", campaign_id)


@shared_task
def cancel_withdrawn() -> None:
    sweeping.cancel_withdrawn(timezone.now())


@shared_task
def import_list(import_id: int) -> None:
    if import_some(import_id, TURN_S, timezone.now):
        nudge("newsletter.tasks.import_list", import_id)


@shared_task
def settle_reports() -> None:
    if settling.settle_some(timezone.now()) == settling.A_STEP:
        nudge("newsletter.tasks.settle_reports")


@shared_task
def tell_of_pause(campaign_id: int) -> None:
    staff_mail.tell_of_pause(campaign_id, timezone.now())


@shared_task
def repeat_batch(batch_id: str) -> None:
    repeat(batch_id, timezone.now())
