"""The addresses of the site depend on DEBUG, once: when they are read."""

import importlib

from django.urls import clear_url_caches


def read_addresses_anew() -> None:
    """Not imported above: that would be before tests switch DEBUG off."""
    importlib.reload(importlib.import_module("careersite.urls"))
    clear_url_caches()
