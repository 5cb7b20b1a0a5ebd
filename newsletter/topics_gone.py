"""When all topics that somebody chose are deleted: no article comes that was not asked for, and the
person is told once, with the way to choose anew.
"""

from datetime import datetime

from django.db import transaction

from newsletter.consent import Origin
from newsletter.models import PersonalMail, Subscriber

# So that a popular topic's end keeps no confirmation waiting for long.
AT_A_TIME = 100


def tell_some(now: datetime) -> int:
    """Those of a sweep. Returns how many are to be told."""
    found = Subscriber.objects.whose_topics_are_gone(now).order_by("pk")[:AT_A_TIME]
    return sum(tell(person, now) for person in found)


@transaction.atomic
def tell(person: Subscriber, now: datetime) -> bool:
    """False if another worker was faster, or the person has chosen meanwhile."""
    unaware = Subscriber.objects.whose_topics_are_gone(now).filter(pk=person.pk)
    if not unaware.update(topics_gone_at=now):
        return False
    person.note("topics_gone", Origin(), now)
    PersonalMail.objects.make_due(PersonalMail.Kind.TOPICS_GONE, person, now)
    return True
