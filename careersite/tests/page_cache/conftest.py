"""The page cache between an application of ours and a clock that stands still."""

from collections.abc import Iterator

import pytest

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import Clock, Front, Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(site: Site, clock: Clock) -> Iterator[Front]:
    front = Front(PageCache(site, clock=clock))
    yield front
    front.cache.refresher.shutdown()
