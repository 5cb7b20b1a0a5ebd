"""Tasks: ids in, one call each. Any of them may run twice."""

from celery import shared_task
from django.utils import timezone

from blog.nudges import nudge
from newsletter import sweeping

# Short turns: a confirmation never waits long behind a campaign, and a worker can stop soon.
TURN_S = 10


@shared_task
def sweep() -> None:
    found = sweeping.sweep(timezone.now())
    for subscriber_id in found.confirmations:
        nudge("newsletter.tasks.send_confirmation", subscriber_id)
    for campaign_id in found.campaigns:
        nudge("newsletter.tasks.send_campaign", campaign_id)


@shared_task
def send_confirmation(subscriber_id: int) -> None:
    sweeping.confirm_by_mail(subscriber_id, timezone.now())


@shared_task
def send_campaign(campaign_id: int) -> None:
    tried = sweeping.send_some(campaign_id, TURN_S, timezone.now)
    if tried and campaign_id in sweeping.campaigns_with_mails_due(timezone.now()):
        nudge("newsletter.tasks.send_campaign", campaign_id)
