"""What people do in a browser: sign up, join by the link in their mail, write an article."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from careersite.tests.e2e.site import Site

Eventually = Callable[..., object]


def press(reader: Page, name: str) -> None:
    """A robot is asked to press once more, because it is faster than people are."""
    reader.get_by_role("button", name=name).last.click()
    if reader.get_by_text("press the button once more").count():
        reader.get_by_role("button", name=name).last.click()


def sign_up(reader: Page, address: str) -> None:
    reader.get_by_label("Your email address").last.fill(address)
    press(reader, "Send me new articles")


def link_of(site: Site, address: str, pattern: str) -> str:
    mail = site.mails_to(address)[-1]
    return re.search(pattern, mail.get_body(("plain",)).get_content()).group()


def join(reader: Page, site: Site, address: str, eventually: Eventually) -> None:
    reader.goto("/")
    sign_up(reader, address)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    eventually(lambda: site.mails_to(address))
    reader.goto(link_of(site, address, r"http\S+/newsletter/confirm/\S+"))
    reader.get_by_role("button", name="Yes, send me new articles").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("You are on the list")


def write_article(editor: Page, title: str) -> None:
    editor.goto("/admin/blog/article/add/")
    editor.get_by_label("Title").fill(title)
    editor.get_by_label("Summary").fill("Ask one good question, and listen to the answer.")
    body = editor.locator(".cke_editable")
    body.click()
    editor.keyboard.type("It begins with a plain sentence, and then a ")
    editor.keyboard.press("Control+b")
    editor.keyboard.type("bold")
    editor.keyboard.press("Control+b")
    editor.keyboard.type(" one.")
