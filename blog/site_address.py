"""Absolute addresses. They are made from the configured site; the Host header is never believed."""

from functools import lru_cache

from django.conf import settings
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST_PATH = 200
NOT_FOR_READERS = ("/admin/", "/media/", "/static/", "/anymail/")


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


@lru_cache
def path_to(view: str) -> str:
    return reverse(view)


@lru_cache(maxsize=4096)
def path_of(view: str, slug: str) -> str:
    """What `reverse` says, which takes its time, and says the same for as long as the site runs."""
    return reverse(view, kwargs={"slug": slug})


def own_path(value: str) -> str:
    """`value` if it is a path of this site, and nothing otherwise: visitors may send anything."""
    is_path = value.startswith("/") and url_has_allowed_host_and_scheme(value, allowed_hosts=None)
    return value if is_path and value.isprintable() and len(value) <= LONGEST_PATH else ""
