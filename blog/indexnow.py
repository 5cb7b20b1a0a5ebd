"""Telling search engines of new and changed articles (https://www.indexnow.org/documentation).

Only where the operator has set `INDEXNOW_KEY`. What is due is told by the rows: an article whose
words changed since it was last told of. A far end that is away keeps nobody waiting.
"""

import http.client
import json
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from blog.models import Article
from blog.site_address import absolute

logger = logging.getLogger(__name__)

# Switched on late, or after a pause, it does not tell of the whole archive.
NEWS_FOR = timedelta(days=2)
MOST_AT_ONCE = 1_000  # 10,000 are allowed
TIMEOUT_S = 10
TRY_AGAIN = {408, 429}
CHANGED_AT = Greatest("published_at", Coalesce("revised_at", "published_at"))


class NotNow(Exception):
    """The far end is away or asks us to wait."""


def tell(now: datetime) -> int:
    """Tell of all that is due. Returns of how many; none is lost, one may be told of twice."""
    due = dict(due_articles(now).values_list("pk", "slug")[:MOST_AT_ONCE])
    if not (settings.INDEXNOW_KEY and due):
        return 0
    try:
        submit([Article(slug=slug).canonical_url for slug in due.values()])
    except NotNow as error:
        logger.warning("%d articles wait to be told to search engines: %s", len(due), error)
        return 0
    Article.objects.filter(pk__in=due).update(told_engines_at=now)
    return len(due)


def due_articles(now: datetime) -> QuerySet:
    """The original of an article that another site had first is not ours to tell of."""
    changed = Article.objects.published(now).annotate(last_change=CHANGED_AT)
    fresh = changed.filter(original_url="", last_change__gt=now - NEWS_FOR)
    untold = Q(told_engines_at=None) | Q(told_engines_at__lt=F("last_change"))
    return fresh.filter(untold).order_by("last_change", "pk")


def submit(urls: list[str]) -> None:
    """A refusal is written into the log and not tried again: the same would come of it."""
    key = settings.INDEXNOW_KEY
    said = {"host": urlsplit(settings.SITE_URL).netloc, "key": key, "urlList": urls}
    said["keyLocation"] = absolute(f"/{key}.txt")
    status = post(settings.INDEXNOW_ENDPOINT, json.dumps(said).encode())
    if status in TRY_AGAIN or status >= 500:
        raise NotNow(f"status {status}")
    if status not in (200, 202):
        logger.error("IndexNow refused %d addresses with status %d", len(urls), status)


def post(url: str, body: bytes) -> int:
    """The status. Goes to no other address than this one, whatever the answer says."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotNow(repr(error)) from error
    finally:
        connection.close()
