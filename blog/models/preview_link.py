import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from blog.models.article import Article

LIFETIME = timedelta(days=14)
TOKEN_BYTES = 39  # 52 characters: the form that logs leave out


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


class PreviewLinkQuerySet(models.QuerySet):
    def open(self, now: datetime) -> "PreviewLinkQuerySet":
        return self.filter(ends_at__gt=now)

    def at(self, token: str, now: datetime) -> "PreviewLink | None":
        """None for what is no token of ours, or not any more."""
        if not token.isprintable():  # PostgreSQL refuses to look for some of what is not
            return None
        return self.open(now).select_related("article__author").filter(token=token).first()

    def make(self, article: Article, by: AbstractBaseUser, now: datetime) -> "PreviewLink":
        """The link of `article`: the one that is there and open, or a new one."""
        self.filter(article=article, ends_at__lte=now).delete()
        link, _ = self.get_or_create(
            article=article, defaults={"made_by": by, "ends_at": now + LIFETIME}
        )
        return link


class PreviewLink(models.Model):
    """Whoever has it reads an article as it is going to be, without an account. It ends by
    itself; deleted, it is revoked.

    The token stands here as it is: who can read this table can read the articles as well.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="preview_links")
    token = models.CharField(max_length=60, unique=True, default=new_token, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article"], name="one_preview_link_per_article")
        ]

    def __str__(self) -> str:
        return f"Preview of {self.article}"
