"""How long the newest campaign took, from its first mark to the last state written down."""

from django.db.models import Max, Min

from newsletter.models import Batch, Campaign


def main() -> dict[str, float]:
    newest = Campaign.objects.latest("pk")
    found = newest.deliveries.aggregate(first=Min("submitted_at"), last=Max("settled_at"))
    batches = Batch.objects.filter(campaign=newest)
    return {
        "seconds": (found["last"] - found["first"]).total_seconds(),
        "calls": batches.count(),
        "unanswered": batches.unanswered().count(),
    }
