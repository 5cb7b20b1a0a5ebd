"""Absolute addresses. They are made from the configured site; the Host header is never believed."""

from django.conf import settings


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
