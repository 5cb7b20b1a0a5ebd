"""The pages of the newest campaign as staff ask for them, one request after the other, and how many
deliveries each of their queries reads."""

import json
import time
from statistics import median
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bench.inside.requests import WARM_UP, ask, timed
from bench.site import FROM_THE_FRONT
from newsletter.models import Campaign, Tally
from newsletter.models.tally import COUNTED_LIVE

# A page may count so many, and a walk along an index reads a little more than it shows.
ROWS_ALLOWED = 2 * COUNTED_LIVE
STEPS_A_ROW = 10  # of SQLite's machine, about
STEPS_AT_ONCE = 100


def main(requests: str) -> dict[str, object]:
    campaign = Campaign.objects.latest("pk")
    began = time.perf_counter()
    Tally.objects.refresh(campaign, timezone.now())
    counting_s = time.perf_counter() - began
    cookie = cookie_of_staff()
    pages, whole_reads = [], []
    for name, path in paths(campaign).items():
        environ = RequestFactory(headers=FROM_THE_FRONT).get(path, secure=True).environ
        environ["HTTP_COOKIE"] = cookie
        page, reads = cost(environ, int(requests))
        pages.append({"name": name, **page})
        whole_reads += reads
    return {"pages": pages, "counting_s": counting_s, "whole_reads": "\n".join(whole_reads)}


def cookie_of_staff() -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("bench-staff"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def paths(campaign: Campaign) -> dict[str, str]:
    page = reverse("admin:newsletter_campaign_change", args=[campaign.pk])
    late = campaign.deliveries.order_by("-pk").values_list("pk", flat=True)[60]
    return {
        "list of campaigns": reverse("admin:newsletter_campaign_changelist"),
        "campaign": page,
        "campaign, in doubt": f"{page}?state=in_doubt",
        "campaign, last people": f"{page}?after={late}",
        "campaign, one address": f"{page}?q=reader1@example.com",
        "campaign, nobody there": f"{page}?state=accepted",
        "desk of staff": reverse("admin:index"),
    }


def cost(environ: WSGIEnvironment, requests: int) -> tuple[dict[str, object], list[str]]:
    for _ in range(WARM_UP):
        ask(environ)
    with CaptureQueriesContext(connection) as queries:
        ask(environ)
    asked = [query["sql"] for query in queries]
    mails = [sql for sql in asked if '"newsletter_delivery"' in sql]
    reads = {sql: rows_read(sql) for sql in mails if sql.startswith("SELECT")}
    times = [timed(environ) for _ in range(requests)]
    found = {
        "queries": len(asked),
        "cpu_ms": 1000 * sum(cpu_s for cpu_s, _ in times) / requests,
        "wall_ms": 1000 * median(wall_s for _, wall_s in times),
        "rows_read": max(reads.values(), default=0),
    }
    return found, [f"{rows} rows: {sql}" for sql, rows in reads.items() if rows > ROWS_ALLOWED]


def rows_read(sql: str) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0]
        return rows_of(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"])
    return steps_of(sql) // STEPS_A_ROW


def rows_of(plan: dict) -> int:
    """Those that the leaves of a plan looked at."""
    below = plan.get("Plans", [])
    if below:
        return sum(map(rows_of, below))
    looked_at = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return round(looked_at * plan["Actual Loops"])


def steps_of(sql: str) -> int:
    """SQLite does not say how many rows it read, but how long its machine ran."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += STEPS_AT_ONCE

    connection.connection.set_progress_handler(count, STEPS_AT_ONCE)
    with connection.cursor() as cursor:
        cursor.execute(sql).fetchall()
    connection.connection.set_progress_handler(None, 0)
    return steps
