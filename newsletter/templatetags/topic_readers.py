from collections.abc import Iterable

from django import template

from blog.models import Topic
from newsletter.models import Letter, Subscriber

register = template.Library()


@register.inclusion_tag("admin/newsletter/_topic_readers.html")
def readers_of(topics: Topic | Iterable[Topic]) -> dict[str, int]:
    """How many people chose one of `topics`, of how many they are all that is chosen, and how many
    drafts of letters would be for nobody without them."""
    ids = [topics.pk] if isinstance(topics, Topic) else [topic.pk for topic in topics]
    chose = Subscriber.objects.mailable().filter(topics__in=ids).distinct()
    drafts = Letter.objects.drafts().filter(topics__in=ids).distinct()
    return {
        "chose": chose.count(),
        "nothing_else": chose.exclude(topics__in=others(ids)).count(),
        "letters": drafts.exclude(topics__in=others(ids)).count(),
    }


def others(ids: list[int]) -> list[int]:
    return list(Topic.objects.exclude(pk__in=ids).values_list("pk", flat=True))
