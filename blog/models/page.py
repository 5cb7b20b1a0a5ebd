from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property

from blog.body import BodyField
from blog.page_text import PageText
from blog.pictures_in_text import with_pictures


class Page(models.Model):
    """A page that stands for itself: about, privacy. Its address is part of the site."""

    slug = models.SlugField(max_length=60, unique=True, editable=False)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=200, blank=True)
    body = BodyField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse(self.slug)

    @cached_property
    def page_text(self) -> PageText:
        return PageText.of(with_pictures(self.body, is_first_on_page=True))
