from django import template
from django.utils import timezone

from blog.reading_report import ReadingReport

register = template.Library()


@register.inclusion_tag("admin/blog/_most_read.html")
def most_read_lately() -> dict[str, object]:
    return {"report": ReadingReport.at(timezone.now())}
