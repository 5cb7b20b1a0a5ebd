import pytest

from newsletter.views import pace


@pytest.fixture(autouse=True)
def answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ups are tested; only one test is about how long the answer takes."""
    monkeypatch.setattr(pace, "ANSWER_AFTER_S", 0)
