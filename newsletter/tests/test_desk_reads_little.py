"""Where staff begin, a few queries tell all, however many campaigns there are and however long."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Pulse
from newsletter.states import State
from newsletter.tests.factories import campaign_with, make_mailing, staff

pytestmark = pytest.mark.django_db

DESK = reverse("admin:index")
MOST_QUERIES = 25
A_LONG_ONE = 20_000
FILL = f"""
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {A_LONG_ONE})
    INSERT INTO newsletter_delivery
        (campaign_id, address, address_key, state, reason, provider_id, attempts, queued_at)
    SELECT %s, n, n, CASE n %% 20 WHEN 1 THEN %s ELSE 'delivered' END, '', '', 1, %s FROM number
"""


@pytest.fixture
def editor() -> Client:
    Pulse.beat("sweep", timezone.now())
    return staff("view_campaign", "add_article", "view_article", "add_letter", "view_subscriber")


def asked_by(client: Client) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        client.get(DESK)
    return [query["sql"] for query in queries]


def fill(campaign: Campaign, some_are: State) -> None:
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(FILL, [campaign.pk, some_are, at])


def rows_read(plan: dict) -> int:
    """Those that the leaves of a plan looked at."""
    if below := plan.get("Plans", []):
        return sum(map(rows_read, below))
    return plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))


def test_a_dozen_campaigns_more_are_hardly_a_query_more(editor: Client) -> None:
    make_mailing()
    Delivery.objects.update(queued_at=timezone.now() - timedelta(hours=3))
    editor.get(DESK)
    before = len(asked_by(editor))
    for _ in range(12):
        campaign_with(delivered=3, queued=2)
    assert len(asked_by(editor)) <= before + 3 <= MOST_QUERIES


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite takes the right index")
def test_no_query_reads_through_the_mails_of_a_later_campaign(editor: Client) -> None:
    fill(campaign_with(), some_are=State.BOUNCED)
    fill(campaign_with(), some_are=State.QUEUED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE newsletter_delivery")
        # It weighs the indexes of these few rows as it does those of millions.
        cursor.execute("SET LOCAL random_page_cost = 8")
        about_mails = [sql for sql in asked_by(editor) if '"newsletter_delivery"' in sql]
        assert len(about_mails) >= 2
        for sql in about_mails:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan = json.dumps(cursor.fetchone()[0])
            assert "newsletter_delivery_pkey" not in plan
            assert rows_read(json.loads(plan)[0]["Plan"]) < A_LONG_ONE / 2
