"""Telling search engines of articles that are new, changed or gone
(https://www.indexnow.org/documentation).

Only where the operator has set `INDEXNOW_KEY`. What is due is told by the rows: an article whose
words changed, or that was taken down or came back, since it was last told of; and an address that
leads elsewhere or says that it is gone. A far end that is away keeps nobody waiting.
"""

import http.client
import json
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.encoding import escape_uri_path

from blog.models import Article, FormerAddress
from blog.site_address import absolute

logger = logging.getLogger(__name__)

# Switched on late, or after a pause, it does not tell of the whole archive.
NEWS_FOR = timedelta(days=2)
MOST_AT_ONCE = 1_000  # 10,000 are allowed
TIMEOUT_S = 10
TRY_AGAIN = {408, 429}
CHANGED_AT = Greatest(
    "published_at",
    Coalesce("revised_at", "published_at"),
    Coalesce("public_again_at", "published_at"),
)


class NotNow(Exception):
    """The far end is away or asks us to wait."""


def tell(now: datetime) -> int:
    """Tell of all that is due. Returns of how many; none is lost, one may be told of twice."""
    if not settings.INDEXNOW_KEY:
        return 0
    articles = dict(due_articles(now).values_list("pk", "slug")[:MOST_AT_ONCE])
    former = dict(due_addresses(now).values_list("pk", "path")[:MOST_AT_ONCE])
    urls = [Article(slug=slug).canonical_url for slug in articles.values()]
    urls += [absolute(escape_uri_path(path)) for path in former.values()]
    if not urls:
        return 0
    try:
        submit(urls)
    except NotNow as error:
        logger.warning("%d addresses wait to be told to search engines: %s", len(urls), error)
        return 0
    Article.objects.filter(pk__in=articles).update(told_engines_at=now)
    FormerAddress.objects.filter(pk__in=former).update(told_engines_at=now)
    return len(urls)


def due_articles(now: datetime) -> QuerySet:
    """The original of an article that another site had first is not ours to tell of."""
    last_change = Case(When(expires_at__lte=now, then="expires_at"), default=CHANGED_AT)
    ours = Article.objects.filter(published_at__lte=now, original_url="")
    return untold(ours.annotate(last_change=last_change), now)


def due_addresses(now: datetime) -> QuerySet:
    """What was withdrawn, deleted or renamed is remembered there. Only mails lead to addresses
    by number."""
    by_number = reverse("article_by_number", args=[1]).removesuffix("1/")
    known = FormerAddress.objects.exclude(path__startswith=by_number)
    return untold(known.annotate(last_change=F("changed_at")), now)


def untold(rows: QuerySet, now: datetime) -> QuerySet:
    is_untold = Q(told_engines_at=None) | Q(told_engines_at__lt=F("last_change"))
    fresh = rows.filter(is_untold, last_change__gt=now - NEWS_FOR)
    return fresh.order_by("last_change", "pk")


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
