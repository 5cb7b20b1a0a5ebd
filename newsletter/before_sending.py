"""What is looked at before a letter goes out. What is bad stops it; a warning wants a tick."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from html.parser import HTMLParser

from blog.plain_text import plain_text
from newsletter.emails import TOKEN_PLACE, Words
from newsletter.models import Letter
from newsletter.own_links import what_is_wrong
from newsletter.sender_remarks import Remark, of_sender

LONGEST_SUBJECT = 90
# Gmail cuts a longer mail off, and with its end the link to leave.
MAX_BYTES = 100_000
MOST_LINKS = 200


class Markup(HTMLParser):
    """The links and pictures of a mail, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures_without_words = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img" and not found.get("alt"):
            self.pictures_without_words += 1


def remarks(letter: Letter, now: datetime) -> list[Remark]:
    """The worst first."""
    found = [remark for look in LOOKS for remark in look(letter)]
    found += of_audience(letter, now)
    found += of_mail(letter.words())
    found += of_sender()
    return sorted(found, key=lambda remark: TONES.index(remark.tone))


def stops(found: Iterable[Remark]) -> bool:
    return any(remark.tone == "bad" for remark in found)


def tick_for(found: Iterable[Remark]) -> str:
    """What the tick under these warnings says: another warning wants another tick."""
    words = "\0".join(remark.words for remark in found if remark.tone == "warn")
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""


# --- What is looked at ------------------------------------------------------------------------


def of_subject(letter: Letter) -> Iterator[Remark]:
    for subject in filter(None, (letter.subject, letter.other_subject)):
        if len(subject) > LONGEST_SUBJECT:
            yield Remark("warn", f"“{subject[:40]}…” is long: a phone shows some 40 characters.")
    if not letter.subject.strip():
        yield Remark("bad", "It has no subject.")
    elif alike(letter.subject, letter.other_subject):
        yield Remark("bad", "The two subjects are the same: there is nothing to compare.")
    else:
        yield Remark("good", "It has a subject.")


def of_preheader(letter: Letter) -> Iterator[Remark]:
    if not letter.preheader.strip():
        yield Remark("warn", "It has no preview line: a list of mails shows whatever comes first.")
    elif alike(letter.preheader, letter.subject) or alike(letter.preheader, letter.other_subject):
        yield Remark("warn", "The preview line repeats the subject.")
    else:
        yield Remark("good", "It has a preview line of its own.")


def of_body(letter: Letter) -> Iterator[Remark]:
    """Only of what the editor wrote: the frame around it is ours."""
    if not plain_text(letter.body):
        yield Remark("bad", "It has no text.")
    if without := Markup(letter.body).pictures_without_words:
        are = "1 picture has" if without == 1 else f"{without} pictures have"
        yield Remark("warn", f"{are} no words for those who cannot see. Double-click to add them.")


LOOKS: list[Callable[[Letter], Iterator[Remark]]] = [of_subject, of_preheader, of_body]


def of_audience(letter: Letter, now: datetime) -> Iterator[Remark]:
    if letter.has_no_topic_left:
        yield Remark("bad", "All topics it was for are deleted. Edit it, and choose who gets it.")
    elif not letter.people(now):
        yield Remark("bad", "Nobody would get it: no subscriber wants what it is for.")


def of_mail(words: Words) -> Iterator[Remark]:
    yield from of_size(len(words.html.encode()))
    yield from of_links(Markup(words.html).links)
    if TOKEN_PLACE in words.html and TOKEN_PLACE in words.text:
        yield Remark("good", "It has the link to leave, in both parts.")
    else:
        yield Remark("bad", "The link to leave is missing. Its template has lost it.")


def of_size(size_bytes: int) -> Iterator[Remark]:
    kilobytes = f"{size_bytes / 1000:.0f} kB"
    if size_bytes >= MAX_BYTES:
        yield Remark("bad", f"It is {kilobytes} long; Gmail cuts off what is longer than 100.")
    else:
        yield Remark("good", f"It is {kilobytes} long; up to 100 arrive whole.")


def of_links(links: list[str]) -> Iterator[Remark]:
    """Those that differ from copy to copy are ours and are left out."""
    addresses = [url for url in dict.fromkeys(links) if "/newsletter/" not in url]
    wrong = [(url, why) for url in addresses[:MOST_LINKS] if (why := what_is_wrong(url))]
    for url, why in wrong:
        tone = "warn" if why == "is not public yet" else "bad"
        yield Remark(tone, f"The link {url[:120]} {why}.")
    if not wrong:
        yield Remark(
            "good", "Its links to this site lead somewhere. Other sites are not asked, by design."
        )


TONES = ("bad", "warn", "note", "good")


def alike(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()
