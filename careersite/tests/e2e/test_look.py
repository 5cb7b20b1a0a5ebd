"""What a browser makes of the pages: few requests, nothing that jumps, print without the chrome."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e

LONG = "/articles/changing-careers-with-rent-to-pay/"
MOST_REQUESTS = 5
WITH_ITALICS = ".prose em, .prose i"
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  document.fonts.ready.then(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 0)));
})"""
FIRST_PAINT = """new Promise((resolve) => {
  new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
}).then(() => 0)"""
BLOCKING = """() => performance.getEntriesByType("resource")
  .filter((one) => one.renderBlockingStatus === "blocking").map((one) => one.name)"""
IS_SHOWN = "(selector) => [...document.querySelectorAll(selector)].some((e) => e.offsetParent)"
CHROME = (".topics-nav", ".rail", ".ask", "form", ".share", ".related", ".contents", ".foot__links")


@pytest.fixture(params=[360, 1440])
def page(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    size = {"width": request.param, "height": 800}
    context = browser.new_context(base_url=site.url, viewport=size)
    yield context.new_page()
    context.close()


def test_an_article_with_italics_takes_five_requests_besides_its_pictures(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if r.resource_type != "image" else None)
    page.goto(LONG)
    page.evaluate("document.fonts.ready.then(() => 0)")

    assert page.locator(WITH_ITALICS).count()
    assert len([url for url in asked if not url.startswith("data:")]) <= MOST_REQUESTS, asked
    assert page.evaluate(BLOCKING) == []


def test_other_letters_than_english_ones_bring_their_font_along(page: Page) -> None:
    fonts: list[str] = []
    page.on("request", lambda r: fonts.append(r.url) if r.resource_type == "font" else None)
    page.goto(LONG)
    page.evaluate("document.fonts.ready.then(() => 0)")
    on_a_phone = page.viewport_size["width"] < 700
    english = {"newsreader", "newsreader-italic", *([] if on_a_phone else ["figtree"])}
    assert set(map(name_of, fonts)) == english

    page.evaluate("document.querySelector('h1').append(' Łódź')")
    page.evaluate("document.body.offsetHeight, document.fonts.ready.then(() => 0)")

    assert [name_of(url) for url in fonts[len(english) :]] == ["newsreader-europe"]


def name_of(url: str) -> str:
    return url.rpartition("/")[2].partition(".")[0]


@pytest.mark.parametrize("path", ["/", LONG, "/topics/interviews/", "/search/?q=pay", "/resume/"])
def test_nothing_jumps_while_a_page_loads(page: Page, path: str) -> None:
    page.goto(path)

    assert page.evaluate(SHIFTS) == 0


def test_nothing_jumps_when_fonts_come_after_the_first_paint(page: Page) -> None:
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    page.evaluate(FIRST_PAINT)
    assert held
    page.route("**/*.woff2", lambda route: route.continue_())
    for route in held:
        route.continue_()

    assert page.evaluate(SHIFTS) == 0


def test_paper_gets_the_article_and_nothing_around_it(page: Page) -> None:
    page.goto(LONG)
    page.emulate_media(media="print")

    assert [part for part in CHROME if page.evaluate(IS_SHOWN, part)] == []
    assert page.locator(".prose").first.is_visible()
    link = page.locator(".prose a[href^='/']").first
    after = link.evaluate("(a) => getComputedStyle(a, '::after').content")
    assert link.get_attribute("href") in after or "attr(" in after
