"""Static files under hashed names, for production."""

import re
from collections.abc import Iterator

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

READERS_SHEET = "site.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
AROUND_MARKS = re.compile(r"\s*([{};,])\s*|(:) ")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """CKEditor builds some of its file names at run time, so plain names stay beside the hashed."""

    manifest_strict = False
    keep_intermediate_files = True

    def post_process(self, paths: dict, dry_run: bool = False, **options: object) -> Iterator:
        """What the readers' stylesheet says to developers does not travel to the readers."""
        if READERS_SHEET in paths and not dry_run:
            with self.open(READERS_SHEET) as sheet:
                short = shortened(sheet.read().decode())
            self.delete(READERS_SHEET)
            self.save(READERS_SHEET, ContentFile(short.encode()))
            paths = {**paths, READERS_SHEET: (self, READERS_SHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def hashed_name(self, name: str, content=None, filename=None) -> str:  # noqa: ANN001
        """A stylesheet of the editor that names a missing picture does not stop a release."""
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            if name.startswith("ckeditor/"):
                return name
            raise


def shortened(sheet: str) -> str:
    """Without comments and idle spaces. Its strings hold none of the marks."""
    return AROUND_MARKS.sub(r"\1\2", COMMENT.sub("", sheet)).strip()
