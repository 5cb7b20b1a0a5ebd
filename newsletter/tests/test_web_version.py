"""A campaign as a page: for everybody who has its address, and nobody's own links in it."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, FormerAddress, Publication
from blog.tests.factories import make_article
from newsletter.emails import TOKEN_PLACE, WEB_PLACE, campaign_mail, digest_of, letter_of
from newsletter.models import Campaign
from newsletter.tests.factories import make_campaign, make_mailing

pytestmark = pytest.mark.django_db


def page_of(campaign: Campaign) -> str:
    return reverse("newsletter_web_version", args=[campaign.web_key])


def test_each_copy_names_the_page_and_the_page_has_what_was_sent(client: Client) -> None:
    campaign = make_mailing(title="Six lines", summary="Few words.")
    delivery = campaign.deliveries.select_related("subscriber", "campaign").get()
    mail = campaign_mail(campaign, delivery, Publication.current())
    html, _ = mail.alternatives[0]
    assert page_of(campaign) in html
    assert page_of(campaign) in mail.body
    Article.objects.update(title="Changed since")
    response = client.get(page_of(campaign))
    assert response.status_code == 200
    page = response.content.decode()
    assert "Six lines" in page
    assert "Few words." in page
    assert "Changed since" not in page


def test_nothing_in_it_is_anybodys_own(client: Client) -> None:
    campaign = make_mailing()
    page = client.get(page_of(campaign)).content.decode()
    assert "unsubscribe" not in page
    assert "preferences" not in page
    assert TOKEN_PLACE not in page
    assert WEB_PLACE not in page
    assert "You get this mail because" not in page
    assert not re.search(r"[\w-]{52}", re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL))


def test_search_engines_stay_away_and_nothing_runs(client: Client) -> None:
    headers = client.get(page_of(make_mailing())).headers
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("how", ["taken back", "expired", "put off", "deleted"])
def test_an_article_that_is_not_public_cannot_be_read_here_either(client: Client, how: str) -> None:
    campaign = make_mailing(title="A secret plan")
    soon = timezone.now() + timedelta(hours=1)
    match how:
        case "taken back":
            Article.objects.update(published_at=None)
        case "expired":
            Article.objects.update(expires_at=timezone.now())
        case "put off":
            Article.objects.update(published_at=soon)
        case "deleted":
            Article.objects.all().delete()
    response = client.get(page_of(campaign))
    assert response.status_code == 404
    assert "secret" not in response.content.decode().lower()


def test_one_article_of_many_is_enough_to_close_it(client: Client) -> None:
    articles = [make_article("One"), make_article("Two")]
    now = timezone.now()
    words = digest_of(articles, "This week")._asdict()
    campaign = Campaign.objects.create(
        created_at=now, expanded_at=now, article=articles[0], **words
    )
    assert client.get(page_of(campaign)).status_code == 200
    Article.objects.filter(title="Two").update(published_at=None)
    assert client.get(page_of(campaign)).status_code == 404


@pytest.mark.parametrize("renamed", [False, True])
def test_counted_links_and_links_by_name_hide_nothing(client: Client, renamed: bool) -> None:
    secret = make_article("A secret plan")
    words = letter_of("News", "In short.", '<p><a href="/articles/a-secret-plan/">It</a></p>')
    now = timezone.now()
    campaign = Campaign.objects.create(
        kind=Campaign.Kind.LETTER, created_at=now, expanded_at=now, **words._asdict()
    )
    campaign.count_presses()
    assert "a-secret-plan" not in campaign.html
    if renamed:
        FormerAddress.objects.remember(secret.get_absolute_url(), article=secret)
        Article.objects.update(slug="another-plan")
    assert client.get(page_of(campaign)).status_code == 200
    Article.objects.update(published_at=None)
    assert client.get(page_of(campaign)).status_code == 404


def test_a_link_by_name_to_what_was_deleted_closes_it(client: Client) -> None:
    FormerAddress.objects.remember("/articles/a-secret-plan/")
    words = letter_of("News", "In short.", '<p><a href="/articles/a-secret-plan/">It</a></p>')
    now = timezone.now()
    facts = {"kind": Campaign.Kind.LETTER, "created_at": now, "expanded_at": now}
    campaign = Campaign.objects.create(**facts, **words._asdict())
    assert client.get(page_of(campaign)).status_code == 404


def test_counted_links_of_a_notice_hide_nothing(client: Client) -> None:
    campaign = make_campaign(title="A secret plan")
    Campaign.objects.filter(pk=campaign.pk).update(kind=Campaign.Kind.LETTER, article=None)
    campaign.refresh_from_db()
    campaign.count_presses()
    Campaign.objects.filter(pk=campaign.pk).update(expanded_at=timezone.now())
    assert client.get(page_of(campaign)).status_code == 200
    Article.objects.update(published_at=None)
    assert client.get(page_of(campaign)).status_code == 404


def test_it_begins_when_the_mails_do(client: Client) -> None:
    campaign = make_campaign()
    assert client.get(page_of(campaign)).status_code == 404
    campaign.expand(timezone.now())
    assert client.get(page_of(campaign)).status_code == 200


@pytest.mark.parametrize("key", ["", "1", "x" * 22, "%00", "0-web-version-0"])
def test_its_address_cannot_be_guessed(client: Client, key: str) -> None:
    campaign = make_mailing()
    assert len(campaign.web_key) == 22  # 128 bits
    assert client.get(f"/newsletter/mail/{key}/").status_code == 404


def test_no_two_campaigns_share_an_address() -> None:
    one, other = make_campaign(title="One"), make_campaign(title="Two")
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=other.pk).update(web_key=one.web_key)
