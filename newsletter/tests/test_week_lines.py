"""In the list of campaigns a week's mails are one line that opens, and a deed on it is for all."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Campaign, Digest
from newsletter.tests.factories import make_article, make_campaign, staff

pytestmark = pytest.mark.django_db

LIST = reverse("admin:newsletter_campaign_changelist")
OPENED = LIST + "?digest__exact={}&kind__exact=digest"


@pytest.fixture
def sender() -> Client:
    return staff("view_campaign", "change_campaign")


def make_week(week: str, selections: int) -> Digest:
    """With two articles, told of in so many different selections."""
    now = timezone.now()
    digest = Digest.objects.create(week=week, due_at=now, made_at=now, ready_at=now)
    for title in ("Pay", "Offers"):
        notice = make_campaign(make_article(f"{title} {week}"))
        Campaign.objects.filter(pk=notice.pk).update(digest=digest, finished_at=now)
    for selection in range(1, selections + 1):
        words = {"subject": "New articles this week", "created_at": now, "expanded_at": now}
        Campaign.objects.create(kind="digest", digest=digest, selection=selection, **words)
    return digest


def lines(client: Client, where: str = LIST) -> list[str]:
    """The text of each line, without its dates."""
    page = client.get(where).content.decode()
    found = re.findall(
        r'<t[dh][^>]* class="field-mailing">(.*?)</t[dh]>.*?"field-state">(.*?)<', page
    )
    return [" | ".join(re.sub("<.*?>", "", cell) for cell in line) for line in found]


def test_a_week_is_one_line_among_the_others(sender: Client) -> None:
    make_week("2026-W47", selections=1)
    make_week("2026-W48", selections=3)
    assert lines(sender) == [
        "Weekly mail, week 48 of 2026 · 3 different selections | 0 of 3 done",
        "Offers 2026-W48 | sent",
        "Pay 2026-W48 | sent",
        "New articles this week | sending",
        "Offers 2026-W47 | sent",
        "Pay 2026-W47 | sent",
    ]


def test_it_opens_and_tells_its_selections_apart(sender: Client) -> None:
    digest = make_week("2026-W48", selections=3)
    make_week("2026-W49", selections=2)
    assert len(lines(sender, OPENED.format(digest.pk))) == 3
    page = sender.get(OPENED.format(digest.pk)).content.decode()
    articles = re.findall(r'"field-articles">(.*?)<', page)
    assert articles == ["Pay 2026-W48 · Offers 2026-W48", "Offers 2026-W48", "Pay 2026-W48"]
    assert "The weekly mail of week 48 of 2026" in page
    assert f'href="?digest__exact={digest.pk}&amp;kind__exact=digest"' in (
        sender.get(LIST).content.decode()
    )


@pytest.mark.parametrize("asked", ["x", "9" * 40, "999", ""])
def test_a_week_that_is_none_opens_nothing(sender: Client, asked: str) -> None:
    make_week("2026-W48", selections=3)
    answer = sender.get(OPENED.format(asked), follow=True)
    assert answer.status_code in (200, 400)
    assert "The weekly mail of" not in answer.content.decode()


def test_its_state_says_how_many_are_done_or_paused(sender: Client) -> None:
    digest = make_week("2026-W48", selections=3)
    mails = digest.campaigns.filter(kind="digest")
    mails.filter(selection=1).update(finished_at=timezone.now())
    assert lines(sender)[0].endswith("| 1 of 3 done")
    mails.filter(selection=2).update(paused_at=timezone.now())
    assert lines(sender)[0].endswith("| 1 of 3 paused")
    mails.update(finished_at=timezone.now())
    assert lines(sender)[0].endswith("| done")


def test_pausing_the_line_pauses_the_whole_week_and_an_opened_line_only_itself(
    sender: Client,
) -> None:
    digest = make_week("2026-W48", selections=3)
    mails = digest.campaigns.filter(kind="digest")
    newest = mails.latest("pk")
    chosen = {"action": "pause", "_selected_action": [newest.pk]}
    sender.post(LIST, chosen)
    assert mails.filter(paused_at__isnull=False).count() == 3
    sender.post(LIST, {**chosen, "action": "resume"})
    assert mails.filter(paused_at__isnull=False).count() == 0
    sender.post(OPENED.format(digest.pk), chosen)
    assert list(mails.filter(paused_at__isnull=False)) == [newest]


def test_the_list_asks_no_more_for_many_weeks(sender: Client) -> None:
    make_week("2026-W40", selections=2)
    with CaptureQueriesContext(connection) as few:
        lines(sender)
    for number in range(41, 46):
        make_week(f"2026-W{number}", selections=4)
    with CaptureQueriesContext(connection) as many:
        assert len(lines(sender)) == 18
    assert len(many) == len(few)


def test_an_opened_week_asks_no_more_for_many_selections(sender: Client) -> None:
    small, large = make_week("2026-W40", selections=1), make_week("2026-W41", selections=3)
    with CaptureQueriesContext(connection) as few:
        lines(sender, OPENED.format(small.pk))
    with CaptureQueriesContext(connection) as many:
        assert len(lines(sender, OPENED.format(large.pk))) == 3
    assert len(many) == len(few)
