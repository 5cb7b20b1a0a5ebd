"""Every kind of mail: what mail programs can show, what eyes can read, what fingers can hit.

What programs can do: caniemail.com, and the makers' own pages, as of 2026.
"""

import re
from email import policy
from email.utils import formataddr

import pytest
from bs4 import Tag
from django.utils import timezone
from pytest_django import Settings

from blog.models import Publication
from blog.tests.factories import make_article
from newsletter import emails
from newsletter.emails import digest_of
from newsletter.tests.factories import make_subscriber
from newsletter.tests.mails import (
    DEFAULT_SIZE_PX,
    Page,
    contrast,
    every_kind,
    html_of,
    read_back,
    rules_of,
    text_of,
    turned_over,
)

pytestmark = pytest.mark.django_db

SITE = "https://careers.example"
STRUCTURE = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td"}
WORDS = {"h1", "h2", "h3", "p", "a", "b", "strong", "em", "br", "img", "span"}
OF_LETTERS = {"ul", "ol", "li", "blockquote", "hr", "figure", "figcaption", "pre", "code"}
TABLES_OF_LETTERS = {"thead", "tbody", "th"}
ELEMENTS = STRUCTURE | WORDS | OF_LETTERS | TABLES_OF_LETTERS
# Each with the reason why it may be used, or what is lost where it is not known.
PROPERTIES = {
    "background-color": "everywhere; `background` with pictures is not",
    "border": "everywhere",
    "border-bottom": "everywhere",
    "border-top": "everywhere",
    "border-left": "everywhere",
    "border-collapse": "everywhere",
    "border-radius": "not Outlook for Windows: corners are square there",
    "color": "everywhere",
    "display": "Outlook for Windows knows only none, and not on pictures or inner tables: pictures "
    "have a line of their own by their paragraph, and links lose their larger target, where a "
    "mouse has no thumbs",
    "font-family": "everywhere; only fonts that come with systems are named",
    "font-size": "everywhere, in px",
    "font-weight": "everywhere",
    "height": "everywhere on pictures, which have the attribute too, and on lines",
    "letter-spacing": "everywhere, if small",
    "line-height": "everywhere",
    "margin": "not negative in Gmail; Outlook for Windows paints the colour of the element there, "
    "and knows none on tables, where it leaves less room",
    "max-height": "only of the preheader, which `display` hides already",
    "max-width": "not Outlook for Windows, which gets a table of fixed width in a comment",
    "mso-hide": "Outlook for Windows alone: hides the preheader",
    "mso-padding-alt": "Outlook for Windows alone: it ignores the padding of links",
    "overflow": "only of the preheader",
    "padding": "everywhere on cells; on links not in Outlook for Windows",
    "text-align": "everywhere",
    "text-decoration": "everywhere",
    "vertical-align": "everywhere on cells",
    "white-space": "wraps code in letters; not in Outlook for Windows, where it stays as typed",
    "width": "everywhere",
    "word-break": "breaks long addresses; where it is not known, programs break them elsewhere",
    "-webkit-text-size-adjust": "iOS alone: keeps the sizes as they are",
}
DISPLAYS = {"block", "inline-block", "none"}
KINDS = ["notice", "digest", "letter", "welcome", "address change", "confirmation"]
KINDS += ["link to choices", "word to a former address", "link to one's data", "enquiry", "pause"]
KINDS += ["word that topics are gone"]
CAMPAIGNS = ["notice", "digest", "letter"]
MAY_LEAVE = [*CAMPAIGNS, "welcome", "word that topics are gone"]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL, settings.SITE_HOST = SITE, "careers.example"
    settings.DEFAULT_FROM_EMAIL = "Open Seat <news@careers.example>"


def test_every_kind_is_looked_at() -> None:
    assert sorted(every_kind()) == sorted(KINDS)


def test_nothing_is_used_that_a_common_mail_program_stumbles_over() -> None:
    for kind, message in every_kind().items():
        page = Page(html_of(message))
        assert {element.name for element in page.soup.find_all(True)} <= ELEMENTS, kind
        said = [page.style_of(element) for element in page.soup.find_all(style=True)]
        said += [
            style for _, style in rules_of(re.sub(r"@media[^{]*\{", "", page.soup.style.string))
        ]
        names = {name for style in said for name in style}
        assert names <= {*PROPERTIES, "border-color"}, kind
        assert {style["display"].strip() for style in said if "display" in style} <= DISPLAYS
        values = " ".join(value for style in said for value in style.values())
        assert not re.search(r"url\(|var\(|calc\(|rgba?\(|expression", values), kind


