"""What the world knows of a domain that sends mail: its TXT records for SPF, DKIM and DMARC."""

import base64
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import dns.exception
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.signing import read_key

TIMEOUT_S, LIFETIME_S = 2.0, 4.0


class CannotLookUp(Exception):
    """DNS did not answer. That says nothing of what is written there."""


LookUp = Callable[[str], list[str]]


def ask_the_world(resolver: dns.resolver.Resolver | None = None) -> LookUp:
    """A function that gives the TXT records of a name. Raises `CannotLookUp` where this machine
    sees no DNS of the world: a resolver of its own would call every name unknown."""
    try:
        asked = resolver or dns.resolver.Resolver()
        asked.timeout, asked.lifetime = TIMEOUT_S, LIFETIME_S
        asked.resolve(".", "NS")
    except (dns.exception.DNSException, OSError) as error:
        raise CannotLookUp(type(error).__name__) from error

    def look_up(name: str) -> list[str]:
        try:
            answer = asked.resolve(name, "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise CannotLookUp(type(error).__name__) from error
        return [b"".join(record.strings).decode(errors="replace") for record in answer]

    return look_up


def tags_of(record: str) -> dict[str, str]:
    """`v=DMARC1; p=none` as a dictionary (RFC 6376, 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def spf_of(domain: str, look_up: LookUp) -> list[str]:
    """There must be one (RFC 7208, 3.2)."""
    found = look_up(domain)
    return [record for record in found if record.lower().split(" ")[0] == "v=spf1"]


def organization_of(domain: str, look_up: LookUp) -> str:
    """Where the owner of `domain` ends, by the owners' own words in DNS instead of a list of public
    suffixes (RFC 9989, 4.10): the highest name with a policy, and never one that is for all."""
    found, below = domain, domain
    labels = domain.split(".")
    for name in (".".join(labels[start:]) for start in range(len(labels))):
        is_for_all = (tags := policy_at(name, look_up)).get("psd", "").lower()
        if is_for_all == "n":
            return name
        if is_for_all == "y" and name != domain:
            return below
        found, below = name if tags else found, name
    return found


def are_aligned(domain: str, sender: str, look_up: LookUp) -> bool:
    """Does a signature of `domain` speak for `sender`? Without a policy nobody asks."""
    tags = dmarc_of(sender, look_up)
    if domain == sender or not tags:
        return True
    is_strict = tags.get("adkim", "").lower() == "s"
    return not is_strict and organization_of(domain, look_up) == organization_of(sender, look_up)


def dmarc_of(domain: str, look_up: LookUp) -> dict[str, str]:
    """That of the domain, or of the nearest one above it that has one (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        if tags := policy_at(".".join(labels[start:]), look_up):
            return tags
    return {}


def policy_at(name: str, look_up: LookUp) -> dict[str, str]:
    found = (tags_of(record) for record in look_up(f"_dmarc.{name}"))
    return next((tags for tags in found if tags.get("v") == "DMARC1"), {})


def dkim_key_of(selector: str, domain: str, look_up: LookUp) -> str | None:
    """The public key in base64; empty if it was withdrawn, None if there is none."""
    for record in look_up(f"{selector}._domainkey.{domain}"):
        tags = tags_of(record)
        if "p" in tags:
            return tags["p"]
    return None


def belongs_to(public_key: str, private_key_file: Path) -> bool:
    """Is the key that the world knows the other half of ours?"""
    with suppress(OSError, ValueError, UnsupportedAlgorithm):
        ours = read_key(private_key_file.read_bytes()).public_key()
        return load_der_public_key(base64.b64decode(public_key)) == ours
    return False
