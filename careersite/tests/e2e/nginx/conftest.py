"""The nginx of `deploy/nginx.conf`, alone with a site that says what it is told to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from careersite.tests.e2e.front import Nginx, nginx_in_front_of
from careersite.tests.e2e.nginx.spoken_site import SpokenSite, speaking_site


@pytest.fixture
def site() -> Iterator[SpokenSite]:
    with speaking_site() as site:
        yield site


@pytest.fixture
def nginx(site: SpokenSite, tmp_path: Path) -> Iterator[Nginx]:
    with nginx_in_front_of(site.port, tmp_path / "data", tmp_path) as nginx:
        yield nginx