def test_what_outlook_and_gmail_do_to_margins_and_hidden_things_harms_nothing() -> None:
    for kind, message in every_kind().items():
        page = Page(html_of(message))
        hidden = [e for e in page.soup.find_all(style=True) if "none" in display_of(page, e)]
        assert [element["class"] for element in hidden] == [["preheader"]], kind
        assert not hidden[0].find_all(True)
        for element in page.soup.find_all(style=True):
            margin = page.style_of(element).get("margin", "0")
            assert "-" not in margin
            assert "auto" not in margin
            is_painted = "background-color" in page.style_of(element)
            assert not (is_painted and re.search("[1-9]", margin)), (kind, element)


def display_of(page: Page, element: Tag) -> str:
    return page.style_of(element).get("display", "")


def test_all_layout_is_by_tables_that_say_so_and_outlook_gets_a_width() -> None:
    for kind, message in every_kind().items():
        html = html_of(message)
        tables = Page(html).soup.find_all("table")
        layout = [table for table in tables if "figures" not in table.get("class", [])]
        assert all(table.get("role") == "presentation" for table in layout), kind
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 2
        assert '<!--[if mso]><table role="presentation" width="600"' in html


def test_each_says_its_language_its_title_and_one_headline() -> None:
    for kind, message in every_kind().items():
        soup = Page(html_of(message)).soup
        assert soup.html["lang"] == "en", kind
        assert soup.find(attrs={"role": "article"})["lang"] == "en"  # Gmail drops that of <html>
        assert soup.title.string.strip()
        assert len(soup.find_all("h1")) == 1
        assert html_of(message).index("charset") < 200


@pytest.mark.parametrize("look", ["light", "dark", "forced dark"])
def test_words_stand_out_from_what_is_behind_them(look: str) -> None:
    for kind, message in every_kind().items():
        page = Page(html_of(message), is_dark=look == "dark")
        for element in [*page.with_text(), *page.soup.select("img[alt]:not([alt=''])")]:
            words = page.inherited(element, "color")
            behind = page.inherited(element, "background-color")
            if look == "forced dark":
                words, behind = turned_over(words), turned_over(behind)
            assert contrast(words, behind) >= 4.5, (kind, element, words, behind)


def test_words_are_large_enough_and_reading_text_larger() -> None:
    for kind, message in every_kind().items():
        page = Page(html_of(message))
        for element in page.with_text():
            size = float(page.inherited(element, "font-size").removesuffix("px"))
            is_read = element.find_parent(class_="content") and element.name in ("p", "li")
            is_note = {"kicker", "byline"} & set(element.get("class", []))
            assert size >= (DEFAULT_SIZE_PX if is_read and not is_note else 14), (kind, element)


def test_whatever_is_there_to_press_is_large_enough_for_a_thumb() -> None:
    for kind, message in every_kind().items():
        page = Page(html_of(message))
        targets = page.soup.select("a.button, a.way, a.wordmark")
        assert len(targets) >= 2, kind
        for target in targets:
            style = page.style_of(target)
            padding = int(re.match(r"(\d+)px", style["padding"])[1])
            line = int(style["line-height"].strip().removesuffix("px"))
            assert padding + line + padding >= 44, (kind, target)


def test_pictures_hold_their_place_and_say_what_they_show() -> None:
    seen = 0
    for kind, message in every_kind().items():
        page = Page(html_of(message))
        for picture in page.soup.find_all("img"):
            seen += 1
            assert picture.has_attr("alt"), kind
            assert picture["alt"] or "mark" in picture["class"], kind
            assert 1 <= int(picture["width"]) <= 600
            assert int(picture["height"]) >= 1
            assert page.style_of(picture)["background-color"].startswith("#")
            assert re.search(r"\.(png|jpg|gif)$", picture["src"])
            assert picture["src"].startswith(f"{SITE}/")
    assert seen > len(KINDS)


def test_a_large_picture_shrinks_on_a_phone_and_a_small_one_is_never_blown_up() -> None:
    for kind in ("notice", "digest", "letter"):
        page = Page(html_of(every_kind()[kind]))
        (picture,) = page.soup.select(".cover, .picture")
        style = page.style_of(picture)
        assert style["width"].strip() == "100%", kind
        assert int(picture["width"]) <= int(style["max-width"].strip().removesuffix("px")) <= 600


def test_the_line_in_the_inbox_does_not_repeat_the_subject_and_ends_in_nothing() -> None:
    for kind, message in every_kind().items():
        preheader = Page(html_of(message)).soup.select_one(".preheader").get_text()
        words, _, padding = preheader.partition("\u034f")
        assert len(words) >= 15, kind
        assert str(message["Subject"]) not in words
        assert len(padding) >= 200


def test_a_digest_named_like_an_article_goes_on_with_something_else() -> None:
    one, other = make_article("Six lines", summary="What to say."), make_article("Two offers")
    for articles, words in (([one, other], "Two offers"), ([one], "What to say.")):
        page = Page(digest_of(articles, "Six lines").html)
        assert page.soup.select_one(".preheader").get_text().startswith(words)


def test_it_stays_far_below_what_gmail_cuts_off() -> None:
    for kind, message in every_kind().items():
        assert len(html_of(message).encode()) < 30_000, kind


