"""From a campaign to its deliveries, against a plain copy of the same columns."""

import time
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from blog.models import Article
from newsletter.models import Campaign

COPY = """
    CREATE TABLE bench_copy AS
    SELECT id, address, address_key, 'queued' AS state, confirmed_at FROM newsletter_subscriber
"""


def main() -> dict[str, float]:
    campaign = Campaign.objects.announce(Article.objects.newest_first()[0], timezone.now())
    with connection.cursor() as cursor:
        copy_s = seconds(lambda: cursor.execute(COPY))
    expansion_s = seconds(lambda: campaign.expand(timezone.now()))
    made = campaign.deliveries.count()
    return {"deliveries": made, "expansion_s": expansion_s, "copy_s": copy_s}


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
