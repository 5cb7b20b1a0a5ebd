"""axe on each kind of page, in light on a phone and in dark on a desktop; nothing scrolls sideways,
whatever long words it has, and a finger hits each link without its neighbour.

What it looked at once failed it without a word of why, on a busy machine. So a page is looked at
when it has come to rest (fonts there, nothing moving), must be the page that was meant (an answer
of 503 is none), and has time.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from careersite.tests.e2e.people import join, link_of, sign_up, write_article
from careersite.tests.e2e.site import Site

pytestmark = pytest.mark.e2e

Eventually = Callable[..., object]
PATIENCE_MS = 120_000
AT_REST = """async () => {
  await document.fonts.ready;
  await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)));
}"""
RULES = {"rules": {"target-size": {"enabled": True}}}  # 24 px, or as much room around
TALL = 8000  # nothing lies under what sticks to the foot of the window
LOOKS = (("light", 320), ("dark", 1440))
PAGES = (
    *("/", "/page/2/", "/archive/", "/archive/2026/10/", "/topics/interviews/"),
    "/articles/interview-went-well-somebody-else/",
    "/articles/changing-careers-with-rent-to-pay/",
    *("/authors/daniel-osei/", "/about/", "/privacy/", "/outbox/"),
    *("/search/", "/search/?q=interview", "/search/?q=interveiw"),
    *("/newsletter/", "/newsletter/link/", "/ask/", "/ask/thanks/", "/resume/", "/resume/thanks/"),
)
MANY = 12
# In the place of names, titles and sentences alike. Returns in how many.
LONG_WORDS = """() => {
  const kinds = "a:not(.button), h1, h2, h3, p, b, label, legend, summary, td, small";
  const leaves = [...document.querySelectorAll(kinds)].filter((one) => !one.children.length);
  for (const one of leaves) one.textContent = "Rechtsschutzversicherungsgesellschaften".repeat(2);
  return leaves.length;
}"""
WITH_LONG_WORDS = (
    *("/", "/articles/changing-careers-with-rent-to-pay/", "/topics/interviews/"),
    *("/authors/daniel-osei/", "/archive/", "/search/?q=interview", "/newsletter/", "/resume/"),
    *("/ask/thanks/", "/no-such-page/"),
)
NOT_FOUND = ("/no-such-page/", "/newsletter/confirm/rubbish/")
ERRORS = ("400.html", "403.html", "500.html", "503.html")
DESK = (
    *("", "blog/article/", "blog/image/", "blog/publication/1/change/", "enquiries/question/"),
    *("newsletter/campaign/", "newsletter/subscriber/", "newsletter/subscriber/growth/"),
    "newsletter/letter/add/",
)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site.url,
        reduced_motion="reduce",
        bypass_csp=True,  # axe brings its script along
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    yield page
    context.close()


def faults(page: Page, name: str) -> list[str]:
    """What axe finds, and what scrolls sideways, in both looks."""
    found = []
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": TALL})
        page.evaluate(AT_REST)
        for violation in Axe().run(page, options=RULES).response["violations"]:
            nodes = [node["target"] for node in violation["nodes"]][:4]
            found.append(f"{name}, {scheme}, {width} px: {violation['id']} {nodes}")
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            found.append(f"{name} scrolls sideways by {too_wide} px at {width} px")
    return found


def test_axe_finds_nothing_on_public_pages(page: Page, site: Site) -> None:
    foreign: list[str] = []
    ours = (site.url, "data:image/svg+xml,")
    page.on("request", lambda r: None if r.url.startswith(ours) else foreign.append(r.url))
    found = []
    for path in (*PAGES, *NOT_FOUND):
        assert page.goto(path).status == (404 if path in NOT_FOUND else 200), path
        found += faults(page, path)
    assert found == []
    assert foreign == []


def test_no_word_is_too_long_for_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    too_wide = {}
    for path in WITH_LONG_WORDS:
        assert page.goto(path).status == (404 if path in NOT_FOUND else 200), path
        assert page.evaluate(LONG_WORDS) > MANY, path
        too_wide[path] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert not any(too_wide.values()), too_wide


def test_axe_finds_nothing_where_something_went_wrong(page: Page) -> None:
    page.goto("/")
    found = []
    for name in ERRORS:
        page.set_content(render_to_string(name), wait_until="load")
        found += faults(page, name)
    assert found == []


def test_axe_finds_nothing_on_a_form_filled_in_wrongly(page: Page) -> None:
    page.goto("/resume/")
    page.locator("main form").get_by_role("button").click()
    assert page.locator("[aria-invalid=true]").count()
    assert faults(page, "/resume/") == []


def test_axe_finds_nothing_on_the_way_of_a_subscriber(
    page: Page, site: Site, eventually: Eventually
) -> None:
    address = "careful@example.com"
    page.goto("/newsletter/")
    sign_up(page, address)
    found = faults(page, "check your inbox")
    eventually(lambda: site.mails_to(address))
    page.goto(link_of(site, address, r"http\S+/newsletter/confirm/\S+"))
    found += faults(page, "confirm")
    page.get_by_role("button", name="Yes, send me new articles").click()
    found += faults(page, "confirmed")
    page.get_by_role("link", name="Choose what you get").click()
    for closed in page.locator("main details").all():
        closed.locator("summary").click()
    found += faults(page, "choices")
    mails = eventually(lambda: len(site.mails_to(address)) > 1 and site.mails_to(address))
    words = mails[-1].get_body(("plain",)).get_content()
    page.goto(re.search(r"http\S+?/preferences/[\w-]+/", words).group())
    found += faults(page, "preferences")
    leaving = re.search(r"http\S+?/unsubscribe/[\w-]+/", mails[-1]["List-Unsubscribe"]).group()
    page.goto(leaving)
    found += faults(page, "leave")
    page.get_by_role("button", name="Stop all mails").click()
    found += faults(page, "left")
    assert found == []


def test_axe_finds_nothing_on_the_desk(page: Page, site: Site) -> None:
    page.goto("/admin/")
    found = faults(page, "log in")
    sign_in(page, site)
    for path in DESK:
        assert page.goto(f"/admin/{path}").status == 200
        found += faults(page, f"/admin/{path}")
    assert found == []


def sign_in(page: Page, site: Site) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()


def mailed_link(site: Site, address: str, pattern: str) -> str | None:
    """None as long as no mail with such a link has come."""
    words = (mail.get_body(("plain",)).get_content() for mail in site.mails_to(address))
    found = re.search(pattern, "".join(words))
    return found and found.group()


def test_axe_finds_nothing_on_an_article_until_it_and_its_reader_are_gone(
    page: Page, site: Site, eventually: Eventually
) -> None:
    address = "mover@example.com"
    join(page, site, address, eventually)
    choices = page.get_by_role("link", name="Choose what you get").get_attribute("href")
    sign_in(page, site)
    write_article(page, "Ask what the team would miss")
    found = faults(page, "the article's editor")
    page.get_by_label("Interviews", exact=True).check()
    page.get_by_role("button", name="Publish now").click()
    article = page.url
    found += faults_of_changes_that_wait(page, article)

    web_version = eventually(lambda: mailed_link(site, address, r"http\S+/newsletter/mail/\S+"))
    assert page.goto(web_version).status == 200
    found += faults(page, "the mail as a page")

    page.goto(article.replace("/change/", "/delete/"))
    found += faults(page, "deleting")
    page.get_by_role("button", name="Delete the article").click()
    assert page.goto("/articles/ask-what-the-team-would-miss/").status == 410
    found += faults(page, "gone")
    page.goto(choices)
    found += faults_until_erased(page, site, address, eventually)
    assert found == []


def faults_of_changes_that_wait(page: Page, article: str) -> list[str]:
    page.get_by_label("Title").fill("Ask what the team would miss most")
    page.get_by_role("button", name="Save as draft changes").click()
    page.get_by_role("link", name="Compare, preview or discard").click()
    page.get_by_role("button", name="Get a preview link").click()
    found = faults(page, "what is not public yet")
    page.goto(page.locator("main a[href*='/preview/'][href^=http]").inner_text())
    found += faults(page, "preview")
    page.goto(article)
    return found


def test_axe_finds_nothing_on_the_way_to_another_address(
    page: Page, site: Site, eventually: Eventually
) -> None:
    former, address = "moving@example.com", "moved@example.com"
    join(page, site, former, eventually)
    page.get_by_role("link", name="Choose what you get").click()
    page.get_by_text("Get the mails at another address").click()
    page.get_by_label("Your new email address").fill(address)
    page.get_by_role("button", name="Ask the new address").click()
    page.get_by_text("We have sent a mail to the new address").wait_for()
    page.goto(eventually(lambda: mailed_link(site, address, r"http\S+/newsletter/address/\S+")))
    found = faults(page, "shall our mails come here")
    page.get_by_role("button", name="Yes, send them here").click()
    found += faults(page, "they come here now")
    assert found == []


def faults_until_erased(page: Page, site: Site, address: str, eventually: Eventually) -> list[str]:
    page.get_by_text("See or erase your data").click()
    page.get_by_role("button", name="Mail me the link").click()
    page.get_by_text("We send you a mail with a link").wait_for()
    page.goto(eventually(lambda: mailed_link(site, address, r"http\S+/your-data/\S+")))
    found = faults(page, "your data")
    page.get_by_role("button", name="Erase my data").click()
    found += faults(page, "not erased yet")
    page.get_by_label("Yes, erase all of it for good").check()
    page.get_by_role("button", name="Erase my data").click()
    found += faults(page, "erased")
    return found
