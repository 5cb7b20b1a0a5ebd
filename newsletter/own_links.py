"""Whether an address that stands in a mail leads anywhere.

Our own are asked in this process, as a reader would ask. Of other sites only the form is looked at:
what somebody typed never makes this server ask another one.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone

from blog.models import Article

NOT_FOR_READERS = ("/admin/", "/outbox/", "/anymail/", "/preview/")
FILES = ("/static/", "/media/")
well_formed = URLValidator(schemes=["http", "https"])


def what_is_wrong(url: str) -> str:
    """In words that follow the address; nothing if all is well."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("mailto", "tel"):
            return "" if parts.path else "names nobody"
        well_formed(url)
    except (ValueError, ValidationError):
        return "is no whole address"
    if parts.netloc != urlsplit(settings.SITE_URL).netloc:
        return ""
    return what_is_wrong_here(parts.path or "/")


def what_is_wrong_here(path: str) -> str:
    if path.startswith(NOT_FOR_READERS):
        return "is not for readers"
    if path.startswith(FILES) or leads_somewhere(path):
        return ""
    return "is not public yet" if is_a_draft(path) else "leads nowhere"


def leads_somewhere(path: str) -> bool:
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
    try:
        view, args, kwargs = resolve(path)
        return view(request, *args, **kwargs).status_code < 400
    except (Http404, Resolver404):
        return False


def is_a_draft(path: str) -> bool:
    """An article that the public cannot see now."""
    try:
        slug = resolve(path).kwargs.get("slug", "")
    except Resolver404:
        return False
    waiting = Article.objects.exclude(pk__in=Article.objects.published(timezone.now()).values("pk"))
    return path.startswith("/articles/") and waiting.filter(slug=slug).exists()
