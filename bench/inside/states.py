"""How the newest campaign went, once it is over: the number of deliveries in each state."""

from bench.processes import wait_until
from newsletter.models import Campaign

DEADLINE_S = 30


def main() -> dict[str, int]:
    newest = Campaign.objects.order_by("-pk")
    wait_until(lambda: newest[0].finished_at, DEADLINE_S, "the end of the campaign")
    return newest[0].tally()
