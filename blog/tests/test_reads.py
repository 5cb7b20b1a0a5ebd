"""How reads are counted: each once, from real pages, of nobody in particular."""

import gzip
import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog import reads
from blog.models import Article, ReadCount
from blog.models.read_count import KEPT_FOR, LATELY, MOST_HOSTS_A_DAY, Read, most_read
from blog.reads import MOST_WAITING, REMEMBERED_S, RecentReads, Tally, foreign_host, is_robot
from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db

STATIC = Path(settings.BASE_DIR / "static")
FOR_STAFF = {"editor.js"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; CUBOT NOTE 50) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "User-Agent": PHONE}


@pytest.fixture(autouse=True)
def tally(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """A memory of its own for each test, written down when the test says so."""
    tally = Tally()
    monkeypatch.setattr(tally, "_keep_writing", lambda: None)
    monkeypatch.setattr(reads, "tally", tally)
    monkeypatch.setattr(reads, "recent_reads", RecentReads())
    return tally


def send(
    client: Client, article: Article, referrer: str = "", ip: str = "192.0.2.1", **headers: str
) -> HttpResponse:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"article": str(article.uid), "referrer": referrer}
    return client.post("/read/", fields, headers={**OWN_PAGE, **said}, REMOTE_ADDR=ip)


def counts() -> dict[tuple[str, str], int]:
    rows = ReadCount.objects.values_list("article__title", "referrer_host", "count")
    return {(title, host): count for title, host, count in rows}


# --- What is counted ------------------------------------------------------------------


def test_a_read_is_one_more_for_its_article_day_and_host(client: Client, tally: Tally) -> None:
    article, other = make_article("One"), make_article("Two")
    send(client, article, "news.example")
    send(client, article, "news.example", ip="192.0.2.2")
    send(client, article, ip="192.0.2.3")
    tally.write()
    send(client, article, "www.News.example", ip="192.0.2.4")
    send(client, other)
    tally.write()
    assert counts() == {("One", "news.example"): 3, ("One", ""): 1, ("Two", ""): 1}
    assert set(ReadCount.objects.values_list("day", flat=True)) == {timezone.localdate()}


def test_the_answer_is_empty_and_asks_for_nothing(client: Client) -> None:
    answer = send(client, make_article())
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_a_read_costs_no_query(client: Client, django_assert_num_queries: Callable) -> None:
    article = make_article()
    with django_assert_num_queries(0):
        assert send(client, article).status_code == 204


def test_the_day_is_that_of_the_sites_own_zone(
    client: Client, tally: Tally, settings: Settings
) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    with time_machine.travel(NOON, tick=False):
        send(client, make_article())
        tally.write()
    assert ReadCount.objects.get().day == TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("news.example", "news.example"),
        ("WWW.News.Example.", "news.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        *((own, "") for own in ("", "seat.example", "www.seat.example", "SEAT.example")),
        *((odd, "") for odd in ("localhost", "192.0.2.1", "[::1]", "a b.example", "-.example")),
        *((odd, "") for odd in ("news.example/path?q=me", "me@news.example", "news.example:8080")),
        *((odd, "") for odd in ("<b>.example", "..", "bücher.example", f"{'a' * 120}.example")),
    ],
)
def test_of_the_page_before_only_the_host_of_another_site_is_kept(
    settings: Settings, referrer: str, host: str
) -> None:
    settings.SITE_URL = "https://www.seat.example"
    assert foreign_host(referrer) == host


# --- What is not ----------------------------------------------------------------------


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", None])
def test_what_does_not_come_from_our_own_pages_is_refused(
    client: Client, tally: Tally, site: str | None
) -> None:
    headers = {"User-Agent": PHONE} | ({} if site is None else {"Sec-Fetch-Site": site})
    answer = client.post("/read/", {"article": str(make_article().uid)}, headers=headers)
    assert answer.status_code == 403
    assert not tally.waiting


@pytest.mark.parametrize(
    "user_agent",
    [
        *("", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 11) Chrome/120 Mobile Safari/537.36 Chrome-Lighthouse",
        *("facebookexternalhit/1.1", "GPTBot/1.2", "Mozilla/5.0 (compatible; ClaudeBot/1.0)"),
        *("curl/8.5.0", "python-requests/2.32", "Wget/1.24", "Go-http-client/2.0", "node"),
        *("Mozilla/5.0 (compatible; YandexRenderResourcesBot/1.0)", "Mozilla/5.0 (PageSpider)"),
    ],
)
def test_robots_are_not_counted(client: Client, tally: Tally, user_agent: str) -> None:
    assert is_robot(user_agent)
    assert send(client, make_article(), User_Agent=user_agent).status_code == 204
    assert not tally.waiting


