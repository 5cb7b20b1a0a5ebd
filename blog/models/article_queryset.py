from datetime import datetime

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from blog.models.revision import Revision
from blog.searching.query import Query


class ArticleQuerySet(models.QuerySet):
    def published(self, now: datetime | None = None) -> "ArticleQuerySet":
        """What the public may see at `now`. No job has to run for an article to appear."""
        now = now or timezone.now()
        return self.unexpired(now).filter(published_at__lte=now)

    def unexpired(self, now: datetime) -> "ArticleQuerySet":
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))

    def newest_first(self) -> "ArticleQuerySet":
        return self.order_by("-published_at", "-id")

    def for_lists(self) -> "ArticleQuerySet":
        """With what a card shows, without what it does not."""
        return (
            self.newest_first()
            .select_related("author", "cover")
            .defer("body", "body_text", "author__biography")
        )

    def matching(self, query: Query) -> "ArticleQuerySet":
        """Those that hold every term of `query`. The best first: `SearchEntry.objects.best`."""
        return self.filter(search_entry__title__matches=query) if query else self.none()

    def with_changes_known(self) -> "ArticleQuerySet":
        """Each knows by `has_changes` whether changes wait for the public."""
        newest = Revision.objects.filter(article=OuterRef("pk")).values("kept_back")[:1]
        return self.annotate(has_changes=Coalesce(Subquery(newest), Value(False)))

    def recent(self, count: int) -> "ArticleQuerySet":
        return self.newest_first().only("title", "slug", "published_at")[:count]
