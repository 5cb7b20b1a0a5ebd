import hashlib
import secrets
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction

from blog.images import EncodedImage, encode
from blog.renditions import Picture, PictureName

ALTERNATIVE_TEXT_LENGTH = 250


class Image(models.Model):
    """A picture of the site, drawn anew under a name nobody can guess (see `blog.images`)."""

    file = models.ImageField(
        upload_to="pictures/", width_field="width", height_field="height", editable=False
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    # For pictures whose names do not tell what lies beside them (WebP of these widths).
    rendition_widths = models.JSONField(default=list, editable=False)
    alternative_text = models.CharField(
        max_length=ALTERNATIVE_TEXT_LENGTH,
        blank=True,
        help_text="What the picture shows, for those who cannot see it.",
    )
    fingerprint = models.CharField(max_length=64, editable=False, default="", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.alternative_text or self.file.name

    @classmethod
    def store(cls, content: bytes, alternative_text: str = "") -> "Image":
        """Keep the picture in `content`; the same one with the same text is kept once.

        Raises `blog.images.BadImage` when it cannot be used. Leaves no file behind on failure.
        """
        described = {
            "alternative_text": alternative_text[:ALTERNATIVE_TEXT_LENGTH],
            "fingerprint": hashlib.sha256(content).hexdigest(),
        }
        known = cls.objects.filter(**described).first()
        return known or cls._keep(encode(content), described)

    @classmethod
    def _keep(cls, encoded: EncodedImage, described: dict[str, str]) -> "Image":
        stem = f"pictures/{secrets.token_hex(12)}-{encoded.width}x{encoded.height}"
        files = {f"{stem}.{encoded.extension}": encoded.content} | {
            stem + ending: content for ending, content in encoded.renditions.items()
        }
        try:
            for name, content in files.items():
                default_storage.save(name, ContentFile(content))
            return cls.objects.create(
                file=f"{stem}.{encoded.extension}",
                width=encoded.width,
                height=encoded.height,
                **described,
            )
        except Exception:
            delete_files(list(files))
            raise

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        """The files go with the row, once that is certain."""
        transaction.on_commit(partial(delete_files, self.file_names))
        return super().delete(*args, **kwargs)

    @property
    def url(self) -> str:
        return self.file.url

    @property
    def picture(self) -> Picture:
        return Picture(self.file.name, self.width, self.height, tuple(self.rendition_widths))

    @property
    def file_names(self) -> list[str]:
        if name := PictureName.of(self.file.name):
            return name.files
        stem = self.file.name.rsplit(".", 1)[0]
        return [self.file.name, *(f"{stem}-{width}.webp" for width in self.rendition_widths)]


def delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