@pytest.mark.parametrize(
    "user_agent",
    [
        PHONE,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/21A329 [FBAN/FBIOS;FBAV/440.0.0.32.112]",
    ],
)
def test_people_are_no_robots(user_agent: str) -> None:
    assert not is_robot(user_agent)


@pytest.mark.parametrize("header", ["Sec_GPC", "DNT"])
def test_who_asks_not_to_be_counted_is_not(client: Client, tally: Tally, header: str) -> None:
    assert send(client, make_article(), **{header: "1"}).status_code == 204
    assert not tally.waiting
    send(client, make_article("Two"), **{header: "0"})
    assert len(tally.waiting) == 1


def test_staff_are_not_readers(client: Client, tally: Tally, admin_user: User) -> None:
    client.force_login(admin_user)
    assert send(client, make_article()).status_code == 204
    assert not tally.waiting


def test_what_strangers_cannot_read_is_not_counted(client: Client, tally: Tally) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    send(client, make_article("Draft", published_at=None))
    send(client, make_article("Scheduled", published_at=tomorrow))
    send(client, make_article("Expired", expires_at=timezone.now() - timedelta(hours=1)))
    send(client, Article(uid=uuid.uuid4()))
    send(client, make_article("Public"))
    tally.write()
    assert counts() == {("Public", ""): 1}


@pytest.mark.parametrize(
    "body",
    [
        *("", "article=", "article=1", "article=%00", "article=../../x", "referrer=x"),
        *("article[]=1", "{}", '{"article": 1}', "article=' OR 1=1 --"),
    ],
)
def test_nonsense_is_refused(client: Client, tally: Tally, body: str) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = client.post("/read/", body, content_type=kind, headers=OWN_PAGE)
    assert answer.status_code == 400
    assert not tally.waiting


def test_more_than_a_few_words_are_refused(client: Client, tally: Tally) -> None:
    assert send(client, make_article(), "x" * 600).status_code == 413
    assert not tally.waiting


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_a_post_counts(client: Client, method: str) -> None:
    assert getattr(client, method)("/read/", headers=OWN_PAGE).status_code == 405


# --- Each once ------------------------------------------------------------------------


def test_a_household_counts_once_for_a_while(client: Client, tally: Tally) -> None:
    article = make_article("One")
    for ip in ("2001:db8:1:2::3", "2001:db8:1:2:ffff::9"):
        send(client, article, ip=ip)
    send(client, make_article("Two"), ip="2001:db8:1:2::3")
    tally.write()
    assert counts() == {("One", ""): 1, ("Two", ""): 1}


def test_after_a_while_a_read_is_a_read_again() -> None:
    now = [0.0]
    recent, uid = RecentReads(lambda: now[0]), uuid.uuid4()
    assert recent.is_new("192.0.2.1", uid)
    now[0] = REMEMBERED_S
    assert not recent.is_new("192.0.2.1", uid)
    now[0] = 3 * REMEMBERED_S
    assert recent.is_new("192.0.2.1", uid)


def test_what_is_remembered_names_nobody_and_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "MOST_REMEMBERED", 100)
    recent, other, uid = RecentReads(), RecentReads(), uuid.uuid4()
    for n in range(1000):
        recent.is_new(f"192.0.2.{n}", uid)
    other.is_new("192.0.2.999", uid)
    assert len(recent.known) + len(recent.known_before) <= 201
    assert {len(mark) for mark in recent.known} == {16}
    assert not recent.known & other.known, "another process cannot tell either"


def test_nothing_of_the_reader_is_stored(client: Client, tally: Tally) -> None:
    send(client, make_article(), "news.example", ip="203.0.113.77")
    tally.write()
    names = {field.name for field in ReadCount._meta.get_fields()}
    assert names == {"id", "article", "day", "referrer_host", "count"}
    assert "203.0.113" not in repr(list(ReadCount.objects.values()))


# --- In trouble -----------------------------------------------------------------------


def test_made_up_reads_do_not_fill_the_memory(tally: Tally) -> None:
    for n in range(MOST_WAITING + 50):
        tally.note(Read(uuid.uuid4(), TODAY, f"h{n}.example"))
    known = next(iter(tally.waiting))
    tally.note(known)
    assert len(tally.waiting) == MOST_WAITING
    assert tally.waiting[known] == 2


