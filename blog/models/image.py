import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from blog.images import encode


class Image(models.Model):
    """A picture of the site, drawn anew under a name nobody can guess (see `blog.images`)."""

    file = models.ImageField(
        upload_to="pictures/", width_field="width", height_field="height", editable=False
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    rendition_widths = models.JSONField(default=list, editable=False)
    alternative_text = models.CharField(
        max_length=250,
        blank=True,
        help_text="What the picture shows, for those who cannot see it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.alternative_text or self.file.name

    @classmethod
    def store(cls, content: bytes, alternative_text: str = "") -> "Image":
        """Keep the picture in `content`. Raises `blog.images.BadImage` when it cannot be used."""
        encoded = encode(content)
        stem = f"pictures/{secrets.token_hex(12)}"
        for width, rendition in encoded.renditions.items():
            default_storage.save(f"{stem}-{width}.webp", ContentFile(rendition))
        name = default_storage.save(f"{stem}.{encoded.extension}", ContentFile(encoded.content))
        return cls.objects.create(
            file=name,
            width=encoded.width,
            height=encoded.height,
            rendition_widths=sorted(encoded.renditions),
            alternative_text=alternative_text,
        )

    @property
    def url(self) -> str:
        return self.file.url

    @property
    def srcset(self) -> str:
        """For the attribute of the same name; the full picture stands last."""
        stem = self.url.rsplit(".", 1)[0]
        parts = [f"{stem}-{width}.webp {width}w" for width in self.rendition_widths]
        return ", ".join([*parts, f"{self.url} {self.width}w"])
