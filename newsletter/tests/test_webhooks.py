"""The addresses that providers post to: who is believed, and what foreign bodies can do."""

import base64
import hashlib
import hmac
import json
import logging
import sys
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter
from pytest_django import DjangoAssertNumQueries

from newsletter import tasks, webhooks
from newsletter.models import WebhookEvent
from newsletter.settling import A_STEP
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import make_mailing, staff
from newsletter.tests.provider_reports import (
    SECRET,
    SIGNING_KEY,
    Post,
    basic,
    mailgun,
    mailjet,
    postmark,
    resend,
    sparkpost,
)

pytestmark = pytest.mark.django_db

PROVIDERS = {
    *("amazon_ses", "brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal"),
    *("postmark", "resend", "sendgrid", "sendinblue", "sparkpost", "unisender_go"),
}
READER = "reader1@example.com"
OTHER_SECRET = "ours:the-word-after-next"
KEY = "key that mailersend signs with"
RESEND_SECRET = "whsec_" + base64.b64encode(b"what resend signs with").decode()


@pytest.fixture(autouse=True)
def secret(settings: object) -> None:
    settings.ANYMAIL_WEBHOOK_SECRET = [SECRET]
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


def delivered(provider: object = postmark) -> Post:
    words = {postmark: "Delivery", mailgun: "delivered", mailjet: "sent"}
    return provider(words[provider], READER, "", "their-id")


def nothing_kept() -> bool:
    return not WebhookEvent.objects.exists()


# --- Who is believed ----------------------------------------------------------------------


def test_there_is_one_address_for_each_provider_and_none_for_mails_that_come_in() -> None:
    routes = [str(pattern.pattern) for pattern in webhooks.urlpatterns]
    assert {route.partition("/")[0] for route in routes} == PROVIDERS
    assert not [route for route in routes if "inbound" in route]
    assert reverse("anymail:mailgun_tracking_webhook") == "/anymail/mailgun/tracking/"


def test_no_session_and_no_csrf_token_is_asked_for() -> None:
    assert delivered().to(Client(enforce_csrf_checks=True)).status_code == 200


@pytest.mark.parametrize("authorization", ["", "Basic", basic("ours:wrong"), basic(""), "Bearer x"])
@pytest.mark.parametrize("provider", [postmark, mailgun, mailjet])
def test_without_the_secret_nothing_is_kept(
    client: Client, provider: object, authorization: str
) -> None:
    assert delivered(provider).to(client, Authorization=authorization).status_code == 400
    assert nothing_kept()


def test_two_secrets_are_good_while_one_takes_the_place_of_the_other(
    client: Client, settings: object
) -> None:
    settings.ANYMAIL_WEBHOOK_SECRET = [OTHER_SECRET, SECRET]
    for good in (SECRET, OTHER_SECRET):
        assert delivered().to(client, Authorization=basic(good)).status_code == 200
    settings.ANYMAIL_WEBHOOK_SECRET = [OTHER_SECRET]
    assert delivered().to(client, Authorization=basic(SECRET)).status_code == 400


@pytest.mark.parametrize("part", ["token", "timestamp", "signature"])
def test_a_signature_that_does_not_fit_is_refused(client: Client, part: str) -> None:
    post = delivered(mailgun)
    written = post.body["signature"][part]
    post.body["signature"][part] = ("0" if written[0] != "0" else "1") + written[1:]
    assert post.to(client).status_code == 400
    del post.body["signature"][part]
    assert post.to(client).status_code == 400
    assert nothing_kept()


