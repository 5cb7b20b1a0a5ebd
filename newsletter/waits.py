"""Ends what a clock that was far ahead, and has been put right since, would let wait for days."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from newsletter.models import Batch, Campaign, Delivery, PersonalMail, Subscriber, WebhookEvent
from newsletter.states import State
from newsletter.times import CLOCKS_DIFFER_BY, latest_end


def end_impossible_waits(now: datetime) -> None:
    """What has waited for a wrong clock goes on now."""
    latest = latest_end(now)
    Campaign.objects.filter(rests_until__gt=latest).update(rests_until=None)
    Campaign.objects.filter(pause_mail_due_at__gt=latest).update(pause_mail_due_at=now)
    for campaign in idle_campaigns(now):
        waiting = campaign.deliveries.filter(state=State.QUEUED, not_before__gt=latest)
        waiting.update(not_before=None)
    asked = Subscriber.objects.filter(confirmation_due_at__isnull=False)
    asked.filter(confirmation_lease_until__gt=latest).update(confirmation_lease_until=None)
    mails = PersonalMail.objects.filter(sent_at__isnull=True)
    mails.filter(lease_until__gt=latest).update(lease_until=None)
    reports = WebhookEvent.objects.filter(processed_at__isnull=True)
    reports.filter(look_again_at__gt=latest).update(look_again_at=None)
    give_up_keys(now)


def idle_campaigns(now: datetime) -> list[Campaign]:
    """With mails in the queue of which none is due: so they are few, mostly."""
    queued = Delivery.objects.filter(campaign=OuterRef("pk"), state=State.QUEUED)
    due = Delivery.objects.claimable(now).filter(campaign=OuterRef("pk"))
    running = Campaign.objects.running().without_words()
    return list(running.filter(Exists(queued), ~Exists(due)))


def give_up_keys(now: datetime) -> None:
    """When the provider forgets the key of a call counts from the call: of a call that was made in
    the future nobody can say it, and a key that is forgotten would send its mails twice."""
    kept = Batch.objects.unanswered().filter(repeat_at__isnull=False)
    kept.filter(sent_at__gt=now + CLOCKS_DIFFER_BY).update(repeat_at=None)
