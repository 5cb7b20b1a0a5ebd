"""The page of a campaign: where its mails are, who got what, and the buttons that change it."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.admin import recipients
from newsletter.campaign_report import CampaignReport
from newsletter.models import Batch, Campaign, Delivery, Subscriber, Tally, tally
from newsletter.states import State
from newsletter.tests.factories import make_campaign, make_mailing, make_subscriber, send, staff

pytestmark = pytest.mark.django_db


def url(campaign: Campaign, query: str = "") -> str:
    return reverse("admin:newsletter_campaign_change", args=[campaign.pk]) + query


def press(client: Client, campaign: Campaign, deed: str, **fields: str) -> int:
    where = reverse("admin:newsletter_campaign_deed", args=[campaign.pk, deed])
    status = client.post(where, fields).status_code
    campaign.refresh_from_db()
    return status


def settle(campaign: Campaign, *states: State, reason: str = "") -> Campaign:
    """The first deliveries of `campaign` get these states, one each."""
    for mail, state in zip(campaign.deliveries.order_by("pk"), states, strict=False):
        Delivery.objects.filter(pk=mail.pk).update(
            state=state, reason=reason or f"It is {state}.", settled_at=timezone.now()
        )
    return campaign


def rows(page: str) -> dict[str, str]:
    """The table under the drawing."""
    found = re.findall(r'<th scope="row">(.*?)</th><td class="num">(.*?)</td>', page)
    return {re.sub("<.*?>", "", name): number for name, number in found}


@pytest.fixture
def viewer() -> Client:
    return staff("view_campaign", "view_delivery")


@pytest.fixture
def sender() -> Client:
    return staff("view_campaign", "view_delivery", "change_campaign", name="bea")


# --- Numbers ------------------------------------------------------------------------------


def test_each_state_has_its_number_and_they_add_up(viewer: Client) -> None:
    campaign = settle(make_mailing(readers=14), *State)
    text = viewer.get(url(campaign)).content.decode()
    found = rows(text)
    assert found.pop("Candidates in all") == "14"
    assert found.pop("It is skipped.") == "1"  # a reason, beneath its state
    assert found == {state.label.capitalize(): "1" for state in State} | {"Waiting": "4"}
    assert "Delivered 2" in text  # whoever complained had got it


def test_the_funnel_narrows_from_candidates_to_delivered() -> None:
    campaign = settle(make_mailing(readers=4), State.DELIVERED, State.SKIPPED, State.BOUNCED)
    steps = CampaignReport.at(campaign, timezone.now()).steps
    named = {step.name: (step.number, step.percent) for step in steps}
    assert named == {
        "Candidates": (4, "100"),
        "Tried": (2, "50"),
        "Taken by the mail server": (2, "50"),
        "Delivered": (1, "25"),
    }


def test_without_word_from_a_provider_nothing_is_said_of_delivery(viewer: Client) -> None:
    campaign = settle(make_mailing(readers=2), State.ACCEPTED, State.ACCEPTED)
    report = CampaignReport.at(campaign, timezone.now())
    assert "Delivered" not in [step.name for step in report.steps]
    assert (
        "A plain mail server says that it took the mail"
        in viewer.get(url(campaign)).content.decode()
    )


def test_sent_never_stands_there_while_a_mail_is_open() -> None:
    campaign = make_mailing(readers=2)
    now = timezone.now()
    assert CampaignReport.at(campaign, now).status == "sending"
    send(campaign)
    campaign.refresh_from_db()
    assert CampaignReport.at(campaign, timezone.now()).status == "sent"
    settle(campaign, State.IN_DOUBT)
    report = CampaignReport.at(campaign, timezone.now())
    assert report.status == "sent, with problems"
    assert "1 in doubt: see below." in report.sentence


def test_the_speed_is_that_of_the_last_minutes_and_tells_the_end() -> None:
    campaign = make_mailing(readers=6)
    start = timezone.now()
    settle(campaign, State.ACCEPTED)
    Tally.objects.refresh(campaign, start)
    settle(campaign, State.ACCEPTED, State.ACCEPTED, State.ACCEPTED)
    Tally.objects.refresh(campaign, start + timedelta(minutes=1))
    kept = Campaign.objects.get(pk=campaign.pk).tally_row
    report = CampaignReport(campaign, kept, start + timedelta(minutes=1))
    assert report.a_minute == pytest.approx(2)
    assert report.ends_at - report.now == timedelta(seconds=90)
    campaign.pause("A look first.", start)
    campaign.refresh_from_db()
    assert CampaignReport(campaign, kept, start).ends_at is None


def test_a_million_rows_are_not_counted_while_somebody_waits(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = settle(make_mailing(readers=5), State.ACCEPTED)
    Tally.objects.refresh(campaign, timezone.now())
    settle(campaign, State.ACCEPTED, State.ACCEPTED)
    monkeypatch.setattr(tally, "COUNTED_LIVE", 3)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        text = viewer.get(url(campaign)).content.decode()
    assert rows(text)["Sent"] == "1"  # as the sweep had counted
    assert "Counted" in text
    asked = [query["sql"] for query in caught if '"newsletter_delivery"' in query["sql"]]
    assert asked
    assert [sql for sql in asked if "LIMIT" not in sql] == []
    [counting] = [sql for sql in asked if "COUNT" in sql]
    first = campaign.deliveries.order_by("pk").first()
    assert f'"newsletter_delivery"."id" >= {first.pk}' in counting  # none of earlier campaigns


def test_the_list_of_people_is_not_looked_for_among_the_mails_of_earlier_campaigns(
    viewer: Client,
) -> None:
    make_mailing(readers=3)
    campaign = make_campaign(title="The next")
    campaign.expand(timezone.now())
    Tally.objects.refresh(campaign, timezone.now())
    first = campaign.deliveries.order_by("pk").first()
    with CaptureQueriesContext(connection) as caught:
        assert first.address in viewer.get(url(campaign)).content.decode()
    asked = [query["sql"] for query in caught]
    [people] = [sql for sql in asked if '"newsletter_delivery"."address"' in sql]
    assert re.search(rf'"newsletter_delivery"."id" > {first.pk - 1}\b', people)


def test_the_sweep_counts_what_moves_often_and_what_is_over_ever_more_rarely() -> None:
    campaign = make_mailing(readers=1)
    now = timezone.now()
    assert Tally.objects.refresh_due(now) == 1
    assert Tally.objects.refresh_due(now + timedelta(seconds=10)) == 0
    assert Tally.objects.refresh_due(now + timedelta(seconds=30)) == 1
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=now)
    later = now + timedelta(hours=10)
    assert Tally.objects.refresh_due(later) == 1
    assert Tally.objects.refresh_due(later + timedelta(minutes=20)) == 0
    assert Tally.objects.refresh_due(later + timedelta(minutes=40)) == 1
    assert Tally.objects.refresh_due(now + timedelta(days=100)) == 0


# --- People -------------------------------------------------------------------------------


def test_people_are_leafed_through_by_state_without_gap_or_repetition(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "ON_A_PAGE", 2)
    campaign = settle(make_mailing(readers=6), *[State.FAILED] * 5)
    query, seen = "?state=failed", []
    while query:
        text = viewer.get(url(campaign, query)).content.decode()
        seen += re.findall(r"(reader\d@example.com)</a>", text)
        onward = re.search(r'href="(\?[^"]*)#people">The next', text)
        query = onward and onward.group(1).replace("&amp;", "&")
    assert seen == [f"reader{n}@example.com" for n in range(1, 6)]
    assert "It is failed." in text


def test_a_person_is_found_by_the_whole_address(viewer: Client) -> None:
    campaign = make_mailing(readers=3)
    found = viewer.get(url(campaign, "?q=%20Reader2@EXAMPLE.com")).content.decode()
    assert re.findall(r"(reader\d@example.com)</a>", found) == ["reader2@example.com"]
    for part in ("reader2", "@example.com", "%25", "%00reader"):
        assert "Nobody like that" in viewer.get(url(campaign, f"?q={part}")).content.decode()


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=x", "?after=" + "9" * 40, "?state=1 OR 1=1"]
)
def test_a_query_without_sense_shows_the_first_page(viewer: Client, query: str) -> None:
    campaign = make_mailing(readers=1)
    assert b"reader1@example.com" in viewer.get(url(campaign, query)).content


def test_who_may_not_see_people_sees_numbers_only() -> None:
    campaign = make_mailing(readers=1)
    text = staff("view_campaign").get(url(campaign)).content.decode()
    assert rows(text)["Candidates in all"] == "1"
    assert "reader1@example.com" not in text


# --- Buttons ------------------------------------------------------------------------------


def test_pause_goes_on_and_cancel_do_what_they_say_and_are_written_down(sender: Client) -> None:
    campaign = make_mailing(readers=2)
    press(sender, campaign, "pause")
    assert (campaign.status, campaign.pause_reason) == ("paused", "bea paused it.")
    assert send(campaign) == 0
    press(sender, campaign, "resume")
    assert campaign.status == "sending"
    press(sender, campaign, "cancel")  # without the certainty that its form sends along
    assert campaign.status == "sending"
    press(sender, campaign, "cancel", certain="yes")
    assert campaign.status == "cancelled"
    assert set(campaign.deliveries.values_list("state", "reason")) == {("skipped", "cancelled")}
    noted = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
    assert list(noted) == [("bea", "Paused."), ("bea", "Resumed."), ("bea", "Cancelled.")]


def test_what_is_in_doubt_is_sent_again_only_when_somebody_says_so(sender: Client) -> None:
    campaign = make_mailing(readers=2)
    send(campaign)
    settle(campaign, State.IN_DOUBT)
    campaign.refresh_from_db()
    assert campaign.finished_at
    press(sender, campaign, "send-again")
    assert campaign.tally() == {"in_doubt": 1, "accepted": 1}
    press(sender, campaign, "send-again", certain="yes")
    assert campaign.tally() == {"queued": 1, "accepted": 1}
    assert campaign.finished_at is None
    assert send(campaign) == 1


def test_a_mail_that_staff_send_again_has_no_part_in_an_earlier_call(sender: Client) -> None:
    campaign, now = make_mailing(readers=2), timezone.now()
    claimed = Delivery.objects.claim(campaign, 2, now)
    batch, going = Batch.objects.begin(campaign, claimed, now, timedelta(hours=1))
    assert len(going) == 2
    Delivery.objects.update(state=State.IN_DOUBT)
    Batch.objects.update(repeat_at=now)
    press(sender, campaign, "send-again", certain="yes")
    assert batch.go_again(now) == []
    assert campaign.tally() == {"queued": 2}
    assert set(campaign.deliveries.values_list("batch", flat=True)) == {None}


def test_what_is_in_doubt_can_be_taken_for_sent(sender: Client) -> None:
    campaign = settle(make_mailing(readers=2), State.IN_DOUBT)
    press(sender, campaign, "treat-as-sent")
    assert campaign.tally() == {"accepted": 1, "queued": 1}
    assert LogEntry.objects.get().change_message == "Treated 1 mail in doubt as sent."


def test_what_failed_is_tried_again_and_whoever_left_meanwhile_gets_nothing(
    sender: Client,
) -> None:
    campaign = make_mailing(readers=2)
    send(campaign)
    settle(campaign, State.FAILED, State.FAILED)
    Subscriber.objects.filter(address="reader1@example.com").update(unsubscribed_at=timezone.now())
    press(sender, campaign, "retry")
    assert send(campaign) == 1
    assert campaign.tally() == {"skipped": 1, "accepted": 1}


def test_a_cancelled_campaign_sends_nothing_again(sender: Client) -> None:
    campaign = settle(make_mailing(readers=2), State.IN_DOUBT, State.FAILED)
    campaign.cancel("It was wrong.", timezone.now())
    press(sender, campaign, "send-again", certain="yes")
    press(sender, campaign, "retry")
    assert campaign.tally() == {"in_doubt": 1, "failed": 1}


DEEDS = ("pause", "resume", "cancel", "send-again", "treat-as-sent", "retry")


@pytest.mark.parametrize("deed", DEEDS)
def test_no_button_works_by_get_for_a_stranger_or_without_the_right(
    viewer: Client, sender: Client, deed: str
) -> None:
    campaign = settle(make_mailing(readers=3), State.IN_DOUBT, State.FAILED)
    where = reverse("admin:newsletter_campaign_deed", args=[campaign.pk, deed])
    before = list(Campaign.objects.values()), list(Delivery.objects.values())
    assert sender.get(where).status_code == 405
    assert viewer.post(where, {"certain": "yes"}).status_code == 403
    assert Client().post(where, {"certain": "yes"}).url.startswith(reverse("admin:login"))
    forger = Client(enforce_csrf_checks=True)
    forger.cookies = sender.cookies
    assert forger.post(where, {"certain": "yes"}).status_code == 403
    assert (list(Campaign.objects.values()), list(Delivery.objects.values())) == before


def test_a_button_that_does_not_exist_and_a_campaign_that_does_not(sender: Client) -> None:
    campaign = make_mailing()
    assert press(sender, campaign, "explode") == 404
    campaign.pk += 1
    nowhere = reverse("admin:newsletter_campaign_deed", args=[campaign.pk, "pause"])
    assert sender.post(nowhere).status_code == 404
    assert sender.get(url(campaign)).status_code == 404


@pytest.mark.parametrize("ids", [["1) OR 1=1"], ["-1"], ["1", "x"], ["9" * 40]])
def test_ids_that_are_none_touch_no_campaign(sender: Client, ids: list[str]) -> None:
    campaign = make_mailing()
    where = reverse("admin:newsletter_campaign_changelist")
    answer = sender.post(where, {"action": "pause", "_selected_action": ids})
    assert answer.status_code == 400
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_a_button_acts_on_the_campaign_of_its_address_and_on_no_other(sender: Client) -> None:
    shown, other = make_mailing(slug="one"), make_campaign(slug="two")
    fields = {"campaign_id": str(other.pk), "object_id": str(other.pk), "id": str(other.pk)}
    press(sender, shown, "pause", **fields)
    other.refresh_from_db()
    assert (shown.status, other.paused_at) == ("paused", None)


def test_words_from_elsewhere_are_shown_as_they_are_written(viewer: Client) -> None:
    make_subscriber('"<script>"@example.com')
    campaign = make_mailing(readers=1, title="<img src=x onerror=alert(1)>")
    settle(campaign, State.FAILED, State.SKIPPED, reason="<img src=y onerror=alert(2)>")
    campaign.pause("<img src=z onerror=alert(3)>", timezone.now())
    text = viewer.get(url(campaign)).content.decode()
    assert "<img" not in text
    assert text.count("&lt;img src=y") == 3  # twice beside a person, once as a reason
