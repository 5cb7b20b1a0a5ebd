"""Staff write a letter, look at it, try it on themselves, and send it; each right is its own."""

import re
from datetime import timedelta
from email.utils import parseaddr

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.models import Topic
from newsletter.before_sending import remarks, tick_for
from newsletter.models import Campaign, ConsentEvent, Delivery, Letter
from newsletter.sweeping import sweep
from newsletter.tests.factories import choose, make_letter, make_subscriber, make_subscribers, staff
from newsletter.tokens import NOBODY, Purpose, read

pytestmark = pytest.mark.django_db

WRITER = ("view_letter", "add_letter", "change_letter", "delete_letter")
POSTED = ("try", "send", "take-back", "rest")


@pytest.fixture
def writer() -> Client:
    return staff(*WRITER)


@pytest.fixture
def sender() -> Client:
    return staff(*WRITER, "send_letter", name="bea")


def url(name: str, *args: object) -> str:
    return reverse(f"admin:newsletter_letter_{name}", args=args)


def filled_in(**more: object) -> dict[str, object]:
    usual = {"subject": "Hello", "preheader": "In short.", "body": "<p>Text</p>", "frequency": ""}
    return {**usual, "compare_share": 20, "compare_hours": 4, "_save": "1", **more}


def fields_to_send(client: Client, letter: Letter) -> dict[str, str]:
    """The form that the page shows, ticked."""
    page = client.get(url("check", letter.pk)).content.decode()
    return {"at": "", **dict(re.findall(r'name="(seen)" value="(\w+)"', page))}


# --- Writing ------------------------------------------------------------------------------


def test_a_draft_is_cleaned_and_its_number_of_people_is_said(writer: Client) -> None:
    make_subscribers(3)
    body = '<p>Hi <a href="javascript:alert(1)">x</a><script>alert(2)</script></p>'
    page = writer.post(url("add"), filled_in(subject=" Two\nlines ", body=body), follow=True)
    letter = Letter.objects.get()
    assert (letter.subject, letter.body) == ("Two lines", "<p>Hi <a>x</a></p>")
    assert "3 people would get it now." in page.content.decode()
    assert "script-src-attr" in page["Content-Security-Policy"]


@pytest.mark.parametrize("share", ["0", "1", "51", "x"])
def test_a_comparison_is_made_on_half_of_the_people_at_most(writer: Client, share: str) -> None:
    writer.post(url("add"), filled_in(compare_share=share))
    assert Letter.objects.count() == 0


def test_the_number_of_people_follows_what_is_chosen(writer: Client) -> None:
    topic = Topic.objects.create(name="Pay", slug="pay")
    other = Topic.objects.create(name="Rest", slug="rest")
    make_subscriber("weekly@example.com", frequency="weekly")
    choose(make_subscriber("other@example.com"), other)
    for query, people in (
        ({}, 2),
        ({"frequency": "weekly"}, 1),
        ({"topics": [topic.pk]}, 1),
        ({"topics": [topic.pk, other.pk]}, 2),
        ({"topics": ["1) OR 1=1"]}, None),
        ({"frequency": "x"}, None),
    ):
        assert writer.get(url("audience"), query).json() == {"people": people}, query
    assert writer.get(url("audience"), {"topics": "9" * 40}).json() == {"people": None}


# --- Looking ------------------------------------------------------------------------------


def test_the_preview_is_the_mail_itself_and_nothing_runs_in_it(writer: Client) -> None:
    letter = make_letter("<b>Bold</b> & co", other_subject="Other", body="<p>Body</p>")
    answer = writer.get(url("preview", letter.pk))
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; co" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "Other</h1>" in writer.get(url("preview", letter.pk) + "?other").content.decode()
    page = writer.get(url("check", letter.pk))
    assert "<b>Bold" not in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_what_was_frozen_is_shown_and_not_what_the_draft_would_be_now(sender: Client) -> None:
    make_subscribers(1)
    letter = make_letter()
    sender.post(url("send", letter.pk), fields_to_send(sender, letter))
    Letter.objects.update(body="<p>Changed</p>")
    shown = sender.get(url("preview", letter.pk)).content.decode()
    assert "Good news" in shown
    assert "Changed" not in shown
    form = sender.get(url("change", letter.pk))
    assert form.url == url("check", letter.pk)
    assert sender.post(url("change", letter.pk), filled_in()).status_code == 403


# --- Trying -------------------------------------------------------------------------------


