"""The readers’ stylesheet as it stands in the head of each of their pages.

As a file of its own it would be one more round trip on a bad line before anything is seen; together
they fit into what a server sends at once. The policy of our pages names this one text by its hash,
so that no other style in a page takes effect.
"""

import base64
import hashlib
import re
from functools import lru_cache

from django.conf import settings
from django.templatetags.static import static

from careersite.static_files import READERS_SHEET, shortened

PATH = settings.BASE_DIR / "static" / READERS_SHEET
FILE = re.compile(r'url\("([^"]+)"\)')


def reading_sheet() -> str:
    return written(PATH.stat().st_mtime_ns)


def source() -> str:
    """As a policy names it."""
    return hashed(reading_sheet())


@lru_cache(maxsize=1)
def written(changed_at_ns: int) -> str:
    return FILE.sub(lambda file: f'url("{static(file[1])}")', shortened(PATH.read_text()))


@lru_cache(maxsize=1)
def hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
