"""Links in mails: only we can make them, for one purpose, for one person, for a time."""

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from newsletter import tokens
from newsletter.models import Subscriber
from newsletter.tests.factories import make_subscriber
from newsletter.tokens import MAC_BYTES, BadToken, Purpose, issue, read

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HANDLE = "00112233445566778899aabbccddeeff"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_token_says_for_whom_and_since_when() -> None:
    token = read(Purpose.CONFIRM, issue(Purpose.CONFIRM, HANDLE, NOW), NOW)
    assert (token.handle, token.issued_at) == (HANDLE, NOW)


def test_each_character_counts() -> None:
    token = issue(Purpose.UNSUBSCRIBE, HANDLE, NOW)
    for place, character in enumerate(token):
        for other in ALPHABET.replace(character, ""):
            with pytest.raises(BadToken):
                read(Purpose.UNSUBSCRIBE, token[:place] + other + token[place + 1 :], NOW)


@pytest.mark.parametrize("made_for", Purpose)
@pytest.mark.parametrize("used_for", Purpose)
def test_a_token_serves_one_purpose(made_for: Purpose, used_for: Purpose) -> None:
    token = issue(made_for, HANDLE, NOW)
    if made_for is used_for:
        assert read(used_for, token, NOW).handle == HANDLE
    else:
        with pytest.raises(BadToken):
            read(used_for, token, NOW)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "0", "null", "%00", "\x00", "a\nb", " ", "ü", "🙂", "=" * 52, "+" * 52),
        *("A" * 51, "A" * 52, "A" * 53, "A" * 100_000, "../../etc/passwd", "' OR 1=1 --"),
        *(HANDLE, "1", "0-your-own-link-0", "\ud800" * 52, "٣" * 52),
    ],
)
def test_what_we_did_not_write_is_no_token(text: str) -> None:
    with pytest.raises(BadToken):
        read(Purpose.UNSUBSCRIBE, text, NOW)


def test_a_token_is_written_in_one_way_only() -> None:
    token = next(
        token
        for second in range(200)
        if {"-", "_"} <= set(token := issue(Purpose.CONFIRM, HANDLE, NOW - timedelta(0, second)))
    )
    spellings = (token + "=", token + "\n", f" {token}", token.replace("-", "+"))
    for spelling in (*spellings, token.replace("_", "/"), token + "A", token[:-1]):
        with pytest.raises(BadToken):
            read(Purpose.CONFIRM, spelling, NOW)


@pytest.mark.parametrize(
    ("purpose", "works_for"),
    [
        (Purpose.CONFIRM, timedelta(days=7)),
        (Purpose.NOT_ME, timedelta(days=30)),
    ],
)
def test_a_request_goes_stale(purpose: Purpose, works_for: timedelta) -> None:
    token = issue(purpose, HANDLE, NOW)
    assert read(purpose, token, NOW + works_for)
    with pytest.raises(BadToken):
        read(purpose, token, NOW + works_for + timedelta(seconds=1))


def test_a_link_to_leave_never_goes_stale() -> None:
    token = issue(Purpose.UNSUBSCRIBE, HANDLE, NOW)
    assert read(Purpose.UNSUBSCRIBE, token, NOW + timedelta(days=20 * 365))


def test_a_link_outlives_a_change_of_the_secret_key(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    old = issue(Purpose.UNSUBSCRIBE, HANDLE, NOW)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["other", "old"]
    assert read(Purpose.UNSUBSCRIBE, old, NOW).handle == HANDLE
    new = issue(Purpose.UNSUBSCRIBE, HANDLE, NOW)
    settings.SECRET_KEY_FALLBACKS = []
    assert read(Purpose.UNSUBSCRIBE, new, NOW).handle == HANDLE
    with pytest.raises(BadToken):
        read(Purpose.UNSUBSCRIBE, old, NOW)


def test_a_token_of_another_version_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "VERSION", 2)
    later = issue(Purpose.CONFIRM, HANDLE, NOW)
    monkeypatch.undo()
    with pytest.raises(BadToken):
        read(Purpose.CONFIRM, later, NOW)


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.CONFIRM])
def test_the_clock_does_not_tell_how_much_of_it_is_right(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    """A right one and a wrong one: each whole mac is compared, with each key, at one speed."""
    token = issue(Purpose.UNSUBSCRIBE, HANDLE, NOW)
    settings.SECRET_KEY_FALLBACKS = ["older", "oldest"]
    compare, compared = tokens.hmac.compare_digest, []
    monkeypatch.setattr(
        tokens.hmac, "compare_digest", lambda *two: compared.append(two) or compare(*two)
    )
    with suppress(BadToken):
        read(purpose, token, NOW)
    assert [list(map(len, two)) for two in compared] == [[MAC_BYTES, MAC_BYTES]] * 3


def test_a_stranger_with_another_key_makes_no_token(settings: Settings) -> None:
    settings.SECRET_KEY = "a guess"
    forged = issue(Purpose.CONFIRM, HANDLE, NOW)
    settings.SECRET_KEY = "the real one"
    with pytest.raises(BadToken):
        read(Purpose.CONFIRM, forged, NOW)


@pytest.mark.django_db
def test_a_token_tells_nothing_about_the_person() -> None:
    subscriber = make_subscriber("ada@example.com", pk=0x4142434445464748)
    token = subscriber.token(Purpose.UNSUBSCRIBE, NOW)
    content = base64.urlsafe_b64decode(token)
    assert b"ada" not in content
    assert b"ABCDEFGH" not in content
    assert bytes.fromhex(subscriber.handle) in content
    assert len(bytes.fromhex(subscriber.handle)) * 8 == 128


@pytest.mark.django_db
def test_no_two_people_have_one_handle() -> None:
    ada, ben = make_subscriber("ada@example.com"), make_subscriber("ben@example.com")
    assert ada.handle != ben.handle
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.filter(pk=ben.pk).update(handle=ada.handle)


@pytest.mark.django_db
def test_a_token_of_nobody_finds_nobody() -> None:
    with pytest.raises(BadToken):
        Subscriber.objects.by_token(Purpose.CONFIRM, issue(Purpose.CONFIRM, HANDLE, NOW), NOW)
