"""The same call once more, where the provider keeps keys: it sends what it had not got, and only
repeats its answer otherwise. So a doubt about a batch ends without a mail too many."""

from datetime import datetime

from newsletter import providers
from newsletter.models import Batch, Delivery
from newsletter.outcomes import Answer, Outcome, in_doubt
from newsletter.sending.batches import Batches
from newsletter.states import State


def repeat(batch_id: str, now: datetime) -> bool:
    """True if the provider says by now that it has these mails.

    Whatever else it says leaves them in doubt: it may have taken the first call all the same.
    """
    batch = Batch.objects.select_related("campaign").filter(pk=batch_id).first()
    provider = providers.current()
    if batch is None or provider is None or provider.repeats_within is None:
        return False
    members = batch.go_again(now)
    if not members:
        return False
    for delivery in members:
        delivery.campaign = batch.campaign
    way = Batches(batch.campaign, provider)
    try:
        answer = way.call(batch, members)
    finally:
        way.close()
    outcomes = {delivery: sure_or_doubtful(answer, delivery) for delivery in members}
    batch.record(outcomes, answer.http_status, now)
    return batch.answered_at is not None


def sure_or_doubtful(answer: Answer, delivery: Delivery) -> Outcome:
    outcome = answer.of(delivery.address)
    return outcome if outcome.state == State.ACCEPTED else in_doubt(outcome.reason)
