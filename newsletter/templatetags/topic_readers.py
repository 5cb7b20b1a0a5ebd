from collections.abc import Iterable

from django import template

from blog.models import Topic
from newsletter.models import Subscriber

register = template.Library()


@register.inclusion_tag("admin/newsletter/_topic_readers.html")
def readers_of(topics: Topic | Iterable[Topic]) -> dict[str, int]:
    """How many people chose one of `topics`, and of how many they are all that is chosen."""
    ids = [topics.pk] if isinstance(topics, Topic) else [topic.pk for topic in topics]
    chose = Subscriber.objects.mailable().filter(topics__in=ids).distinct()
    others = Subscriber.topics.through.objects.exclude(topic__in=ids).values("subscriber")
    return {"chose": chose.count(), "nothing_else": chose.exclude(pk__in=others).count()}
