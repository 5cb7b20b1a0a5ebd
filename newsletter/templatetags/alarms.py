from django import template
from django.utils import timezone

from newsletter import alarms as newsletter_alarms

register = template.Library()


@register.inclusion_tag("admin/newsletter/_alarms.html")
def alarms() -> dict[str, object]:
    return {"alarms": newsletter_alarms.alarms(timezone.now())}
