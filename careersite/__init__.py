"""Wiring: settings, addresses, the page cache, checks. No domain lives here; nobody imports it."""

from careersite.celery import app as celery_app

__all__ = ["celery_app"]
