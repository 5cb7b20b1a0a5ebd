"""When all topics that somebody chose are deleted: no article comes that was not asked for, and the
person is told once, with the way to choose anew.
"""

from datetime import datetime, timedelta

from django.db import transaction

from newsletter.consent import Origin
from newsletter.models import PersonalMail, Pulse, Subscriber

# So that a popular topic's end keeps no confirmation waiting for long.
AT_A_TIME = 100
# To look at all who chose topics is too much for each sweep, and nobody is in a hurry.
LOOKED_FOR_EVERY = timedelta(minutes=10)
PULSE = "topics gone"


def tell_some(now: datetime) -> int:
    """Those of a sweep, and more in the next one until all know. Returns how many are told."""
    last = Pulse.last(PULSE)
    if last and now - LOOKED_FOR_EVERY < last <= now:
        return 0
    found = Subscriber.objects.whose_topics_are_gone(now).order_by("pk")[:AT_A_TIME]
    told = sum(tell(person, now) for person in found)
    if told < AT_A_TIME:
        Pulse.beat(PULSE, now)
    return told


@transaction.atomic
def tell(person: Subscriber, now: datetime) -> bool:
    """False if another worker was faster, or the person has chosen meanwhile."""
    unaware = Subscriber.objects.whose_topics_are_gone(now).filter(pk=person.pk)
    if not unaware.update(topics_gone_at=now):
        return False
    person.note("topics_gone", Origin(), now)
    PersonalMail.objects.make_due(PersonalMail.Kind.TOPICS_GONE, person, now)
    return True
