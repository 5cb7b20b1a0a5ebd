"""A campaign with so many deliveries in all states, and a list of others with few."""

from django.db import connection, transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Tally

OTHERS = 120
OF_AN_OTHER = 20
# Of a hundred mails: most were sent, and a few are in each other state.
STATES = """
    CASE n %% 100 WHEN 1 THEN 'bounced' WHEN 2 THEN 'failed' WHEN 3 THEN 'in_doubt'
                 WHEN 4 THEN 'skipped' WHEN 5 THEN 'rejected' WHEN 6 THEN 'queued'
                 WHEN 7 THEN 'complained' ELSE 'delivered' END
"""
FILL = f"""
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < %s)
    INSERT INTO newsletter_delivery
        (campaign_id, address, address_key, state, reason, provider_id, attempts, queued_at,
         submitted_at, settled_at)
    SELECT %s, 'reader' || n || '@example.com', 'reader' || n || '@example.com', {STATES},
           '', '', 1, %s, %s, %s
      FROM number
"""


def main(count: str) -> dict[str, int]:
    for n in range(OTHERS):
        fill(f"Letter {n}", OF_AN_OTHER)
    fill("The one before", int(count))  # what belongs to others is not to be read either
    fill("The large one", int(count))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # what a database does by itself within a minute
    for campaign in Campaign.objects.without_words():
        Tally.objects.refresh(campaign, timezone.now())
    return {"deliveries": int(count), "in_all": Delivery.objects.count()}


@transaction.atomic
def fill(subject: str, count: int) -> None:
    now = timezone.now()
    words = {"subject": subject, "html": "<p>Text</p>", "text": "Text"}
    campaign = Campaign.objects.create(
        **{"kind": Campaign.Kind.LETTER, "created_at": now, "expanded_at": now},
        finished_at=now if count == OF_AN_OTHER else None,
        **words,
    )
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [count, campaign.pk, at, at, at])