def test_a_test_goes_to_staff_is_marked_and_leaves_no_trace(
    writer: Client, mailoutbox: list
) -> None:
    make_subscribers(2)
    stranger = User.objects.create_user("stranger", "stranger@example.com")
    colleague = User.objects.create_user("cleo", "cleo@example.com", is_staff=True)
    letter = make_letter(other_subject="Other way", counts_presses=True)
    for nobody in (stranger.pk, "9" * 40):
        writer.post(url("try", letter.pk), {"to": [nobody]})
    assert mailoutbox == []
    writer.post(url("try", letter.pk), {"to": [colleague.pk]})
    assert [(m.to, m.subject) for m in mailoutbox] == [
        (["cleo@example.com"], "[Test] A letter"),
        (["cleo@example.com"], "[Test] Other way"),
    ]
    kept = (Campaign, Delivery, ConsentEvent)
    assert [model.objects.count() for model in kept] == [0, 0, 0]
    assert Letter.objects.get().is_draft


def test_the_links_of_a_test_open_and_change_nothing(writer: Client, mailoutbox: list) -> None:
    User.objects.filter(username="ada").update(email="ada@example.com")
    make_subscriber("ada@example.com")
    letter = make_letter()
    writer.post(url("try", letter.pk), {"to": [User.objects.get().pk]})
    mail = mailoutbox[0]
    leave = mail.extra_headers["List-Unsubscribe"].strip("<>")
    token = leave.rstrip("/").rpartition("/")[2]
    assert read(Purpose.UNSUBSCRIBE, token, timezone.now()).handle == NOBODY
    own = set(re.findall(r"https?://[^/\s]+(/newsletter/[^\s]+)", mail.body))
    assert len(own) >= 2
    for path in own:
        assert Client().get(path).status_code == 200, path
        assert "test mail" in Client().get(path).content.decode()
    Client().post(leave, {"List-Unsubscribe": "One-Click"})
    assert ConsentEvent.objects.count() == 0
    assert "/go/" not in mail.alternatives[0][0]


# --- Sending ------------------------------------------------------------------------------


def test_it_is_sent_now_once_and_written_down(sender: Client) -> None:
    make_subscribers(2)
    letter = make_letter()
    fields = fields_to_send(sender, letter)
    sender.post(url("send", letter.pk), fields)
    again = sender.post(url("send", letter.pk), fields, follow=True)
    assert "A letter is sent once." in again.content.decode()
    sweep(timezone.now())
    assert Campaign.objects.get().deliveries.count() == 2
    assert LogEntry.objects.get().change_message == "Sent."


def test_it_is_scheduled_in_the_sites_zone_and_taken_back(sender: Client, settings: object) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    make_subscribers(1)
    letter = make_letter()
    fields = {**fields_to_send(sender, letter), "at": "2099-07-01T09:30"}
    sender.post(url("send", letter.pk), fields)
    assert Campaign.objects.get().scheduled_at.isoformat() == "2099-07-01T07:30:00+00:00"
    assert "Take it back" in sender.get(url("check", letter.pk)).content.decode()
    sender.post(url("take-back", letter.pk))
    assert Letter.objects.get().is_draft
    assert Campaign.objects.count() == 0


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2020-01-01T09:30", "This is past."),
        ("2099-03-29T02:30", "be interpreted in time zone Europe/Berlin"),
        ("rubbish", "This is no date and time."),
    ],
)
def test_a_time_that_cannot_be_is_refused_kindly(
    sender: Client, settings: object, at: str, words: str
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    make_subscribers(1)
    letter = make_letter()
    page = sender.post(url("send", letter.pk), {**fields_to_send(sender, letter), "at": at})
    assert words in page.content.decode()
    assert Campaign.objects.count() == 0


def test_a_warning_wants_a_tick_and_another_warning_another(sender: Client) -> None:
    make_subscribers(1)
    letter = make_letter()
    seen = fields_to_send(sender, letter)
    assert seen.get("seen")  # no postal address, at least
    page = sender.post(url("send", letter.pk), {"at": ""})
    assert "tick that you have seen them" in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]  # the previews are there, too
    Letter.objects.update(preheader="")
    sender.post(url("send", letter.pk), seen)
    assert Campaign.objects.count() == 0
    sender.post(url("send", letter.pk), fields_to_send(sender, letter))
    assert Campaign.objects.count() == 1


def test_what_is_wrong_cannot_be_sent_even_with_a_tick(sender: Client) -> None:
    make_subscribers(1)
    letter = make_letter(body='<p><a href="/articles/nowhere/">x</a></p>')
    tick = tick_for(remarks(letter, timezone.now()))
    sender.post(url("send", letter.pk), {"at": "", "seen": tick})
    assert Campaign.objects.count() == 0


