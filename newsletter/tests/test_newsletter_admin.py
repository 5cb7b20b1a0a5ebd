"""What staff see of the newsletter: who got what, and nothing that opens a door."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.tests.factories import make_article
from newsletter.admin.read_only import FirstThousands
from newsletter.consent import Origin
from newsletter.emails import TOKEN_PLACE
from newsletter.models import (
    Batch,
    Campaign,
    Delivery,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from newsletter.states import State
from newsletter.tests.factories import make_campaign, make_mailing, make_subscriber, staff

pytestmark = pytest.mark.django_db

MODELS = ("campaign", "delivery", "subscriber", "suppression", "webhookevent", "batch")

NOUNS = (Campaign, Delivery, Subscriber, Suppression, WebhookEvent, Batch)


@pytest.fixture
def viewer() -> Client:
    return staff(*[f"view_{model}" for model in (*MODELS, "consentevent")])


def list_url(model: str) -> str:
    return reverse(f"admin:newsletter_{model}_changelist")


def page_url(model: str, pk: int) -> str:
    return reverse(f"admin:newsletter_{model}_change", args=[pk])


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


class Markup(HTMLParser):
    """The tags that a browser would see, and the words of each link."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.links: dict[str, str] = {}
        self.href = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        self.href = dict(attributes).get("href", "") if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        if self.href:
            self.links[data.strip()] = self.href
            self.href = ""


def all_pages() -> list[str]:
    """Each list, and one page of each kind that there is."""
    make_subscriber().unsubscribe(Origin(source="/"), timezone.now())
    make_mailing(readers=3)
    campaign = Campaign.objects.get()
    Delivery.objects.claim(campaign, 1, timezone.now())
    Batch.objects.begin(
        campaign, Delivery.objects.claim(campaign, 1, timezone.now()), timezone.now()
    )
    Suppression.objects.add("never@example.com", Suppression.Reason.COMPLAINED)
    now = timezone.now()
    WebhookEvent.objects.create(esp="Brevo", kind="delivered", at=now, received_at=now)
    firsts = {model: made.objects.first().pk for model, made in zip(MODELS, NOUNS, strict=True)}
    return [
        *[list_url(model) for model in MODELS],
        *[page_url(model, pk) for model, pk in firsts.items()],
    ]


# --- Who may look -------------------------------------------------------------------------


def test_staff_who_may_look_see_every_page(viewer: Client) -> None:
    for url in all_pages():
        page(viewer, url)


def test_other_staff_and_strangers_see_none() -> None:
    other = staff("view_article")
    for url in all_pages():
        assert other.get(url).status_code == 403, url
        answer = Client().get(url)
        assert (answer.status_code, urlsplit(answer.url).path) == (302, reverse("admin:login"))


