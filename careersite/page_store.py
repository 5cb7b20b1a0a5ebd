"""Where the page cache keeps its pages: in memory, within a given room."""

import threading
from collections import OrderedDict

from careersite.stored_page import StoredPage

Key = tuple[str, str, str]  # scheme, host, path


class PageStore:
    """Pages by address; the least recently used make room. Safe for many threads."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.largest_bytes = capacity_bytes // 8
        self.size_bytes = 0
        self.pages: OrderedDict[Key, StoredPage] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: Key) -> StoredPage | None:
        with self.lock:
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def put(self, key: Key, page: StoredPage) -> None:
        with self.lock:
            self.remove(key)
            while self.pages and self.size_bytes + page.size_bytes > self.capacity_bytes:
                self.remove(next(iter(self.pages)))
            self.pages[key] = page
            self.size_bytes += page.size_bytes
            if page.is_missing:  # first to go: a scanner's guesses push out no article
                self.pages.move_to_end(key, last=False)

    def drop(self, key: Key) -> None:
        with self.lock:
            self.remove(key)

    def remove(self, key: Key) -> None:
        page = self.pages.pop(key, None)
        self.size_bytes -= page.size_bytes if page is not None else 0
