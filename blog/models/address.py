from urllib.parse import unquote

from django.db import models
from django.db.models import Q
from django.utils import timezone

NOWHERE = {"article": None, "topic": None, "author": None, "to_path": ""}


class FormerAddressQuerySet(models.QuerySet):
    """Paths may come quoted or not; they are kept as people read them."""

    def remember(self, path: str, **target: object) -> None:
        """Let `path` lead to `target` (article=…, topic=…, author=… or to_path=…) from now on.
        Without one, it says that what was there is gone."""
        self.update_or_create(path=unquote(path), defaults={**NOWHERE, **target})

    def lead_to(self, **target: object) -> None:
        """Let all of these lead there instead."""
        self.update(**{**NOWHERE, **target}, changed_at=timezone.now())

    def forget(self, path: str) -> None:
        """`path` is in use again: what lives there wins."""
        self.filter(path=unquote(path)).delete()

    def at(self, path: str) -> "FormerAddress | None":
        things = self.select_related("article", "topic", "author")
        return things.filter(path=unquote(path)).first()


class FormerAddress(models.Model):
    """An address that something public once had. It names the thing, not its next address,
    so that two renames make no chain and renaming back makes no loop.

    With the thing deleted, it says that it is gone.
    """

    path = models.CharField(max_length=300, unique=True)
    article = models.ForeignKey("Article", null=True, on_delete=models.SET_NULL)
    topic = models.ForeignKey("Topic", null=True, on_delete=models.SET_NULL)
    author = models.ForeignKey("Author", null=True, on_delete=models.SET_NULL)
    # Any other page of this site, for what an editor has deleted.
    to_path = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    told_engines_at = models.DateTimeField(null=True, editable=False)

    objects = FormerAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "former addresses"
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(topic__isnull=True, author__isnull=True, to_path="")
                    | Q(article__isnull=True, author__isnull=True, to_path="")
                    | Q(article__isnull=True, topic__isnull=True, to_path="")
                    | Q(article__isnull=True, topic__isnull=True, author__isnull=True)
                ),
                name="a_former_address_leads_to_one_thing_at_most",
            )
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def target(self) -> models.Model | None:
        return self.article or self.topic or self.author

    @property
    def is_gone(self) -> bool:
        return self.target is None and not self.to_path
