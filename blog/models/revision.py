from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Subquery

from blog.plain_text import plain_text


class RevisionQuerySet(models.QuerySet):
    def waiting(self) -> "RevisionQuerySet":
        """Changes that the public does not see yet: of each article at most one."""
        newest = Revision.objects.filter(article=OuterRef("article")).values("pk")[:1]
        return self.filter(kept_back=True, pk=Subquery(newest))


class Revision(models.Model):
    """An article as it was after one save: who, when, and its whole content.

    One that is `kept_back` holds changes to an article that the public goes on reading without
    them. They wait as long as no newer version is there.
    """

    TEXTS = ("title", "summary", "body")
    FIELDS = (*TEXTS, "slug", "author_id", "cover_id", "wants_notice", "original_url")
    FIELDS += ("series_id", "series_part")

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="revisions")
    created_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    content = models.JSONField()
    kept_back = models.BooleanField(default=False, db_default=False, editable=False)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.content.get('title', '')} as saved {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def planned_for(self) -> datetime | None:
        """The date the draft was meant to go public at, if one was given."""
        planned = self.content.get("planned_for")
        return datetime.fromisoformat(planned) if planned else None

    @property
    def is_fit_for_the_public(self) -> bool:
        """Nothing is missing that a public article must have."""
        return all(self.content[name] for name in (*self.TEXTS, "topics"))


def words_of(content: dict[str, object]) -> list[object]:
    """What readers would call a change: not a picture, not an address, not the markup."""
    texts = (content["title"], content["summary"], plain_text(content["body"]))
    return [*(text.split() for text in texts), content["author_id"], content["topics"]]
