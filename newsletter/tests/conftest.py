import pytest

from newsletter.views import pace


@pytest.fixture(autouse=True)
def answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ups are tested; few tests are about how long the answer takes."""
    monkeypatch.setattr(pace, "STEP_S", 1e-9)
