from django import template
from django.utils.safestring import SafeString

from careersite.reading_sheet import reading_sheet

register = template.Library()


@register.simple_tag
def sheet() -> SafeString:
    """Our own file, in which nothing has to be escaped."""
    return SafeString(f"<style>{reading_sheet()}</style>")
