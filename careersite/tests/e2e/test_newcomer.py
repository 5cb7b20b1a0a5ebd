"""What a newcomer does on the first evening, in a real browser against the real processes."""

import re
import urllib.error
import urllib.request
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from careersite.tests.e2e.people import Eventually, join, press, write_article
from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def test_a_job_seeker_reads_and_asks_without_any_script(reader: Page, site: Site) -> None:
    reader.goto("/")
    for heading in ("Recent Posts", "Need A Resume?", "Don’t Forget To Sign Up For Free Email"):
        expect(reader.get_by_role("heading", name=heading).first).to_be_visible()
    reader.locator("main h2 a").first.click()
    title = reader.get_by_role("heading", level=1).inner_text()
    recent = reader.locator("ol.recent li, ul.recent li")
    assert recent.count() >= 4
    assert title not in recent.all_inner_texts()
    assert reader.locator("article time[datetime], main time[datetime]").count() > 0

    reader.get_by_role("link", name="Ask us your career questions").first.click()
    expect(reader).to_have_url(f"{site.url}/ask/")
    reader.locator("textarea").fill("How long should I wait after the second interview?")
    press(reader, "Send my question")
    expect(reader).to_have_url(re.compile(r"/ask/thanks/"))


def test_a_reader_joins_by_the_mail_in_the_outbox(
    reader: Page, site: Site, eventually: Eventually
) -> None:
    join(reader, site, "newcomer@example.com", eventually)
    reader.goto("/outbox/")
    reader.get_by_role("link", name=re.compile("Please confirm your address")).first.click()
    expect(reader.get_by_text("newcomer@example.com").first).to_be_visible()
    frame = reader.frame_locator("iframe")
    expect(frame.get_by_role("link", name="Confirm my address")).to_be_visible()


def test_an_article_goes_from_draft_to_each_subscriber_once(
    reader: Page, editor: Page, site: Site, eventually: Eventually
) -> None:
    address = "faithful@example.com"
    join(reader, site, address, eventually)
    write_article(editor, "One question at the end")
    editor.get_by_role("button", name="Save draft").click()
    expect(editor.get_by_text(re.compile("saved|draft", re.I)).first).to_be_visible()

    path = "/articles/one-question-at-the-end/"
    assert reader.goto(path).status == 404

    editor.goto("/admin/blog/article/")
    editor.get_by_role("link", name="One question at the end").click()
    expect(editor.locator(".cke_editable strong")).to_have_text("bold")
    editor.get_by_label("Interviews", exact=True).check()
    editor.get_by_role("button", name="Publish now").click()
    expect(editor.locator(".messagelist")).to_contain_text("public")

    mails = eventually(lambda: mails_after_joining(site, address, 2))
    assert sorted(mails) == ["One question at the end", "Welcome to Open Seat"]
    notice = mails["One question at the end"]
    text = notice.get_body(("plain",)).get_content()
    lasting = re.search(rf"{re.escape(site.url)}/articles/id/\d+/", text).group()
    assert "Ask one good question" in text
    assert "Harbour Lane" in text
    assert notice["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    leave = notice["List-Unsubscribe"].strip(" <>")
    assert leave in text
    reader.goto(leave)
    expect(reader.get_by_role("button", name="Stop all mails")).to_be_visible()
    answer = press_one_click(leave)
    assert answer.status == 200
    assert answer.headers["Location"] is None
    reader.goto(leave)
    expect(reader.get_by_role("heading", level=1)).to_have_text("You get no more mails")
    assert eventually(lambda: reader.goto(lasting).status == 200)
    expect(reader).to_have_url(f"{site.url}{path}")
    expect(reader.locator(".prose strong")).to_have_text("bold")


def mails_after_joining(site: Site, address: str, count: int) -> dict[str, EmailMessage]:
    """By subject, once there are `count` beyond the one that asked to confirm."""
    mails = site.mails_to(address)[1:]
    assert len(mails) <= count
    return {mail["Subject"]: mail for mail in mails} if len(mails) == count else {}


def press_one_click(url: str) -> object:
    body = b"List-Unsubscribe=One-Click"
    return urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=10)
