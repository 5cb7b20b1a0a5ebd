"""The page of one article."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Article, Topic
from blog.plain_text import excerpt
from blog.related import related_ids
from blog.share_picture import SharePicture
from blog.sharing import share_links
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, RECENT_POSTS, page_context, public_page
from blog.views.json_ld import article_json_ld


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    public = Article.objects.published(now)
    found = public.select_related("author__portrait", "cover", "series").filter(slug=slug).first()
    if found is None:
        return not_found(request)
    navigation = list(Topic.objects.public().annotate(is_ours=Exists(membership(found))))
    topics = [topic for topic in navigation if topic.is_ours]
    others = Neighbourhood.of(found, topics, now)
    about = found.summary or excerpt(found.body_text, DESCRIPTION_LENGTH)
    context = page_context(
        request, title=found.title, description=about, topics=navigation, recent=others.recent
    )
    page_url = absolute(found.get_absolute_url())
    context |= {
        "article": found,
        "topics": topics,
        "previous": others.previous,
        "next": others.next,
        "related": others.related,
        "parts": others.parts,
        "page_url": page_url,
        "share_picture": SharePicture.of(found, topics, context["publication"]),
        "share_links": share_links(found.title, page_url),
        "json_ld": article_json_ld(found, topics, about, context["publication"]),
    }
    return public_page(request, "blog/article.html", context)


def membership(article: Article) -> QuerySet:
    return Article.topics.through.objects.filter(article=article, topic=OuterRef("pk"))


@dataclass(frozen=True)
class Neighbourhood:
    """What else there is to read."""

    recent: list[Article]
    previous: Article | None
    next: Article | None
    related: list[Article]
    parts: list[Article]  # of the series, this article included; none if it stands alone

    @classmethod
    def of(cls, article: Article, topics: list[Topic], now: datetime) -> "Neighbourhood":
        """Two queries."""
        related = related_ids(article, topics, Article.objects.published(now))
        around = Article.objects.around(article, now, RECENT_POSTS + 1, also=related)
        others = [one for one in around if one != article]
        here = (article.published_at, article.pk)
        newer = [one for one in others if (one.published_at, one.pk) > here]
        older = others[len(newer) :]
        by_id = {one.pk: one for one in others}
        return cls(
            recent=others[:RECENT_POSTS],
            previous=older[0] if older else None,
            next=newer[-1] if newer else None,
            related=[by_id[pk] for pk in related if pk in by_id],
            parts=parts_of(article, others),
        )


def parts_of(article: Article, others: list[Article]) -> list[Article]:
    if article.series is None:
        return []
    parts = [article, *(one for one in others if one.series_id == article.series_id)]
    return sorted(parts, key=Article.place_in_series) if len(parts) > 1 else []
