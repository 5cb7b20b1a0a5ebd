"""The words people agree to, and where an agreement came from."""

from dataclasses import dataclass

# A change of the words is a new version; the old ones stay here, because rows point to them.
WORDINGS = {
    "2026-11": "One mail for each new article. Leave with one click, any time.",
}
WORDING = "2026-11"


@dataclass(frozen=True)
class Origin:
    """Where an act came from: the page, the network (hashed), and who, if not the person."""

    source: str = ""
    network_hash: str = ""
    actor: str = ""
