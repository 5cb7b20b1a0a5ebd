from django.db import models

from blog.cards import Link
from blog.models.address import FormerAddress
from blog.models.publication import CallToAction
from blog.site_address import path_of


class Topic(models.Model):
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=True)
    introduction = models.TextField(blank=True, help_text="Stands at the top of the topic’s page.")
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Lower numbers come first in the navigation."
    )

    call_to_action = models.ForeignKey(
        CallToAction,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Stands beside this topic’s articles in the place of the site’s own one.",
    )

    class Meta:
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_of("topic", self.slug)

    @property
    def link(self) -> Link:
        return Link(self.name, self.get_absolute_url())

    def rename(self, slug: str) -> None:
        """Give the topic a new address; the old one leads to it from now on."""
        FormerAddress.objects.remember(self.get_absolute_url(), topic=self)
        self.slug = slug
        FormerAddress.objects.forget(self.get_absolute_url())
        self.save()