def test_made_up_hosts_do_not_fill_the_table() -> None:
    uid = make_article("One").uid
    for n in range(MOST_HOSTS_A_DAY + 20):
        ReadCount.objects.add({Read(uid, TODAY, f"h{n:03}.example"): 2}, timezone.now())
    ReadCount.objects.add({Read(uid, TODAY, "h000.example"): 5}, timezone.now())
    assert ReadCount.objects.count() == MOST_HOSTS_A_DAY + 1
    assert counts()["One", "other"] == 40
    assert counts()["One", "h000.example"] == 7


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_costs_counts_and_no_more(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., object]
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("away")

    article, tally = make_article("One"), Tally(every_s=0.01)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(ReadCount.objects.__class__, "add", fail)
            tally.note(Read(article.uid, TODAY, "lost.example"))
            eventually(lambda: not tally.waiting)
            tally.note(Read(article.uid, TODAY, "lost.example"))
            eventually(lambda: not tally.waiting)
        tally.note(Read(article.uid, TODAY, ""))
        eventually(lambda: counts() == {("One", ""): 1})
    finally:
        tally.close()


@pytest.mark.django_db(transaction=True)
def test_one_lasting_thread_writes_them_down(eventually: Callable[..., object]) -> None:
    article = make_article("One")
    tally = Tally(every_s=0.01)
    try:
        for n in range(3):
            tally.note(Read(article.uid, TODAY, ""))
            eventually(lambda n=n: counts() == {("One", ""): n + 1})
    finally:
        tally.close()
    assert not tally.writer.is_alive()


@pytest.mark.django_db(transaction=True)
def test_two_processes_may_write_at_once() -> None:
    article = make_article("One")
    hosts = ["", "a.example", "b.example"]
    tallies = [Tally() for _ in range(4)]
    for tally in tallies:
        for host in hosts * 5:
            tally.note(Read(article.uid, TODAY, host))
    for tally in tallies:  # each has a thread, which now writes what is left
        tally.is_closed.set()
    for tally in tallies:
        tally.close()
    assert counts() == {("One", host): 20 for host in hosts}


# --- What becomes of it ---------------------------------------------------------------


def test_the_most_read_come_first_and_drafts_never() -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    for title, day, count in [
        ("Some", today, 5),
        ("Much", today - LATELY + timedelta(days=1), 9),
        ("Long ago", today - LATELY, 99),
    ]:
        ReadCount.objects.create(article=make_article(title), day=day, count=count)
    ReadCount.objects.create(
        article=Article.objects.get(title="Some"), day=today, count=6, referrer_host="x.example"
    )
    draft = make_article("Draft", published_at=None)
    ReadCount.objects.create(article=draft, day=today, count=1000)
    make_article("Unread")
    assert [(one.title, one.reads) for one in most_read(now, 5)] == [("Some", 11), ("Much", 9)]
    assert len(most_read(now, 1)) == 1


def test_counts_go_after_thirteen_months() -> None:
    article = make_article()
    today = timezone.localdate()
    for age in (timedelta(0), KEPT_FOR, KEPT_FOR + timedelta(days=1)):
        ReadCount.objects.create(article=article, day=today - age, count=1)
    assert ReadCount.objects.forget_old(timezone.now()) == 1
    assert ReadCount.objects.count() == 2


# --- The page -------------------------------------------------------------------------


def test_an_articles_page_says_what_its_script_needs(client: Client) -> None:
    article = make_article()
    page = client.get(article.get_absolute_url()).content.decode()
    assert f'data-uid="{article.uid}" data-counted-at="/read/"' in page
    assert re.search(r'<script type="module"[^>]* src="[^"]*article[^"]*\.js"></script>', page)


def test_no_other_page_counts(client: Client) -> None:
    make_article()
    for path in ("/", "/archive/", "/about/", "/search/?q=read", "/nothing/"):
        assert "data-counted-at" not in client.get(path).content.decode()


def test_the_page_on_privacy_says_what_is_counted(client: Client) -> None:
    text = re.sub(r"<[^>]+>", "", client.get("/privacy/").content.decode())
    for words in ("how often each article is read", "400 days", "Global Privacy Control"):
        assert words in text


def test_all_scripts_together_are_small() -> None:
    public = [file for file in STATIC.glob("*.js") if file.name not in FOR_STAFF]
    assert len(public) >= 2
    assert sum(len(gzip.compress(file.read_bytes())) for file in public) < 10_000
