"""The sweep: finds all that is due in the database and sees that it happens.

Every step may run twice, in two processes at once, or die in the middle: each is a conditional
UPDATE or an INSERT under a constraint.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from blog.models import Article, Attempt, ReadCount
from newsletter.emails import send_confirmation
from newsletter.importing import waiting
from newsletter.models import (
    AddressChange,
    Batch,
    Campaign,
    Delivery,
    Digest,
    DigestShare,
    Letter,
    ListImport,
    Mark,
    PersonalMail,
    Pulse,
    Subscriber,
    Tally,
    WebhookEvent,
)
from newsletter.sending.turn import Sender
from newsletter.sending.ways import way_for
from newsletter.settling import A_STEP, settle_some
from newsletter.topics_gone import tell_some
from newsletter.waits import end_impossible_waits

logger = logging.getLogger(__name__)

# Older articles are not news: an import or a site that was down for days mails nobody.
NEWS_FOR = timedelta(days=2)
# Longer than most tries at the wire. A worker that is silent for so long is taken for dead: others
# go on with what it has not claimed.
SILENCE = timedelta(minutes=1)
STEPS_A_SWEEP = 20


@dataclass(frozen=True)
class Found:
    """What one sweep found, in numbers, and the ids of what is left to do."""

    announced: int
    back_in_queue: int
    in_doubt: int
    finished: int
    forgotten: int
    reports: int
    confirmations: list[int]
    personal_mails: list[int]
    campaigns: list[int]
    pauses: list[int]
    batches: list[str]
    imports: list[int]

    def __str__(self) -> str:
        return (
            f"announced {self.announced}, finished {self.finished}, "
            f"back in the queue {self.back_in_queue}, in doubt {self.in_doubt}, "
            f"reports of providers {self.reports}, "
            f"never confirmed and deleted {self.forgotten}; "
            f"to confirm {len(self.confirmations)}, batches to repeat {len(self.batches)}, "
            f"personal mails due {len(self.personal_mails)}, "
            f"campaigns with mails due {len(self.campaigns)}"
        )


def sweep(now: datetime) -> Found:
    """Settle, announce, expand; say what is left for the workers."""
    end_impossible_waits(now)
    reports = settle_reports(now)
    back_in_queue, doubtful = Delivery.objects.expire_leases(now)
    cancel_withdrawn(now)
    announced = announce_due(now)
    Campaign.objects.start_due(now)
    decide_due(now)
    expand_begun(now)
    if Digest.objects.make_due(now):  # after that: who got a notice at once is known by then
        expand_begun(now)
    for campaign in Campaign.objects.running():
        campaign.pause_if_unwell(now)
    tell_some(now)
    finished = sum(
        campaign.finish_if_done(now) for campaign in Campaign.objects.unfinished().order_by("pk")
    )
    found = Found(
        announced=announced,
        back_in_queue=back_in_queue,
        in_doubt=doubtful,
        finished=finished,
        forgotten=forget(now),
        reports=reports,
        confirmations=list(
            Subscriber.objects.with_confirmation_due(now).values_list("pk", flat=True)
        ),
        personal_mails=list(PersonalMail.objects.due(now).values_list("pk", flat=True)),
        campaigns=campaigns_with_mails_due(now),
        pauses=list(Campaign.objects.with_pause_mail_due(now).values_list("pk", flat=True)),
        imports=list(ListImport.objects.due(now).values_list("pk", flat=True)),
        batches=[str(pk) for pk in Batch.objects.to_repeat(now).values_list("pk", flat=True)],
    )
    Tally.objects.refresh_due(now)
    Pulse.beat("sweep", now)
    return found


def expand_begun(now: datetime) -> None:
    for campaign in Campaign.objects.running().filter(expanded_at__isnull=True):
        campaign.expand(now)


def settle_reports(now: datetime) -> int:
    """At most so many that the rest of the sweep is not kept waiting."""
    settled = 0
    for _ in range(STEPS_A_SWEEP):
        settled += (looked_at := settle_some(now))
        if looked_at < A_STEP:
            break
    return settled


def due_articles(now: datetime) -> list[Article]:
    announced = Campaign.objects.filter(article=OuterRef("pk"), kind=Campaign.Kind.ARTICLE)
    fresh = Article.objects.published(now).filter(
        ~Exists(announced), wants_notice=True, published_at__gt=now - NEWS_FOR
    )
    return list(fresh.select_related("author", "cover").order_by("published_at", "pk"))


def announce_due(now: datetime) -> int:
    """One campaign for each new article; the database refuses a second one."""
    return sum(announce(article, now) for article in due_articles(now))


def announce(article: Article, now: datetime) -> bool:
    """A failure keeps this article waiting, and nothing else."""
    try:
        with transaction.atomic():
            Campaign.objects.announce(article, now)
    except IntegrityError:
        logger.info("Article %s is being announced by another worker", article.pk)
        return False
    except Exception:
        logger.exception("Article %s cannot be announced; the next sweep tries again", article.pk)
        return False
    return True


def decide_due(now: datetime) -> None:
    """Send the rest of each letter whose two subjects were compared for long enough."""
    for letter in Letter.objects.to_decide(now):
        try:
            letter.send_rest(letter.winner(), now)
        except Exception:
            logger.exception("Letter %s cannot be decided; the next sweep tries again", letter.pk)


def cancel_withdrawn(now: datetime) -> None:
    """An article that was taken back is not announced any further.

    What was cancelled before is looked at again, until all of it has come back from the wire. A
    clock that was put back takes no article back: it was public when its campaign began.
    """
    was_public = Q(published_at__lte=now) | Q(published_at__lte=OuterRef("created_at"))
    public = Article.objects.unexpired(now).filter(was_public, pk=OuterRef("article"))
    withdrawn = Q(~Exists(public), kind=Campaign.Kind.ARTICLE)
    over = Q(cancelled_at__isnull=False) | withdrawn
    for campaign in Campaign.objects.unfinished().filter(over):
        campaign.cancel("The article was taken back.", now)
    Digest.objects.leave_out_withdrawn(now)


def campaigns_with_mails_due(now: datetime) -> list[int]:
    due = Delivery.objects.claimable(now).filter(campaign=OuterRef("pk"))
    return list(Campaign.objects.sendable(now).filter(Exists(due)).values_list("pk", flat=True))


def without_worker(campaign_ids: list[int], now: datetime) -> list[int]:
    """Those that nobody is at. A worker goes on by itself while mails are due."""
    at_work = Delivery.objects.touched_since(now - SILENCE).filter(campaign=OuterRef("pk"))
    marked = Mark.objects.filter(at__gt=now - SILENCE, campaign=OuterRef("pk"))
    alone = Campaign.objects.filter(~Exists(at_work), ~Exists(marked), pk__in=campaign_ids)
    return list(alone.values_list("pk", flat=True))


def forget(now: datetime) -> int:
    """Delete what must not be kept: old attempts and counts, and who asked and never confirmed."""
    waiting.forget_old(now)
    ListImport.objects.forget_old(now)
    Attempt.objects.forget_old(now)
    ReadCount.objects.forget_old(now)
    WebhookEvent.objects.forget_old(now)
    PersonalMail.objects.forget_old(now)
    AddressChange.objects.forget_old(now)
    DigestShare.objects.forget_old(now)
    _, deleted = Subscriber.objects.pending_too_long(now).delete()
    return deleted.get(Subscriber._meta.label, 0)


def confirm_by_mail(subscriber_id: int, now: datetime) -> bool:
    """Send the confirmation that is due, once. A failure leaves it due."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None or not subscriber.claim_confirmation(now):
        return False
    send_confirmation(subscriber, now)
    subscriber.confirmation_was_sent(now)
    return True


def send_some(campaign_id: int, budget_s: float, clock: Callable[[], datetime]) -> int:
    """One worker's turn at a campaign. Returns how many mails were tried."""
    campaign = Campaign.objects.running().filter(pk=campaign_id).first()
    if campaign is None:
        return 0
    tried = Sender(campaign, way_for(campaign)).run(budget_s)
    campaign.finish_if_done(clock())
    return tried
