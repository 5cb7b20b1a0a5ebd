import pytest

from newsletter.views import sign_up


@pytest.fixture(autouse=True)
def answers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ups are tested; only one test is about how long the answer takes."""
    monkeypatch.setattr(sign_up, "ANSWER_AFTER_S", 0)
