"""Absolute addresses. They are made from the configured site; the Host header is never believed."""

from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST_PATH = 200


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def own_path(value: str) -> str:
    """`value` if it is a path of this site, and nothing otherwise: visitors may send anything."""
    is_path = value.startswith("/") and url_has_allowed_host_and_scheme(value, allowed_hosts=None)
    return value if is_path and value.isprintable() and len(value) <= LONGEST_PATH else ""
