"""The picture that stands for an article where its address is shared: the title beside the cover.

Drawn when somebody first asks for it. Its address changes with what is drawn.
"""

import hashlib
import io
import json
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.urls import reverse
from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps

from blog.covers import draw_cover
from blog.drawing import arc
from blog.lettering import Lines, writable
from blog.models import Article, Image, Publication, Topic

logger = logging.getLogger(__name__)

DESIGN = 1  # count it up when the drawing changes
SIZE = WIDTH, HEIGHT = 1200, 630
PAPER, INK, ACCENT = "#fbf9f4", "#1d1b18", "#a64a14"
MARGIN, PANEL = 68, 730
TITLE_TOP, TITLE_SIZES = 60, range(88, 35, -4)
FOOT, MARK, NAME_SIZE = 548, 44, 34
FOLDER = "share"
FINGERPRINT_LENGTH = 16
# The site's mark on a board of 32 by 32 (templates/_mark.html): a frame, and a seat in it.
FRAME = [(6, 27), *arc((9, 9), 3, 180, 270), (20, 6)]
SEAT = [(12, 27), (12, 14), (21, 14), *arc((21, 19), 5, 270, 360), (26, 27)]
BENCH = [(12, 21), (26, 21)]


@dataclass(frozen=True)
class SharePicture:
    article: Article
    topic: Topic | None  # whose motif is drawn for an article without a cover
    site_name: str

    width, height = SIZE

    @classmethod
    def of(cls, article: Article, topics: list[Topic], publication: Publication) -> "SharePicture":
        return cls(article, topics[0] if topics else None, publication.name)

    @property
    def cover(self) -> Image | None:
        return self.article.cover

    @property
    def fingerprint(self) -> str:
        """Of all that the drawing shows."""
        motif = self.cover.file.name if self.cover else self.topic and self.topic.slug
        shown = [DESIGN, self.article.title, self.site_name, motif]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:FINGERPRINT_LENGTH]

    @property
    def url(self) -> str:
        kwargs = {"slug": self.article.slug, "fingerprint": self.fingerprint}
        return reverse("share_picture", kwargs=kwargs)

    @property
    def alternative_text(self) -> str:
        if title := writable(self.article.title):
            return f"{title} · {self.site_name}"
        return self.cover.alternative_text if self.cover else self.article.title

    def content(self) -> bytes:
        """As it was kept; else drawn now, and kept instead of what was drawn before a change."""
        path = folder() / str(self.article.uid) / f"{self.fingerprint}.jpg"
        with suppress(FileNotFoundError):
            return path.read_bytes()
        drawn = io.BytesIO()
        self.drawn().save(drawn, "JPEG", quality=90, subsampling=0, optimize=True)
        keep(path, drawn.getvalue())
        return drawn.getvalue()

    def drawn(self) -> Pillow.Image:
        title, beside = writable(self.article.title), self._motif()
        if not title:  # rather no words than boxes in the place of letters
            return ImageOps.fit(beside, SIZE)
        picture = Pillow.new("RGB", SIZE, PAPER)
        picture.paste(ImageOps.fit(beside, (WIDTH - PANEL, HEIGHT)), (PANEL, 0))
        canvas = ImageDraw.Draw(picture)
        room = (PANEL - 2 * MARGIN, FOOT - TITLE_TOP - MARGIN)
        Lines.fitting(title, *room, TITLE_SIZES).draw(canvas, MARGIN, TITLE_TOP, INK)
        picture.paste(mark(), (MARGIN, FOOT - MARK + 8))
        name = Lines.fitting(writable(self.site_name), 520, NAME_SIZE + 8, range(NAME_SIZE, 19, -2))
        name.draw(canvas, MARGIN + MARK + 14, FOOT - name.size, INK)
        return picture

    def _motif(self) -> Pillow.Image:
        if self.cover:
            with suppress(OSError), self.cover.file.open() as file:
                shown = Pillow.open(file).convert("RGBA")
                on_paper = Pillow.alpha_composite(Pillow.new("RGBA", shown.size, PAPER), shown)
                return on_paper.convert("RGB")
        return draw_cover(self.topic.slug if self.topic else "", str(self.article.uid))


def mark() -> Pillow.Image:
    finer = 4 * MARK / 32
    thick = round(3 * finer)
    board = Pillow.new("RGB", (4 * MARK, 4 * MARK), PAPER)
    canvas = ImageDraw.Draw(board)
    for line, colour in ((FRAME, INK), (SEAT, ACCENT), (BENCH, ACCENT)):
        points = [(x * finer, y * finer) for x, y in line]
        canvas.line(points, fill=colour, width=thick, joint="curve")
        for x, y in (points[0], points[-1]):
            canvas.circle((x, y), (thick - 1) / 2, fill=colour)
    return board.reduce(4)


def folder() -> Path:
    """Not among the media, or one of an article that was taken back could still be had."""
    return Path(settings.PRIVATE_ROOT) / FOLDER


def forget_hidden(now: datetime) -> int:
    """Delete what was kept of articles that are not public any more. Returns of how many."""
    kept = {path.name for path in folder().glob("*")}
    public = Article.objects.published(now).values_list("uid", flat=True) if kept else []
    hidden = kept - set(map(str, public))
    for name in hidden:
        shutil.rmtree(folder() / name, ignore_errors=True)
    return len(hidden)


def keep(path: Path, content: bytes) -> None:
    """Whole or not at all, and alone: what was drawn of the same article before goes. A disk
    that is full costs the next one who asks some time, and nobody the picture."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            Path(file.name).chmod(settings.FILE_UPLOAD_PERMISSIONS)
            file.write(content)
        os.replace(file.name, path)
    except OSError as error:
        logger.warning("The share picture %s could not be kept: %s", path, error)
    for other in path.parent.glob("*"):
        if other != path:
            other.unlink(missing_ok=True)
