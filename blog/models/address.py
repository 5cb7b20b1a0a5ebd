from urllib.parse import unquote

from django.db import models
from django.db.models import Q


class FormerAddressQuerySet(models.QuerySet):
    """Paths may come quoted or not; they are kept as people read them."""

    def remember(self, path: str, **target: models.Model) -> None:
        """Let `path` lead to `target` (article=…, topic=… or author=…) from now on."""
        self.update_or_create(
            path=unquote(path), defaults={"article": None, "topic": None, "author": None, **target}
        )

    def forget(self, path: str) -> None:
        """`path` is in use again: what lives there wins."""
        self.filter(path=unquote(path)).delete()

    def target_of(self, path: str) -> models.Model | None:
        found = self.filter(path=unquote(path)).select_related("article", "topic", "author").first()
        return found and (found.article or found.topic or found.author)


class FormerAddress(models.Model):
    """An address that something public once had. It names the thing, not its next address,
    so that two renames make no chain and renaming back makes no loop."""

    path = models.CharField(max_length=300, unique=True)
    article = models.ForeignKey("Article", null=True, on_delete=models.CASCADE)
    topic = models.ForeignKey("Topic", null=True, on_delete=models.CASCADE)
    author = models.ForeignKey("Author", null=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FormerAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "former addresses"
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(article__isnull=False, topic__isnull=True, author__isnull=True)
                    | Q(article__isnull=True, topic__isnull=False, author__isnull=True)
                    | Q(article__isnull=True, topic__isnull=True, author__isnull=False)
                ),
                name="a_former_address_leads_to_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.path
