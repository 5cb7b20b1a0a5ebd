"""What is looked at before a letter goes out: what is wrong stops it, what is odd is said."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Publication
from blog.site_address import absolute
from blog.tests.factories import make_article
from newsletter.before_sending import remarks
from newsletter.models import Letter, SenderRecord
from newsletter.own_links import what_is_wrong
from newsletter.sender import are_related, is_no_reply
from newsletter.tests.factories import make_letter, make_subscriber, staff

pytestmark = pytest.mark.django_db


def said(letter: Letter, tone: str) -> str:
    found = remarks(letter, timezone.now())
    return "\n".join(remark.words for remark in found if remark.tone == tone)


@pytest.fixture(autouse=True)
def somebody_would_get_it() -> None:
    make_subscriber()
    Publication.objects.update_or_create(pk=1, defaults={"postal_address": "1 Street, Town"})


def test_a_good_letter_has_nothing_against_it() -> None:
    letter = make_letter()
    assert said(letter, "bad") == said(letter, "warn") == ""
    assert "the link to leave, in both parts" in said(letter, "good")


@pytest.mark.parametrize(
    ("fields", "tone", "words"),
    [
        ({"subject": " "}, "bad", "It has no subject."),
        ({"subject": "x" * 91}, "warn", "is long"),
        ({"other_subject": "a LETTER "}, "bad", "The two subjects are the same"),
        ({"preheader": ""}, "warn", "It has no preview line"),
        ({"preheader": "A letter"}, "warn", "repeats the subject"),
        ({"body": "<p> </p>"}, "bad", "It has no text."),
        ({"body": f"<p>{'x ' * 60_000}</p>"}, "bad", "Gmail cuts off"),
        ({"body": '<p>x<img src="/media/a.jpg" alt=""></p>'}, "warn", "1 picture has no words"),
        ({"body": '<p><a href="/nothing/here/">x</a></p>'}, "bad", "/nothing/here/ leads nowhere."),
        ({"body": '<p><a href="/admin/">x</a></p>'}, "bad", "is not for readers."),
        ({"body": '<p><a href="https://nowhere/">x</a></p>'}, "bad", "is no whole address."),
        ({"body": '<p><a href="mailto:">x</a></p>'}, "bad", "names nobody."),
        ({"frequency": "weekly"}, "bad", "Nobody would get it"),
    ],
)
def test_each_fault_is_said(fields: dict[str, str], tone: str, words: str) -> None:
    assert words in said(make_letter(**{"subject": "A letter", **fields}), tone)


def test_links_to_articles_know_the_public_ones_from_drafts_and_former_addresses() -> None:
    article = make_article(slug="public-one")
    make_article(slug="draft-one", published_at=None)
    former = article.get_absolute_url()
    article.rename("new-name")
    found = {
        path: what_is_wrong(absolute(path))
        for path in (article.get_absolute_url(), former, "/articles/draft-one/", "/?a=b#c")
    }
    assert found == {
        article.get_absolute_url(): "",
        former: "",
        "/articles/draft-one/": "is not public yet",
        "/?a=b#c": "",
    }


def test_no_other_site_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for url in ("http://169.254.169.254/latest/", "http://127.0.0.1:9/x", "https://example.org/"):
        assert what_is_wrong(url) == ""
    assert "by design" in said(
        make_letter(body='<p><a href="http://127.0.0.1:9/">x</a></p>'), "good"
    )


def test_the_sender_is_looked_at(settings: object) -> None:
    settings.DEFAULT_FROM_EMAIL = "Open Seat <no-reply@elsewhere.example>"
    Publication.objects.update(postal_address="")
    warned = said(make_letter(), "warn")
    assert "people cannot answer it" in warned
    assert "It comes from elsewhere.example, but this site is" in warned
    assert "no postal address" in warned


def test_what_dns_said_of_the_senders_domain_is_told_or_that_nobody_looked(
    settings: object,
) -> None:
    settings.DEFAULT_FROM_EMAIL = "news@openseat.org"
    letter, now = make_letter(), timezone.now()
    assert "Nobody has looked up SPF, DKIM, DMARC of openseat.org" in said(letter, "warn")
    for name, is_good in (("SPF", True), ("DKIM", True), ("DMARC", False)):
        SenderRecord.objects.note("openseat.org", name, is_good, f"words on {name}", now)
    assert "Nobody has looked" not in said(letter, "warn")
    assert "DMARC: words on DMARC (seen" in said(letter, "warn")
    assert "SPF: words on SPF" in said(letter, "good")


@pytest.fixture
def odd_sender(settings: object) -> None:
    settings.EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "no-reply@openseat.org"
    SenderRecord.objects.note("openseat.org", "SPF", False, "openseat.org has none", timezone.now())


WARNED = (
    "people cannot answer it",
    "but this site is",
    "SPF: openseat.org has none",
    "DKIM, DMARC",
)


@pytest.mark.usefixtures("odd_sender")
def test_whoever_may_publish_sees_it_beside_the_article_before_its_notice_goes_out() -> None:
    editor = staff("change_article", "view_article", "publish_article")
    writer = staff("change_article", "view_article", name="ben")
    draft = make_article(slug="draft", published_at=None)
    news = make_article(slug="news", published_at=timezone.now())
    for article in (draft, news):
        page = editor.get(page_of(article)).content.decode()
        assert all(words in page for words in WARNED)
    assert "Before a mail goes out" not in writer.get(page_of(draft)).content.decode()
    silent = make_article(slug="silent", published_at=None, wants_notice=False)
    old = make_article(slug="old", published_at=timezone.now() - timedelta(days=2))
    for article in (silent, old):
        assert "Before a mail goes out" not in editor.get(page_of(article)).content.decode()


def page_of(article: object) -> str:
    return f"/admin/blog/article/{article.pk}/change/"


@pytest.mark.usefixtures("odd_sender")
def test_the_desk_says_it_and_no_page_asks_dns(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("DNS was asked")

    monkeypatch.setattr("dns.resolver.Resolver.resolve", refuse)
    client = staff("view_campaign")
    desk = client.get("/admin/").content.decode()
    assert all(words in desk for words in WARNED)
    settings.EMAIL_BACKEND = "careersite.outbox.EmailBackend"  # no mail leaves
    assert "Before a mail goes out" not in client.get("/admin/").content.decode()


def test_a_provider_that_signs_for_another_domain_is_named(settings: object) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {"MAILGUN_SENDER_DOMAIN": "mg.elsewhere.org"}
    settings.DEFAULT_FROM_EMAIL = "news@openseat.org"
    assert "Mailgun signs it for mg.elsewhere.org" in said(make_letter(), "warn")
    settings.ANYMAIL = {"MAILGUN_SENDER_DOMAIN": "mg.openseat.org"}
    assert "Mailgun signs" not in said(make_letter(), "warn")
    assert "is not known here" not in said(make_letter(), "note")


def test_of_other_providers_it_says_that_their_verified_domains_are_not_known(
    settings: object,
) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "news@openseat.org"
    words = "Whether Postmark has verified openseat.org is not known here"
    assert words in said(make_letter(), "note")
    assert words not in staff("view_campaign").get("/admin/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert said(make_letter(), "note") == ""


def test_names_that_say_do_not_answer_and_domains_that_belong_together() -> None:
    for address in ("noreply@a.example", "No-Reply@a.example", "do-not-reply@a.example"):
        assert is_no_reply(address), address
    assert not is_no_reply("noreen@a.example")
    assert are_related("mail.site.example", "www.site.example")
    assert not are_related("site.example", "othersite.example")
