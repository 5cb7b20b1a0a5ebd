"""One mail of each kind, written for one reader, and what a test asks of its HTML."""

import re
from colorsys import hls_to_rgb, rgb_to_hls
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache

from bs4 import BeautifulSoup, NavigableString, Tag
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from blog.models import Article, Publication
from blog.tests.factories import make_article, make_image, make_topic
from enquiries.emails import send_to_staff
from enquiries.models import Question
from newsletter import emails
from newsletter.models import Campaign
from newsletter.staff_mail import pause_mail
from newsletter.tests.factories import make_subscriber

LETTER = """
<p>Dear reader, <strong>two hundred</strong> told us <a href="/about/">what they read</a>.</p>
<h2>Now</h2><h3>On Monday</h3><ul><li>Read it <em>backwards</em>.</li></ul><ol><li>One</li></ol>
<blockquote><p>If they could not repeat it, you had a nice talk.</p></blockquote><hr>
<figure class="image"><img src="{picture}" alt="A desk" width="1600" height="900">
<figcaption>Drawn for this letter.</figcaption></figure>
<table><thead><tr><th>Week</th><th>Replies</th></tr></thead>
<tbody><tr><td>1</td><td>12</td></tr></tbody></table>
<pre><code>Subject: Hello</code></pre><p>Yours,<br>Maya</p>
"""
DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(.*)\}\s*$", re.DOTALL)
DEFAULT_SIZE_PX = 16.0


@cache
def every_kind() -> dict[str, EmailMessage]:
    """As they leave, read back from their bytes. Written once for all tests that look at them."""
    now = timezone.now()
    Publication.objects.update_or_create(
        pk=1, defaults={"postal_address": "12 Harbour Street, Dublin"}
    )
    articles = some_articles()
    reader = make_subscriber("ada@example.com")
    emails.send_confirmation(reader, now)
    letter = LETTER.format(picture=articles[0].cover.url)
    written = {
        "notice": copy_of(emails.notice_of(articles[0])),
        "digest": copy_of(emails.digest_of(articles, "Three things to read")),
        "letter": copy_of(emails.letter_of("What they told us", "Two hundred answers.", letter)),
        "welcome": emails.welcome_mail(reader, articles, now),
        "address change": emails.address_change_mail(
            "new@example.com", "https://careers.example/newsletter/address/x/", "change-1"
        ),
        "word that topics are gone": emails.topics_gone_mail(reader, now),
        "link to choices": emails.preferences_link_mail(reader, now),
        "word to a former address": emails.address_changed_mail(reader, "old@example.com", now),
        "link to one's data": emails.your_data_link_mail(reader, now),
        "confirmation": mail.outbox[-1],
        "enquiry": enquiry_mail(),
        "pause": pause_mail_of(articles[1]),
    }
    return {kind: read_back(message) for kind, message in written.items()}


def enquiry_mail() -> EmailMultiAlternatives:
    question = Question.objects.create(
        text="How do I begin?\n\nI have two weeks.",
        name="Ada",
        email="ada@example.com",
        sent_key="1",
    )
    send_to_staff(question, "desk@example.com", question.staff_url, mail.get_connection())
    return mail.outbox[-1]


def pause_mail_of(article: Article) -> EmailMultiAlternatives:
    campaign = Campaign.objects.announce(article, timezone.now())
    campaign.pause("The mail server refused our password.", timezone.now())
    campaign.refresh_from_db()
    return pause_mail(campaign, "desk@example.com")


def some_articles() -> list[Article]:
    topic = make_topic()
    fields = {"summary": "Few words & what they mean.", "topics": [topic]}
    body = "<p>The first paragraph.</p><p>The second one.</p><h2>Then</h2><p>More.</p>"
    pictured = make_article("Six lines", cover=make_image(320, 180), body=body, **fields)
    return [pictured, make_article("Two offers", **fields), make_article("Bare")]


def copy_of(words: emails.Words) -> EmailMultiAlternatives:
    """The campaign with these words, as the one reader gets it."""
    campaign = Campaign.objects.create(created_at=timezone.now(), **words._asdict())
    campaign.expand(timezone.now())
    delivery = campaign.deliveries.select_related("campaign", "subscriber").get()
    return emails.campaign_mail(campaign, delivery, Publication.current())


def read_back(message: EmailMultiAlternatives) -> EmailMessage:
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


def html_of(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()


class Page:
    """The HTML of a mail, with the styles that its elements end up with."""

    def __init__(self, html: str, *, is_dark: bool = False) -> None:
        self.soup = BeautifulSoup(html, "html.parser")
        sheet = self.soup.style.string if self.soup.style else ""
        self.styles = {
            id(element): dict(DECLARATION.findall(element["style"]))
            for element in self.soup.find_all(style=True)
        }
        for selector, declarations in rules_of(DARK.search(sheet)[1]) if is_dark else []:
            for element in self.soup.select(selector):
                self.styles[id(element)] = self.style_of(element) | declarations

    def style_of(self, element: Tag) -> dict[str, str]:
        """What is said of this very element; nothing inherited."""
        return self.styles.get(id(element), {})

    def inherited(self, element: Tag, name: str) -> str:
        for one in (element, *element.parents):
            if isinstance(one, Tag) and (value := self.style_of(one).get(name)):
                return value
        raise AssertionError(f"{element} has no {name}")

    def with_text(self) -> list[Tag]:
        """Elements with words of their own that people see."""
        hidden = self.soup.select_one(".preheader")
        return [
            element
            for element in self.soup.body.find_all(True)
            if element is not hidden
            and any(type(words) is NavigableString and words.strip() for words in element.children)
        ]


def rules_of(sheet: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (selector.strip(), dict(DECLARATION.findall(body.replace("!important", ""))))
        for selector, body in RULE.findall(sheet)
    ]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def turned_over(colour: str) -> str:
    """As programs do that force dark on a mail: light becomes dark, the hue stays."""
    hue, light, saturation = rgb_to_hls(*rgb(colour))
    return "#" + "".join(f"{round(c * 255):02x}" for c in hls_to_rgb(hue, 1 - light, saturation))


def rgb(colour: str) -> list[float]:
    digits = colour.strip().lstrip("#")
    return [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
