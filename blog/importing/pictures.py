"""The pictures of a manuscript: those beside the file are kept, others are never fetched."""

import html
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from blog.images import BadImage, encode
from blog.importing.manuscript import CannotImport
from blog.models import Image
from blog.models.image import delete_files
from blog.pictures_in_text import showing
from blog.sanitizer import ALTERNATIVE, PICTURE, SOURCE


@dataclass
class Pictures:
    """The pictures of one run. A trial looks at each as closely, and keeps none."""

    is_trial: bool = False
    kept: list[Image] = field(default_factory=list)
    found: int = 0
    elsewhere: int = 0
    lost: int = 0

    def move_in(self, text: str, article: Path) -> str:
        """`text` with the pictures beside `article` kept by us, at our addresses."""
        return PICTURE.sub(lambda match: self._moved(match.group(), article), text)

    def keep(self, article: Path, source: str, words: str = "") -> Image | None:
        """The picture `source` names, kept; None in a trial. Raises `CannotImport`."""
        try:
            content = _content(article, source)
            self.found += 1
            if self.is_trial:
                encode(content)
                return None
            self.kept.append(Image.store(content, words))
        except BadImage as error:
            raise CannotImport(f"{article.name} shows {source[:80]}: {error}") from error
        return self.kept[-1]

    def throw_away(self) -> None:
        """After a run that failed: the rows are gone, so the files go too."""
        names = {image.file.name for image in self.kept}
        alive = set(Image.objects.filter(file__in=names).values_list("file", flat=True))
        for image in self.kept:
            if image.file.name not in alive:
                delete_files(image.file_names)

    def _moved(self, picture: str, article: Path) -> str:
        found = SOURCE.search(picture)
        source = html.unescape(found[1]) if found else ""
        if not source:  # nothing, or of a kind we do not keep, such as data:
            self.lost += 1
            return ""
        if source.startswith("/") or urlsplit(source).scheme in ("http", "https"):
            self.elsewhere += not source.startswith("/") or source.startswith("//")
            return picture
        words = ALTERNATIVE.search(picture)
        image = self.keep(article, source, html.unescape(words[1]) if words else "")
        if image is None:
            return picture
        return showing(picture, image)


def _content(article: Path, source: str) -> bytes:
    folder = article.parent.resolve()
    file = (folder / unquote(source)).resolve()
    if folder not in file.parents or not file.is_file():
        raise CannotImport(f"{article.name} shows {source}, which is not beside it.")
    return file.read_bytes()
