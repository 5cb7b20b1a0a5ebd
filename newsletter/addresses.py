"""What counts as a mail address, and when two of them are one."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254
# Of nearly everybody: about what stands before its @ the library has nothing more to say.
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
PLAIN = re.compile(rf"(?=[^@]{{1,64}}@)({ATOM}(?:\.{ATOM})*)@([A-Za-z0-9.-]{{1,253}})")


def clean_address(typed: str) -> str:
    """`typed` as we keep it: trimmed, with its domain in lower case and in IDNA form.

    Raises `ValidationError` with a sentence for the visitor.
    """
    address = typed.strip(" \t")
    if not address:
        raise ValidationError("Type your email address.")
    if not (address.isascii() and address.isprintable()) and any(map(_is_control, address)):
        raise ValidationError("This address has characters in it that cannot be part of one.")
    if len(address) > MAX_LENGTH:
        raise ValidationError("This address is too long. Please check it.")
    try:
        if plain := PLAIN.fullmatch(address):
            return f"{plain[1]}@{_domain(plain[2])}"
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise ValidationError(
            "This does not look like an email address. It should read like name@example.com."
        ) from error
    if not checked.local_part.isascii():
        raise ValidationError(
            "We cannot send mail to addresses with such letters before the @ yet. "
            "Please use another one."
        )
    return f"{checked.local_part}@{checked.ascii_domain.lower()}"


@lru_cache(maxsize=4096)
def _domain(typed: str) -> str:
    """As `clean_address` keeps it. Most people share few of them. Raises `EmailNotValidError`."""
    checked = validate_email(f"x@{typed}", check_deliverability=False, allow_smtputf8=True)
    return checked.ascii_domain.lower()


def _is_control(character: str) -> bool:
    return unicodedata.category(character).startswith("C")


def address_key(address: str) -> str:
    """Equal for all spellings of one mailbox: `User@EXAMPLE.com` is `user@example.com`."""
    return address.casefold()


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def spellings(address: str) -> set[str]:
    """As we keep it, and with its domain in the script that people would type."""
    local, _, domain = address.rpartition("@")
    try:
        return {address, f"{local}@{domain.encode('ascii').decode('idna')}"}
    except UnicodeError:
        return {address}


def names(words: str, address: str) -> bool:
    """Whether `address` stands in `words` by itself, and not as a piece of a longer one."""
    return naming([address]).search(words) is not None


def naming(addresses: Iterable[str]) -> re.Pattern[str]:
    """For many words: finds any of `addresses` where `names` does."""
    any_of = "|".join(map(re.escape, addresses))
    alone = rf"(?<![\w.!#$%&*+/=?^{{|}}~-])(?<!\w['`])(?:{any_of})(?![\w-]|\.\w)"
    return re.compile(alone, re.IGNORECASE)


def masked(address: str) -> str:
    """Enough for its owner to know it by."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
