from collections.abc import Iterator

import pytest
from pytest_django import Settings

from careersite.tests.addresses import read_addresses_anew


@pytest.fixture
def addresses_of_debug(settings: Settings) -> Iterator[None]:
    """The outbox has addresses only while DEBUG is on, and in tests it is off."""
    settings.DEBUG = True
    read_addresses_anew()
    yield
    settings.DEBUG = False
    read_addresses_anew()
