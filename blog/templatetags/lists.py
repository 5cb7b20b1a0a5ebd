"""Lists of the desk, on a screen too narrow for a table: each cell says what it is."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(row: list[SafeString], headers: list[dict[str, object]]) -> list[SafeString]:
    """The cells that Django wrote, each with its column's heading as `data-label`."""
    return [with_label(cell, header) for cell, header in zip(row, headers, strict=False)]


def with_label(cell: SafeString, header: dict[str, object]) -> SafeString:
    heading = header["text"]
    if isinstance(heading, SafeString) or not cell.startswith("<td"):
        return cell  # the box that ticks it, and its name
    rest = SafeString(cell.removeprefix("<td"))
    return format_html('<td data-label="{}"{}', capfirst(heading), rest)
