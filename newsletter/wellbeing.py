"""When a campaign fares so badly that going on would harm the next one too.

Mailbox providers remember a sender whose mails come back or are reported as spam (Google asks for
less than 0.1 % of reports, and never 0.3 %).
"""

from collections.abc import Mapping

from newsletter.states import TAKEN_STATES, State

# Of the last so many mails of a campaign, and only once enough were tried: 1 of 3 says little.
WINDOW = 1000
ENOUGH = 100
MOST_COME_BACK = 0.05
MOST_COMPLAIN = 0.001
# One angry reader is no reason, however short the list.
FEWEST_COMPLAINTS = 2
MOST_FAIL = 0.05


def trouble_in(counts: Mapping[str, int]) -> str:
    """Why a campaign with these states has to stop, in words for staff; empty when it fares well.

    `counts` are the mails that were tried for good, by state.
    """
    tried = sum(counts.values()) - counts.get(State.FAILED, 0)
    if tried < ENOUGH:
        return ""
    complaints = counts.get(State.COMPLAINED, 0)
    if complaints >= FEWEST_COMPLAINTS and complaints > MOST_COMPLAIN * handed_over(counts):
        return (
            f"{complaints} of the last {handed_over(counts)} mails were reported as spam. Look at "
            "whom it goes to and how they came onto the list before you go on."
        )
    back = counts.get(State.BOUNCED, 0) + counts.get(State.REJECTED, 0)
    if back > MOST_COME_BACK * tried:
        return (
            f"{back} of the last {tried} mails came back or were refused. Look at the reasons "
            "beside them, and at where these addresses came from, before you go on."
        )
    return ""


def handed_over(counts: Mapping[str, int]) -> int:
    return sum(counts.get(state, 0) for state in TAKEN_STATES)


def share_failing(counts: Mapping[str, int]) -> float:
    """Of what was tried for good: failed, refused, or came back. 0 where too few tell nothing."""
    tried = sum(counts.values())
    lost = sum(counts.get(state, 0) for state in (State.FAILED, State.REJECTED, State.BOUNCED))
    return lost / tried if tried >= ENOUGH else 0.0


def share_complaining(counts: Mapping[str, int]) -> float:
    complaints, taken = counts.get(State.COMPLAINED, 0), handed_over(counts)
    is_telling = taken >= ENOUGH and complaints >= FEWEST_COMPLAINTS
    return complaints / taken if is_telling else 0.0
