from django.db import models

from blog.slugs import slug_for


class Series(models.Model):
    """Articles that are meant to be read one after the other."""

    title = models.CharField(max_length=100)
    slug = models.SlugField(
        "short name",
        max_length=100,
        unique=True,
        allow_unicode=True,
        blank=True,
        help_text="For export and import. Left empty, it is made from the title.",
    )

    class Meta:
        ordering = ["title", "id"]
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        others = Series.objects.exclude(pk=self.pk)
        self.slug = self.slug or slug_for(self.title, others, "series")
        super().save(*args, **kwargs)
