"""The page of one article."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Article, Topic
from blog.models.article import ArticleQuerySet
from blog.plain_text import excerpt
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, RECENT_POSTS, page_context, public_page
from blog.views.json_ld import article_json_ld


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    public = Article.objects.published(timezone.now())
    found = public.select_related("author__portrait", "cover").filter(slug=slug).first()
    if found is None:
        return not_found(request)
    topics = list(Topic.objects.public().annotate(is_ours=Exists(membership(found))))
    others = Neighbourhood.of(found, public)
    about = found.summary or excerpt(found.body_text, DESCRIPTION_LENGTH)
    context = page_context(
        request, title=found.title, description=about, topics=topics, recent=others.recent
    )
    context |= {
        "article": found,
        "topics": [topic for topic in topics if topic.is_ours],
        "previous": others.previous,
        "next": others.next,
        "json_ld": article_json_ld(found, about, context["publication"]),
    }
    return public_page(request, "blog/article.html", context)


def membership(article: Article) -> QuerySet:
    return Article.topics.through.objects.filter(article=article, topic=OuterRef("pk"))


@dataclass(frozen=True)
class Neighbourhood:
    """What else there is to read: the newest articles, the one before and the one after."""

    recent: list[Article]
    previous: Article | None
    next: Article | None

    @classmethod
    def of(cls, article: Article, public: ArticleQuerySet) -> "Neighbourhood":
        """One query."""
        others = [one for one in public.around(article, RECENT_POSTS + 1) if one != article]
        here = (article.published_at, article.pk)
        newer = [one for one in others if (one.published_at, one.pk) > here]
        older = others[len(newer) :]
        return cls(
            recent=others[:RECENT_POSTS],
            previous=older[0] if older else None,
            next=newer[-1] if newer else None,
        )
