"""axe on every kind of public page, in light and in dark, on a phone and on a desktop."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e

PAGES = (
    *("/", "/articles/interview-went-well-somebody-else/", "/topics/interviews/", "/archive/"),
    *("/authors/daniel-osei/", "/search/?q=interview", "/about/", "/newsletter/", "/ask/"),
    *("/resume/", "/no-such-page/", "/outbox/"),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_axe_finds_nothing(browser: Browser, site: Site, scheme: str, width: int) -> None:
    context = browser.new_context(
        base_url=site.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # axe brings its script along
    )
    page = context.new_page()
    foreign: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(site.url) else foreign.append(r.url))
    found = {}
    for path in PAGES:
        page.goto(path)
        violations = Axe().run(page).response["violations"]
        if violations:
            found[path] = [(v["id"], [n["target"] for n in v["nodes"]][:4]) for v in violations]
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{path} scrolls sideways at {width} px"
    context.close()
    assert found == {}
    assert foreign == []
