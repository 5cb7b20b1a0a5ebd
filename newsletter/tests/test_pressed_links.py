"""Pressed links, where somebody wants them counted: sums alone, and no door to anywhere else."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from blog.site_address import absolute
from newsletter.models import Campaign, Link, LinkDay, Routine
from newsletter.models.link import mark_of
from newsletter.presses import WAITS_S, WaitingPresses
from newsletter.tests.factories import (
    let_workers_run,
    make_campaign,
    make_letter,
    make_subscriber,
    staff,
)
from newsletter.views import go

pytestmark = pytest.mark.django_db

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
BODY = (
    '<p><a href="https://example.org/a?x=1&amp;y=2">A</a> <a href="/about/">B</a> '
    '<a href="/ask/">C</a></p>'
)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def presses(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> WaitingPresses:
    """Without its thread: the tests write themselves."""
    presses = WaitingPresses(clock)
    presses.writer = object()
    monkeypatch.setattr(go, "waiting_presses", presses)
    return presses


@pytest.fixture
def campaign() -> Campaign:
    letter, now = make_letter(body=BODY, counts_presses=True), timezone.now()
    letter.send(now, now)
    return letter.campaign("")


def link_to(campaign: Campaign, url: str) -> str:
    return Link.objects.get(campaign=campaign, url=url).counted_url.removeprefix(settings.SITE_URL)


def counted(presses: WaitingPresses, clock: Clock) -> dict[str, int]:
    clock.now_s += WAITS_S + 1
    presses.write()
    return dict(LinkDay.objects.values_list("link__url", "count"))


def test_nothing_is_counted_unless_somebody_asks_for_it() -> None:
    letter, now = make_letter(body=BODY), timezone.now()
    letter.send(now, now)
    assert Link.objects.count() == 0
    assert "https://example.org/a?x=1&amp;y=2" in letter.campaign("").html


def test_notices_count_only_where_somebody_chose_it() -> None:
    assert make_campaign(slug="one").links.count() == 0
    Routine.objects.update_or_create(pk=1, defaults={"counts_presses": True})
    notice = make_campaign(slug="two")
    article = absolute(notice.article.get_permanent_url())
    assert notice.links.filter(url__startswith=article).exists()
    assert f'href="{article}' not in notice.html


def test_links_lead_over_this_site_but_never_those_of_a_persons_own(
    campaign: Campaign, mailoutbox: list
) -> None:
    make_subscriber()
    let_workers_run()
    html = mailoutbox[0].alternatives[0][0]
    hrefs = re.findall(r'href="([^"]*)"', html)
    own = [href for href in hrefs if "/newsletter/" in href and "/go/" not in href]
    assert [href for href in own if "/unsubscribe/" in href]
    assert [href for href in hrefs if "/go/" not in href] == own
    urls = set(Link.objects.values_list("url", flat=True))
    assert {"https://example.org/a?x=1&y=2", f"{settings.SITE_URL}/about/"} <= urls
    assert not [url for url in urls if "unsubscribe" in url]


def test_in_the_text_part_a_reader_sees_where_a_link_leads_and_the_report_says_so(
    campaign: Campaign,
) -> None:
    assert "/go/" in campaign.html
    assert "/go/" not in campaign.text
    assert "A (https://example.org/a?x=1&y=2)" in campaign.text.replace("\n", " ")
    page = staff("view_campaign").get(f"/admin/newsletter/campaign/{campaign.pk}/change/")
    assert "plain text of a mail lead straight on" in page.content.decode()


def test_a_press_leads_on_and_is_one_more_in_a_sum(
    campaign: Campaign, presses: WaitingPresses, clock: Clock
) -> None:
    path = link_to(campaign, "https://example.org/a?x=1&y=2")
    answer = Client().get(path, headers=BROWSER)
    assert (answer.status_code, answer["Location"]) == (302, "https://example.org/a?x=1&y=2")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert not answer.cookies
    assert counted(presses, clock) == {"https://example.org/a?x=1&y=2": 1}
    assert {field.name for field in LinkDay._meta.fields} == {"id", "link", "day", "count"}


def test_scanners_and_whoever_asks_not_to_be_are_not_counted(
    campaign: Campaign, presses: WaitingPresses, clock: Clock
) -> None:
    path = link_to(campaign, f"{settings.SITE_URL}/about/")
    client = Client()
    client.head(path, headers=BROWSER)
    client.get(path, headers={"User-Agent": "Mozilla/5.0 (compatible; LinkScanner/2.0)"})
    client.get(path)
    client.get(path, headers={**BROWSER, "Sec-GPC": "1"})
    client.get(path, headers={**BROWSER, "Sec-Purpose": "prefetch"})
    assert counted(presses, clock) == {}


def test_who_follows_every_link_at_once_is_a_scanner_also_with_a_browsers_name(
    campaign: Campaign, presses: WaitingPresses, clock: Clock
) -> None:
    paths = [link.counted_url.removeprefix(settings.SITE_URL) for link in campaign.links.all()]
    for path in paths:
        Client().get(path, headers=BROWSER, REMOTE_ADDR="203.0.113.9")
    person = Client().get(paths[0], headers=BROWSER, REMOTE_ADDR="198.51.100.7")
    assert person.status_code == 302
    assert sum(counted(presses, clock).values()) == 1


def test_a_press_waits_before_it_counts_and_twice_is_once(
    campaign: Campaign, presses: WaitingPresses, clock: Clock
) -> None:
    path = link_to(campaign, f"{settings.SITE_URL}/about/")
    for _ in range(2):
        Client().get(path, headers=BROWSER)
    presses.write()
    assert LinkDay.objects.count() == 0
    assert counted(presses, clock) == {f"{settings.SITE_URL}/about/": 1}


def test_the_campaigns_page_shows_sums_and_no_link_that_a_browser_could_run(
    campaign: Campaign,
) -> None:
    LinkDay.objects.add({(campaign.links.first().pk, timezone.localdate()): 1234})
    Link.objects.filter(pk=campaign.links.last().pk).update(url="javascript:alert(1)")
    page = staff("view_campaign").get(f"/admin/newsletter/campaign/{campaign.pk}/change/")
    assert "1,234" in page.content.decode()
    assert 'href="javascript:' not in page.content.decode()


def test_no_key_that_we_did_not_make_leads_anywhere(campaign: Campaign) -> None:
    link = campaign.links.first()
    mark = mark_of(link.pk, settings.SECRET_KEY)
    other = campaign.links.last()
    for key in (
        *(f"{other.pk}-{mark}", f"{link.pk}-{mark[:-1]}", f"{link.pk}-", str(link.pk)),
        *(f"{link.pk}-{mark}x", "https:example.com", f"-{mark}", f"{'9' * 30}-{mark}", f"²-{mark}"),
    ):
        answer = Client().get(f"/newsletter/go/{key}/", {"url": "https://evil.example/"})
        assert answer.status_code == 404, key
    assert Client().get(f"/newsletter/go/{link.pk}-{mark}/").status_code == 302
    assert Client().post(f"/newsletter/go/{link.pk}-{mark}/").status_code == 405


def test_it_leads_on_when_the_database_cannot_be_written(
    campaign: Campaign, presses: WaitingPresses, clock: Clock
) -> None:
    path = link_to(campaign, f"{settings.SITE_URL}/about/")

    def refuse(execute: object, sql: str, *rest: object) -> object:
        assert sql.startswith("SELECT"), "this database cannot be written"
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert Client().get(path, headers=BROWSER).status_code == 302


def test_links_in_old_mails_work_after_the_key_was_changed(
    campaign: Campaign, settings: object
) -> None:
    path = link_to(campaign, f"{settings.SITE_URL}/about/")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    assert Client().get(path).status_code == 302