def test_somebody_chooses_the_subject_for_the_rest(sender: Client) -> None:
    make_subscribers(20)
    letter = make_letter(other_subject="Other way", compare_share=50)
    sender.post(url("send", letter.pk), fields_to_send(sender, letter))
    sender.post(url("rest", letter.pk), {"winner": "b"})  # too early
    assert Campaign.objects.count() == 2
    sweep(timezone.now() + timedelta(seconds=1))
    sender.post(url("rest", letter.pk), {"winner": "b"})
    sender.post(url("rest", letter.pk), {"winner": "a"})
    assert Campaign.objects.get(variant="rest").subject == "Other way"


def test_cancelling_one_subject_says_what_it_means_and_lets_the_rest_get_the_other() -> None:
    client = staff("view_letter", "send_letter", "view_campaign", "change_campaign", name="eva")
    make_subscribers(20)
    letter = make_letter(other_subject="Other way", compare_share=50, counts_presses=True)
    now = timezone.now()
    letter.send(now, now)
    sweep(now)
    first, other = letter.campaigns.order_by("variant")
    page = reverse("admin:newsletter_campaign_change", args=[first.pk])
    assert "The two subjects are compared no further." in client.get(page).content.decode()
    cancel = reverse("admin:newsletter_campaign_deed", args=[first.pk, "cancel"])
    answer = client.post(cancel, {"certain": "yes"}, follow=True).content.decode()
    assert "The rest waits for you on the page of the letter." in answer
    assert "Those who were to get the better subject have got nothing yet" in answer
    text = client.get(url("check", letter.pk)).content.decode()
    assert "One subject was cancelled" in text
    people = letter.people_of_rest(timezone.now())
    assert f"The rest, {people} people, has got nothing yet." in text
    assert re.findall(r'name="winner" value="(\w)"', text) == ["b"]
    assert "the rest waits for a choice" in client.get(url("changelist")).content.decode()
    client.post(url("rest", letter.pk), {"winner": "b"})
    assert Campaign.objects.get(variant="rest").subject == "Other way"
    page = reverse("admin:newsletter_campaign_change", args=[other.pk])
    assert "compared no further" not in client.get(page).content.decode()


def test_cancelling_the_other_subject_too_says_that_nobody_else_gets_it() -> None:
    client = staff("view_letter", "view_campaign", "change_campaign", name="eva")
    letter, now = make_letter(other_subject="Other way", compare_share=50), timezone.now()
    make_subscribers(20)
    letter.send(now, now)
    sweep(now)
    first, other = letter.campaigns.order_by("variant")
    first.cancel("Wrong.", now)
    page = reverse("admin:newsletter_campaign_change", args=[other.pk])
    assert "nobody else will get this letter" in client.get(page).content.decode()
    other.cancel("Wrong.", now)
    assert "Both subjects were cancelled" in client.get(url("check", letter.pk)).content.decode()


# --- Who may ------------------------------------------------------------------------------


def test_the_list_asks_no_more_for_many_compared_letters(writer: Client) -> None:
    now = timezone.now()
    asked = []
    for subject in ("First", "Second"):
        letter = make_letter(subject=subject, other_subject=f"{subject}, otherwise")
        letter.send(now, now)
        sweep(now)
        with CaptureQueriesContext(connection) as queries:
            assert subject in writer.get(url("changelist")).content.decode()
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_strangers_and_other_staff_see_and_do_nothing(writer: Client) -> None:
    make_subscribers(1)
    letter = make_letter()
    other = staff("view_article", name="otto")
    reader = staff("view_letter", name="rita")
    for name in ("check", "preview"):
        assert reader.get(url(name, letter.pk)).status_code == 200
        assert other.get(url(name, letter.pk)).status_code == 403
        assert Client().get(url(name, letter.pk)).url.startswith(reverse("admin:login"))
    assert other.get(url("audience")).status_code == 403
    for name in POSTED:
        assert writer.get(url(name, letter.pk)).status_code == 405
        for client in (other, reader):
            assert client.post(url(name, letter.pk), {"at": ""}).status_code == 403, name
        assert Client().post(url(name, letter.pk)).status_code == 302
    for name in ("send", "take-back", "rest"):
        assert writer.post(url(name, letter.pk), {"at": ""}).status_code == 403
    assert Campaign.objects.count() == 0


def test_the_sender_stays_one_address_whatever_the_subject_says(
    writer: Client, mailoutbox: list
) -> None:
    User.objects.filter(username="ada").update(email="ada@example.com")
    subject = 'Sie fragen, "wir" antworten: 😀 مرحبا, one; two <three> ' + "x" * 120
    letter = make_letter(subject)
    writer.post(url("try", letter.pk), {"to": [User.objects.get().pk]})
    message = mailoutbox[0].message()
    assert mailoutbox[0].subject == "[Test] " + " ".join(subject.split())
    assert parseaddr(message["From"])[1]
    assert message.get_all("To") == ["ada@example.com"]