def test_the_text_part_has_every_link_and_no_markup() -> None:
    for kind, message in every_kind().items():
        text, page = text_of(message), Page(html_of(message))
        links = {link["href"] for link in page.soup.find_all("a")} - {f"{SITE}/"}
        assert [link for link in links if link not in text] == [], kind
        assert not re.search(r"<\w|&\w+;|\*\*|\]\(", text), kind
        assert max(len(line) for line in text.splitlines() if SITE not in line) <= 78, kind
        assert "\n\n\n\n" not in text


def test_its_bytes_can_be_carried_and_its_parts_are_the_same_in_two_ways() -> None:
    for kind, message in every_kind().items():
        lines = message.as_bytes(policy=policy.SMTP).split(b"\r\n")
        assert max(map(len, lines)) <= 998, kind
        assert not any(b"\n" in line or b"\r" in line for line in lines)
        assert message.get_content_type() == "multipart/alternative"
        parts = list(message.iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        assert {part.get_content_charset() for part in parts} == {"utf-8"}


def test_each_header_stands_there_once_and_each_mail_is_for_one_person() -> None:
    for kind, message in every_kind().items():
        once = ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Content-Type")
        of_lists = ("List-Unsubscribe", "List-Unsubscribe-Post") * (kind in MAY_LEAVE)
        for name in (*once, *of_lists, *("List-Id",) * (kind in CAMPAIGNS)):
            assert len(message.get_all(name, [])) == 1, (kind, name)
        assert len(message["To"].addresses) == 1, kind
        assert not {"bcc", "cc"} & {name.lower() for name in message}
        is_list = any(name.lower().startswith("list-") for name in message)
        assert is_list is (kind in MAY_LEAVE), kind
    assert len({str(message["Message-ID"]) for message in every_kind().values()}) == len(KINDS)


def test_nothing_runs_and_every_address_is_whole_and_safe() -> None:
    for kind, message in every_kind().items():
        for element in Page(html_of(message)).soup.find_all(True):
            assert not [name for name in element.attrs if name.startswith("on")], kind
            for name in {"href", "src", "background", "action", "srcset"} & set(element.attrs):
                assert re.match(rf"{SITE}/|mailto:ada@example.com", element[name]), (kind, element)


@pytest.mark.parametrize("name", ["Müller & Söhne, “Jobs”", "وظائف", "🎉" * 30, "x" * 80])
def test_any_name_of_the_site_and_its_sender_arrives_as_it_is(name: str, settings: object) -> None:
    settings.DEFAULT_FROM_EMAIL = formataddr((name, "news@careers.example"))
    Publication.objects.update_or_create(pk=1, defaults={"name": name})
    reader, now = make_subscriber(), timezone.now()
    for mail in (
        emails.welcome_mail(reader, [], now),
        emails.preferences_link_mail(reader, now),
        emails.address_changed_mail(reader, "old@example.com", now),
        emails.topics_gone_mail(reader, now),
        emails.your_data_link_mail(reader, now),
    ):
        message = read_back(mail)
        (sender,) = message["From"].addresses
        assert (sender.display_name, sender.addr_spec) == (name, "news@careers.example")
        assert name in str(message["Subject"])
        assert name in text_of(message).replace("\n", " ")
        assert message.defects == []


@pytest.mark.parametrize("kind", MAY_LEAVE)
def test_the_foot_says_why_how_to_leave_and_where_we_are(kind: str) -> None:
    message = every_kind()[kind]
    for words in (Page(html_of(message)).soup.select_one(".foot").get_text(" "), text_of(message)):
        assert "You get this mail because" in words
        assert "Unsubscribe" in words
        assert "Change what you get" in words
        assert "12 Harbour Street, Dublin" in words
        assert ("Read it in a browser" in words) is (kind in CAMPAIGNS)
    assert f"{SITE}/newsletter/unsubscribe/" in html_of(message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_every_mail_is_well_formed_and_names_itself() -> None:
    for kind, message in every_kind().items():
        parts = [message, *message.walk()]
        assert [defect for part in parts for defect in part.defects] == [], kind
        headers = [header for name in message for header in message.get_all(name)]
        assert [defect for header in headers for defect in header.defects] == [], kind
        assert re.fullmatch(r"<[\w.-]+@careers\.example>", message["Message-ID"])
        assert (message["Auto-Submitted"] == "auto-generated") is (kind not in CAMPAIGNS)
        assert message["Date"]


def test_links_to_articles_are_those_that_never_change() -> None:
    for kind, message in every_kind().items():
        links = {link["href"] for link in Page(html_of(message)).soup.find_all("a")}
        to_articles = {link for link in links if "/articles/" in link}
        assert all(re.fullmatch(rf"{SITE}/articles/id/\d+/", link) for link in to_articles), kind
        assert bool(to_articles) is (kind in ("notice", "digest", "welcome"))
