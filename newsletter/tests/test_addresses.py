"""What counts as a mail address, and what a person is told when it does not."""

import re

import pytest
from django.core.exceptions import ValidationError

from newsletter import addresses
from newsletter.addresses import MAX_LENGTH, address_key, clean_address, domain_of
from newsletter.tests.readers import BAD_CHARACTERS, NOT_AN_ADDRESS, TOO_LONG


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  ada@example.com\t", "ada@example.com"),
        ("Ada.Byron@EXAMPLE.com", "Ada.Byron@example.com"),
        ("ada+jobs@example.co.uk", "ada+jobs@example.co.uk"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("ada@bücher.de", "ada@xn--bcher-kva.de"),
        ("ada@BÜCHER.de", "ada@xn--bcher-kva.de"),
        ("ada@xn--bcher-kva.de", "ada@xn--bcher-kva.de"),
        ("ada@XN--BCHER-KVA.DE", "ada@xn--bcher-kva.de"),
        ("ada@ｅｘａｍｐｌｅ。com", "ada@example.com"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_address(typed) == kept


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        *((typed, "Type your email address.") for typed in ("", "  ", "\t")),
        *(
            (typed, NOT_AN_ADDRESS)
            for typed in (
                *("ada", "@", "ada@", "@example.com", "ada@example", "ada@@example.com"),
                *("%@%", "_@_", "ada@example..com", ".ada@example.com", "ada@-example.com"),
                *("ada @example.com", "ada@exam ple.com", "ada@example.com,ben@example.com"),
                *("Ada <ada@example.com>", "ada@[127.0.0.1]", '"a b"@example.com', "a;b@c.d"),
                *("ada@localhost", "ada@example.com.", "ada@exa_mple.com", "ada@😀@example.com"),
                *("ada(x)@example.com", "ada@example.com?bcc=ben@example.com", "<<<<<<<<"),
            )
        ),
        *(
            (typed, BAD_CHARACTERS)
            for typed in (
                *("ada@example.com\n", "ada@example.com\r\nBcc: ben@example.com", "ada\x00@x.com"),
                *("ada@example.com\x00", "a\x0bda@example.com", "ada@example.com\x7f"),
                *("\u202eada@example.com", "ada@exa\u2066mple.com", "a\u200bda@example.com"),
                *("\ufeffada@example.com", "a\xadda@example.com", "ada\ud800@example.com"),
            )
        ),
        (f"{'a' * MAX_LENGTH}@example.com", TOO_LONG),
        ("@" * 100_000, TOO_LONG),
    ],
)
def test_what_is_no_address_gets_a_sentence(typed: str, answer: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_address(typed)
    assert refusal.value.messages == [answer]


@pytest.mark.parametrize("typed", ["jürgen@example.com", "用户@例子.广告", "ａda@example.com"])
def test_letters_that_mail_cannot_carry_yet_are_refused_kindly(typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_address(typed)
    assert "Please use another one" in refusal.value.messages[0]


@pytest.mark.parametrize("labels", range(1, 12))
def test_what_is_kept_fits_into_its_column(labels: int) -> None:
    typed = f"{'a' * 64}@{'.'.join(['ü' * 15] * labels)}.de"
    try:
        assert len(clean_address(typed)) <= MAX_LENGTH
    except ValidationError as refusal:
        assert refusal.messages


def test_all_spellings_of_a_mailbox_have_one_key() -> None:
    spellings = ("User@EXAMPLE.com", "user@example.com", "USER@example.COM")
    assert {address_key(clean_address(typed)) for typed in spellings} == {"user@example.com"}


def test_the_domain_is_what_follows_the_last_at() -> None:
    assert domain_of("Ada@Example.com") == "example.com"


LOCAL_PARTS = ("a", "A.b", ".a", "a.", "a..b", "a" * 64, "a" * 65, "o'b", "x+y", "_", "a b", "a@b")
DOMAINS = (
    *("x.org", "X.ORG", "x", "localhost", "x.local", "x.invalid", "-x.org", "x_y.org", "x..org"),
    *(
        "x.org.",
        "1.2.3.4",
        "xn--bcher-kva.example",
        "xn--a.org",
        f"{'a' * 64}.org",
        "x.1",
        "x.arpa",
    ),
)


@pytest.mark.parametrize("local", LOCAL_PARTS)
def test_the_short_way_for_plain_addresses_says_what_the_library_says(
    local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = [f"{local}@{domain}" for domain in DOMAINS]
    short = [answer(one) for one in typed]
    monkeypatch.setattr(addresses, "PLAIN", re.compile("(?!)"))
    assert short == [answer(one) for one in typed]


def answer(typed: str) -> str:
    try:
        return clean_address(typed)
    except ValidationError as refusal:
        return refusal.messages[0]