def test_one_byte_of_a_signed_body_cannot_be_changed(client: Client, settings: object) -> None:
    """Of the providers that sign the whole body; Mailgun signs only a token."""
    settings.ANYMAIL_WEBHOOK_SECRET = []
    settings.ANYMAIL = {"MAILERSEND_SIGNING_SECRET": KEY}
    told = {"id": "1", "type": "hard_bounced", "created_at": "2026-03-02T12:00:00Z"}
    told["email"] = {"message": {"id": "their-id"}, "recipient": {"email": READER}}
    body = json.dumps({"type": "activity.hard_bounced", "data": told})
    signature = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest()

    def post(text: str) -> int:
        return Post("mailersend", text, {"Signature": signature}).to(client).status_code

    assert post(body.replace("hard", "Hard", 1)) == post(body + " ") == 400
    assert nothing_kept()
    assert [post(body), post(body)] == [200, 200]
    assert WebhookEvent.objects.get().kind == "hard_bounce"


def resend_signature(post: Post, *, sent_at: datetime, secret: str = RESEND_SECRET) -> dict:
    """As the scheme's own page makes it, over what the client will send."""
    number, moment = post.headers["svix-id"], str(int(sent_at.timestamp()))
    signed = f"{number}.{moment}.{json.dumps(post.body)}".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"svix-timestamp": moment, "svix-signature": f"v1,c29tZXRoaW5n v1,{mac}"}


def test_resends_signature_is_checked_body_time_and_all(client: Client, settings: object) -> None:
    settings.ANYMAIL_WEBHOOK_SECRET = []
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": RESEND_SECRET}
    post, now = resend("email.delivered", READER, "", "their-id"), timezone.now()
    good = resend_signature(post, sent_at=now)
    altered = Post("resend", {**post.body, "type": "email.complained"}, post.headers)
    refused = [
        (post, {}),
        (post, {**good, "svix-id": "another"}),
        (post, {**good, "svix-timestamp": "soon"}),
        (post, {**good, "svix-signature": "v1,é"}),
        (post, resend_signature(post, sent_at=now - timedelta(minutes=6))),
        (post, resend_signature(post, sent_at=now, secret="whsec_b3RoZXI=")),
        (altered, good),
    ]
    assert [one.to(client, **headers).status_code for one, headers in refused] == [400] * 7
    assert nothing_kept()
    assert post.to(client, **good).status_code == 200
    settings.ANYMAIL = {"RESEND_SIGNING_SECRET": "whsec_no base64"}
    assert post.to(client, **good).status_code == 400


def test_a_provider_without_any_proof_is_not_believed_though_another_has_one(
    client: Client, settings: object
) -> None:
    settings.ANYMAIL_WEBHOOK_SECRET = []
    assert delivered(mailgun).to(client).status_code == 200
    for provider in PROVIDERS - {"mailgun"}:
        assert Post(provider, []).to(client).status_code == 403
    assert delivered(postmark).to(client).status_code == 403
    assert WebhookEvent.objects.count() == 1


def test_a_provider_whose_key_is_missing_says_no_and_does_not_break(client: Client) -> None:
    for provider in ("postal", "unisender_go", "mailersend"):
        assert Post(provider, {"auth": "x"}).to(client).status_code in (400, 403)
    assert nothing_kept()


# --- Foreign bodies -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", "{}", '"x"', "[[]]", "[null]", b"\xff\xfe", '{"msys": 1}', "1" * 9999],
)
def test_rubbish_breaks_nothing(client: Client, body: str | bytes) -> None:
    for provider in sorted(PROVIDERS - {"mandrill"}):
        response = Post(provider, body).to(client)
        assert response.status_code in (200, 400, 401, 403), provider
    assert client.post("/anymail/mandrill/", {"mandrill_events": body}).status_code in (400, 403)
    assert set(WebhookEvent.objects.values_list("kind", flat=True)) <= {"sent"}


def test_a_body_of_five_megabytes_is_read(client: Client) -> None:
    post = postmark("Delivery", READER, "", "1", Details="x" * 5_000_000)
    assert post.to(client).status_code == 200
    assert len(WebhookEvent.objects.get(kind="delivered").reason) <= 300


