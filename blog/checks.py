"""CKEditor 4 gets no more fixes: this fails when its hardening is lost (see `blog.editor`).

It takes the place of django-ckeditor's own warning W001, which says only that it is old.
"""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from blog.editor import REMOVED_PLUGINS

UPLOADER_VIEWS = ("ckeditor_upload", "ckeditor_browse")
UPLOADER_PATHS = ("/ckeditor/upload/", "/ckeditor/browse/")
HINT = "See blog/editor.py and SECURITY.md: the editor must stay hardened."


def editor_is_hardened(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [*weak_configs(), *foreign_uploader()]


def weak_configs() -> Iterator[CheckMessage]:
    for name, config in settings.CKEDITOR_CONFIGS.items():
        loaded = set(REMOVED_PLUGINS.split(",")) - set(config.get("removePlugins", "").split(","))
        loaded |= set(REMOVED_PLUGINS.split(",")) & set(config.get("extraPlugins", "").split(","))
        if loaded:
            yield error(f"The editor “{name}” loads {', '.join(sorted(loaded))}.", "E001")
        if config.get("allowedContent", True) in (True, "") or config.get("extraAllowedContent"):
            yield error(f"The editor “{name}” lets any content through.", "E002")
        if config.get("fullPage"):
            yield error(f"The editor “{name}” edits whole pages.", "E003")
        if config.get("versionCheck", True):
            yield error(f"The editor “{name}” asks another server for its version.", "E006")


def foreign_uploader() -> Iterator[CheckMessage]:
    """Its view skips the CSRF check, stores .html and .svg, and reflects its callback."""
    if "ckeditor_uploader" in settings.INSTALLED_APPS:
        yield error("ckeditor_uploader is installed; pictures go through our own view.", "E004")
    if any(map(is_named, UPLOADER_VIEWS)) or any(map(is_served_by_it, UPLOADER_PATHS)):
        yield error("ckeditor_uploader’s addresses are served; its upload view is unsafe.", "E005")


def is_named(view_name: str) -> bool:
    try:
        return bool(reverse(view_name))
    except NoReverseMatch:
        return False


def is_served_by_it(path: str) -> bool:
    try:
        return resolve(path).func.__module__.startswith("ckeditor_uploader")
    except Resolver404:
        return False


def error(message: str, number: str) -> Error:
    return Error(message, hint=HINT, id=f"blog.{number}")
