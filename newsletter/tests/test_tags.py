import pytest
from pytest_django import Settings

from newsletter.tags import delivery_id_of, tag_of


@pytest.mark.parametrize("number", [1, 255, 1_000_000, 2**39])
def test_a_tag_leads_back_to_its_delivery(number: int) -> None:
    tag = tag_of(number)
    assert delivery_id_of(tag) == number
    assert tag.isascii() and tag.isalnum() and tag == tag.lower()


def test_a_tag_of_an_older_key_is_still_read(settings: Settings) -> None:
    tag = tag_of(7)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert delivery_id_of(tag) == 7
    settings.SECRET_KEY_FALLBACKS = []
    assert delivery_id_of(tag) is None


@pytest.mark.parametrize("change", ["", "a", "é" * 24, "\x00", "A" * 24, "=" * 24, "1" * 24])
def test_what_we_did_not_write_is_nobody(change: str) -> None:
    assert delivery_id_of(change) is None


def test_one_changed_character_makes_it_worthless() -> None:
    tag = tag_of(12)
    for place, character in enumerate(tag):
        altered = tag[:place] + ("b" if character == "a" else "a") + tag[place + 1 :]
        assert delivery_id_of(altered) is None