def test_what_is_too_long_to_read_is_not_asked_for_again_but_counted_and_seen(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_BYTES", 1000)
    desk = staff("view_campaign", "view_webhookevent")
    post = postmark("Delivery", READER, "", "1", Details="x" * 2000)
    assert "too long to be read" not in on_the(desk)
    assert [post.to(client).status_code for _ in range(2)] == [200, 200]
    assert set(WebhookEvent.objects.values_list("kind", "effect")) == {("unread", "nobody")}
    tasks.settle_reports()
    assert "2 calls were too long to be read, and the reports of Postmark" in on_the(desk)
    listed = desk.get("/admin/newsletter/webhookevent/?kind__exact=unread").content.decode()
    assert listed.count("too long to be read</td>") == 2


def on_the(desk: Client) -> str:
    return desk.get("/admin/").content.decode()


def test_what_is_too_long_and_without_proof_is_no_more_than_refused(
    client: Client, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_BYTES", 1000)
    monkeypatch.setattr(webhooks, "MOST_UNREAD_BYTES", 3000)
    post = postmark("Delivery", READER, "", "1", Details="x" * 2000)
    assert post.to(client, Authorization=basic("ours:wrong")).status_code == 413
    longer = postmark("Delivery", READER, "", "1", Details="x" * 4000)
    assert longer.to(client).status_code == 413
    settings.ANYMAIL_WEBHOOK_SECRET = []  # Mailgun's signature stands in the body
    assert mailgun("delivered", READER, "", "x" * 2000).to(client).status_code == 413
    assert nothing_kept()


def test_what_no_database_would_take_is_taken(client: Client) -> None:
    words = {"Type": "HardBounce", "Details": "a\x00b\ud800c\u202e", "ID": {"x": [1]}}
    post = postmark("Bounce", "x\x00@example.com", "", "\x00", **words)
    assert post.to(client).status_code == 200
    assert tasks.settle_reports() is None


def test_a_thousand_reports_in_one_call_are_stored_at_once_and_settled_in_few_statements(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = make_mailing(readers=20)
    campaign.deliveries.update(state=State.ACCEPTED)
    tags = [tag_of(pk) for pk in campaign.deliveries.values_list("pk", flat=True)]
    many = [sparkpost("delivery", READER, tags[n % 20], f"their-{n}").body[0] for n in range(1000)]
    with django_assert_max_num_queries(20):
        assert Post("sparkpost", many).to(client).status_code == 200
    assert WebhookEvent.objects.count() == 1000
    with django_assert_max_num_queries(60):
        for _ in range(1000 // A_STEP):
            tasks.settle_reports()
    assert campaign.tally() == {State.DELIVERED: 20}
    assert not WebhookEvent.objects.filter(processed_at__isnull=True).exists()


# --- What is never told -------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_neither_secret_nor_address_stands_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for provider, body in [
        ("amazon_ses", f"{{ {READER}"),
        ("postmark", f'{{"x": "{READER}"'),
        ("sparkpost", f'[{{"msys": {{"a": "{READER}", "b": 1}}}}]'),
    ]:
        Post(provider, body).to(client)
    delivered().to(client, Authorization=basic("ours:nearly-right"))
    assert "was refused" in caplog.text
    for hidden in (SECRET, basic(), "nearly-right", basic("ours:nearly-right"), READER):
        assert hidden not in caplog.text


def test_an_error_of_ours_tells_no_secret_either(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(WebhookEvent.objects.__class__, "keep", fail)
    client.raise_request_exception = False
    assert delivered().to(client).status_code == 500
    assert "the disk is full" in caplog.text
    request = RequestFactory().post("/", headers={"Authorization": basic()})
    try:
        fail()
    except RuntimeError:
        report = ExceptionReporter(request, *sys.exc_info()).get_traceback_text()
    for text in (caplog.text, report):
        assert SECRET not in text
        assert basic().split()[1] not in text


def test_the_answer_tells_nothing(client: Client) -> None:
    response = delivered().to(client, Authorization=basic("ours:wrong"))
    assert response.content == b"This is no report that we know for one."
    assert urlsplit(response.headers.get("Location", "")).path == ""
