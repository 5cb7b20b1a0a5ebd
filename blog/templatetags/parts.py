"""Parts of pages that are told all they show, and so are written once for what they are told.

    {% part "_footer.html" name=publication.name tagline=publication.tagline %}

A part sees nothing else of its page. It is remembered by the very values that the page has just
read from the database: with another value it is another part, so that nothing in it grows old.
"""

from datetime import date
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name

register = template.Library()

REMEMBERED = 2_000  # the few of each page, and cards of the articles that are asked for most
Values = tuple[tuple[str, object], ...]


@register.simple_tag
def part(template_name: str, **values: object) -> SafeString:
    # Text that is safe as HTML equals text that is not; their kinds tell them apart.
    kinds = tuple(map(type, values.values()))
    return written(template_name, get_current_timezone_name(), tuple(values.items()), kinds)


@lru_cache(maxsize=REMEMBERED)
def written(template_name: str, zone: str, values: Values, kinds: tuple[type, ...]) -> SafeString:
    for name, value in values:
        if not (isinstance(value, SafeString) or is_plain(value)):
            raise TypeError(f"{template_name} is remembered by what it is told; {name} may change.")
    return render_to_string(template_name, dict(values))


def is_plain(value: object) -> bool:
    """It equals only what looks the same. A row of the database equals its former self."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return value is None or type(value) is str or isinstance(value, int | date)


@register.filter
def day(moment: date) -> SafeString:
    """A date with its machine-readable form: `<time datetime="…">3 May 2026</time>`."""
    return part("_day.html", moment=moment)
