from django.db import models
from django.urls import reverse
from django.utils import timezone

from blog.models.address import FormerAddress


class TopicQuerySet(models.QuerySet):
    def public(self) -> "TopicQuerySet":
        """Topics with at least one public article; the rest are nobody's business yet."""
        articles = self.model._meta.get_field("articles").related_model.objects
        mine = articles.published(timezone.now()).filter(topics=models.OuterRef("pk"))
        return self.filter(models.Exists(mine))


class Topic(models.Model):
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=True)
    introduction = models.TextField(blank=True, help_text="Stands at the top of the topic’s page.")
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Lower numbers come first in the navigation."
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("topic", kwargs={"slug": self.slug})

    def rename(self, slug: str) -> None:
        """Give the topic a new address; the old one leads to it from now on."""
        FormerAddress.objects.remember(self.get_absolute_url(), topic=self)
        self.slug = slug
        FormerAddress.objects.forget(self.get_absolute_url())
        self.save()
