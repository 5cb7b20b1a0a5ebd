from collections.abc import Callable, Iterator

import pytest

from careersite.tests.provider import Provider
from newsletter.tests.queue_content import take_messages
from newsletter.tests.stand_ins import StandIn
from newsletter.views import pace


@pytest.fixture(autouse=True)
def answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ups are tested; few tests are about how long the answer takes."""
    monkeypatch.setattr(pace, "STEP_S", 1e-9)


@pytest.fixture
def use(settings: object, provider: Provider) -> Callable[..., StandIn]:
    def use(stand_in: StandIn, **more: object) -> StandIn:
        stand_in.use(settings, provider, **more)
        return stand_in

    return use


@pytest.fixture
def empty_queue() -> Iterator[None]:
    """Before and after: nobody finds what another test has left in the broker."""
    take_messages()
    yield
    take_messages()
