"""Searching in a real browser: with suggestions, and without any script."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e

TITLES = re.compile("^(The evening before|The interview went well)")


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """On a phone, with scripts. What the console complains of fails the test."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 360, "height": 780}, reduced_motion="reduce"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    context.close()
    assert errors == []


def type_into(page: Page, text: str) -> Locator:
    field = page.get_by_role("combobox", name="What are you looking for?")
    field.fill("")
    field.press_sequentially(text)
    return field


def active_option(field: Locator) -> str | None:
    return field.get_attribute("aria-activedescendant")


def test_titles_are_offered_while_one_types_and_keys_choose(page: Page) -> None:
    page.goto("/search/")
    field = type_into(page, "interv")

    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    assert active_option(field) is None
    for key, chosen in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowDown", None), ("ArrowUp", 1)):
        field.press(key)
        wanted = None if chosen is None else options.nth(chosen).get_attribute("id")
        assert active_option(field) == wanted
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()
    title = options.nth(1).inner_text()
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_escape_closes_the_list_and_keeps_the_words(page: Page) -> None:
    page.goto("/search/?q=offer")
    field = type_into(page, "interv")
    expect(page.get_by_role("option").first).to_be_visible()

    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("interv")

    field.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_a_press_on_a_title_opens_it_and_enter_alone_searches(page: Page) -> None:
    page.goto("/search/")
    field = type_into(page, "interv")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=interv$|/search/\?q=interv&"))

    type_into(page, "interv")
    page.get_by_role("option", name=TITLES).first.click()
    expect(page).to_have_url(re.compile("/articles/"))


def test_axe_finds_nothing_in_an_open_list(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, bypass_csp=True)
    page = context.new_page()
    page.goto("/search/?q=offer")
    field = type_into(page, "interv")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("ArrowDown")

    violations = Axe().run(page).response["violations"]
    context.close()
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in violations] == []


def test_without_script_one_searches_filters_and_is_understood(reader: Page) -> None:
    reader.goto("/search/")
    reader.get_by_label("What are you looking for?").fill("salry")
    reader.get_by_role("button", name="Search").click()
    reader.get_by_role("link", name="salary").click()
    expect(reader.get_by_label("What are you looking for?")).to_have_value("salary")
    everything = reader.locator("ol.entries > li").count()

    topic = reader.get_by_role("combobox", name="Topic", exact=True)
    topic.select_option("Offers")
    reader.get_by_role("button", name="Search").click()
    expect(topic).to_have_value("offers")
    assert 0 < reader.locator("ol.entries > li").count() < everything
    assert reader.locator("ol.entries mark").count() > 0
