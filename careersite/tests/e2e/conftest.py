import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from careersite.tests.e2e.site import Site, running_site

CHROMIUM = "/usr/bin/chromium"
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET, *as_root, "--disable-component-update"]
        )
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser, site: Site) -> Iterator[Page]:
    """A reader without any script, on a phone."""
    context = browser.new_context(
        base_url=site.url, java_script_enabled=False, viewport={"width": 360, "height": 780}
    )
    yield context.new_page()
    assert_no_cookie(context)
    context.close()


def assert_no_cookie(context: BrowserContext) -> None:
    assert context.cookies() == []


@pytest.fixture
def editor(browser: Browser, site: Site) -> Iterator[Page]:
    """The demo editor, signed in. Errors of the browser's console fail the test."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto("/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
    assert errors == []