def test_nobody_adds_changes_or_deletes_what_the_site_itself_writes_down() -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root", password="a long enough phrase"))
    pages = all_pages()
    before = list(Campaign.objects.values()), list(Delivery.objects.values())
    for model in MODELS:
        assert admin.get(reverse(f"admin:newsletter_{model}_add")).status_code == 403
    for url in pages[len(MODELS) :]:
        assert admin.post(url, {"subject": "x", "state": "accepted"}).status_code == 403
        assert admin.post(url.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert (list(Campaign.objects.values()), list(Delivery.objects.values())) == before


# --- Who got what -------------------------------------------------------------------------


def test_why_a_campaign_is_paused_stands_on_its_page(viewer: Client) -> None:
    campaign = make_mailing()
    campaign.pause("The provider answered 401.", timezone.now())
    text = page(viewer, page_url("campaign", campaign.pk))
    assert "The provider answered 401." in text
    assert "paused" in page(viewer, list_url("campaign"))


def test_a_list_counts_no_further_than_somebody_would_leaf(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FirstThousands, "MOST", 3)
    make_mailing(readers=5)
    for model in ("delivery", "subscriber"):
        with CaptureQueriesContext(connection) as caught:
            text = page(viewer, list_url(model))
        counting = [query["sql"] for query in caught if "COUNT(" in query["sql"]]
        assert counting
        assert [sql for sql in counting if "LIMIT 4" not in sql] == []
        assert "The first 3 of more" in text


# --- Nothing that opens a door ------------------------------------------------------------


def test_no_token_and_no_handle_stands_on_any_page(viewer: Client) -> None:
    pages = all_pages()
    delivery = Delivery.objects.filter(state=State.CLAIMED).get()
    pages.append(page_url("delivery", delivery.pk))
    pages.append(page_url("subscriber", delivery.subscriber_id))
    text = "".join(page(viewer, url) for url in pages)
    for subscriber in Subscriber.objects.all():
        assert subscriber.handle not in text
    for secret in (str(delivery.claim_token), delivery.claim_token.hex):
        assert secret not in text
    assert set(re.findall(r"/newsletter/unsubscribe/([^/]*)/", text)) == {TOKEN_PLACE}
    assert Suppression.objects.get().address_hash not in text
    assert "never@example.com" not in text


def test_people_are_found_by_the_whole_address_only(viewer: Client) -> None:
    make_subscriber("Reader@example.com")
    make_subscriber("other@example.com")
    campaign = make_campaign()
    campaign.expand(timezone.now())
    for model in ("subscriber", "delivery"):
        found = page(viewer, f"{list_url(model)}?q=%20reader%40EXAMPLE.com%20")
        assert "Reader@example.com" in found
        assert "other@example.com" not in found
        for part in ("reader", "%40example.com", "%25", "reader%40example"):
            assert "Reader@example.com" not in page(viewer, f"{list_url(model)}?q={part}")


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("webhookevent", "esp=%00"),
        ("suppression", "reason=%00"),
        ("delivery", "address__startswith=%00"),
    ],
)
def test_what_can_stand_in_no_row_is_not_looked_for(viewer: Client, model: str, query: str) -> None:
    assert viewer.get(f"{list_url(model)}?{query}").status_code == 400


def test_a_subject_full_of_markup_is_shown_as_it_is_written(viewer: Client) -> None:
    make_subscriber('"<script>"@example.com')
    campaign = make_campaign(make_article("<img src=x onerror=alert(1)>", summary="<script>x"))
    campaign.expand(timezone.now())
    delivery = campaign.deliveries.get()
    Delivery.objects.update(reason="<img src=y onerror=alert(2)>", state=State.FAILED)
    for url in (
        list_url("campaign"),
        page_url("campaign", campaign.pk),
        list_url("delivery"),
        page_url("delivery", delivery.pk),
        list_url("subscriber"),
        page_url("subscriber", delivery.subscriber_id),
    ):
        tags = Markup(page(viewer, url)).tags
        assert not [tag for tag, attributes in tags if "onerror" in attributes], url
        assert not [1 for tag, attributes in tags if tag == "script" and not attributes], url


# --- Pausing and going on -----------------------------------------------------------------


def press(client: Client, action: str, campaign: Campaign) -> None:
    client.post(list_url("campaign"), {"action": action, "_selected_action": [campaign.pk]})
    campaign.refresh_from_db()


def test_who_may_change_campaigns_pauses_them_and_goes_on() -> None:
    client = staff("view_campaign", "change_campaign")
    campaign = make_mailing()
    press(client, "pause", campaign)
    assert (campaign.status, campaign.pause_reason) == ("paused", "ada paused it.")
    press(client, "resume", campaign)
    assert campaign.status == "sending"
    written = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
    assert list(written) == [("ada", "Paused."), ("ada", "Resumed.")]


def test_who_may_only_look_does_neither(viewer: Client) -> None:
    campaign = make_mailing()
    press(viewer, "pause", campaign)
    assert campaign.status == "sending"
    campaign.pause("Somebody else.", timezone.now())
    press(viewer, "resume", campaign)
    assert campaign.status == "paused"
