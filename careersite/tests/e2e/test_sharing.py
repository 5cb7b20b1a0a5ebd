"""Passing an article on, with a script and without."""

import pytest
from playwright.sync_api import Browser, Page, expect

from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e

ARTICLE = "/articles/interview-went-well-somebody-else/"
SHEET = "navigator.share = async (what) => { window.shared = what }"


def test_the_link_can_be_copied_and_handed_to_the_systems_sheet(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.url)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(SHEET)
    page = context.new_page()
    page.goto(ARTICLE)

    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site.url + ARTICLE

    page.get_by_role("button", name="Share …").click()
    assert page.evaluate("window.shared.url") == site.url + ARTICLE
    context.close()


def test_without_a_script_there_are_links_and_no_buttons(reader: Page) -> None:
    reader.goto(ARTICLE)

    box = reader.locator(".share")
    expect(box.get_by_role("link", name="Share by Mail")).to_be_visible()
    expect(box.get_by_role("button")).to_have_count(0)
