"""The pictures in a text. Stored are plain `<img>`s; its page serves each in all its sizes.

Only for HTML that the sanitiser has written: each value is quoted, and no `<`, `>` or `"` stands
in one.
"""

import re
from functools import partial
from itertools import count

from django.conf import settings

from blog.models.image import Image
from blog.renditions import PictureName, Source
from blog.sanitizer import PICTURE, SOURCE

FOLDER = "pictures/"
SIZE = re.compile(r' (?:width|height)="[^"]*"')
# How wide a text is, as the style sheet has it.
SIZES = "(min-width: 47rem) 41rem, calc(100vw - 2.5rem)"
AT_ONCE = ' fetchpriority="high"'
LATER = ' loading="lazy" decoding="async"'


def with_pictures(body: str, *, is_first_on_page: bool) -> str:
    """`body` with its pictures as a browser likes them: the first at once, if it is the page's
    first, and the others when the reader comes near them."""
    return PICTURE.sub(partial(_served, count(), is_first_on_page), body)


def showing(picture: str, image: Image) -> str:
    """The element `picture` with `image` in the place of what it showed."""
    return _sized(SOURCE.sub(f' src="{image.url}"', picture), image.width, image.height)


def _served(numbers: count, is_first_on_page: bool, match: re.Match[str]) -> str:
    loading = AT_ONCE if next(numbers) == 0 and is_first_on_page else LATER
    picture = match.group()
    name = _our_name(picture)
    if name is None:
        return picture[:-1] + loading + ">"
    sources = "".join(map(_source, name.sources))
    sized = _sized(picture, name.width, name.height)
    return f"<picture>{sources}{sized[:-1]}{loading}></picture>"


def _our_name(picture: str) -> PictureName | None:
    source = SOURCE.search(picture)
    is_ours = source and source[1].startswith(settings.MEDIA_URL + FOLDER)
    return PictureName.of(source[1]) if is_ours else None


def _source(source: Source) -> str:
    media = f' media="{source.media}"' if source.media else ""
    return f'<source type="{source.type}"{media} srcset="{source.srcset}" sizes="{SIZES}">'


def _sized(picture: str, width: int, height: int) -> str:
    return f'{SIZE.sub("", picture)[:-1]} width="{width}" height="{height}">'
