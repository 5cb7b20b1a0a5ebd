"""The feeds: whole articles as RSS, Atom and JSON Feed, the newest twenty.

An item is known by the article's `uid`, whatever its title, its address or our domain become.
"""

import json
import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import (
    Atom1Feed,
    Enclosure,
    Rss201rev2Feed,
    SyndicationFeed,
    rfc3339_date,
)
from django.utils.html import format_html
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from blog.absolute_html import absolute_html
from blog.models import Article, Image, Publication
from blog.models.article import ArticleQuerySet
from blog.plain_text import excerpt
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE

ITEMS = 20
SUMMARY_LENGTH = 300
CONTENT_NAMESPACE = "http://purl.org/rss/1.0/modules/content/"
MEDIA_NAMESPACE = "http://search.yahoo.com/mrss/"
# All that XML 1.0 has no place for (its section 2.2).
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
def rss(request: HttpRequest) -> HttpResponse:
    return xml_answer(whole_site("feed"), RssOfWholeArticles)


@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    return xml_answer(whole_site("atom"), AtomOfWholeArticles)


@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    channel = whole_site("json_feed")
    content = json.dumps(as_json_feed(channel), ensure_ascii=False)
    return answer(channel, content, "application/feed+json; charset=utf-8")


@require_safe
def topic_rss(request: HttpRequest, slug: str) -> HttpResponse:
    """The topic is taken from the articles: without a public one there is no feed."""
    articles = newest(Article.objects.published().filter(topics__slug=slug))
    topics = [topic for article in articles for topic in article.topics.all()]
    found = next((topic for topic in topics if topic.slug == slug), None)
    if found is None:
        return not_found(request)
    path = found.get_absolute_url()
    return xml_answer(part(found.name, found.introduction, path, articles), RssOfWholeArticles)


@require_safe
def author_rss(request: HttpRequest, slug: str) -> HttpResponse:
    articles = newest(Article.objects.published().filter(author__slug=slug))
    if not articles:
        return not_found(request)
    found = articles[0].author
    path = found.get_absolute_url()
    return xml_answer(part(found.name, found.biography, path, articles), RssOfWholeArticles)


@dataclass(frozen=True)
class Channel:
    title: str
    description: str
    path: str
    feed_path: str
    articles: list[Article]

    @property
    def touched_at(self) -> datetime | None:
        """The last change of any kind, a new cover included: who has this has it all."""
        moments = (max(one.published_at, one.updated_at) for one in self.articles)
        return max(moments, default=None)


def whole_site(feed_name: str) -> Channel:
    publication = Publication.current()
    return Channel(
        title=publication.name,
        description=publication.tagline,
        path=reverse("home"),
        feed_path=reverse(feed_name),
        articles=newest(Article.objects.published()),
    )


def part(name: str, about: str, path: str, articles: list[Article]) -> Channel:
    """The channel of a topic or an author: its feed lies right below its page."""
    publication = Publication.current()
    title = f"{name} · {publication.name}"
    return Channel(title, about or publication.tagline, path, f"{path}feed.xml", articles)


def newest(articles: ArticleQuerySet) -> list[Article]:
    """With all that an item shows, in two queries."""
    found = articles.newest_first().select_related("author", "cover").prefetch_related("topics")
    return list(found[:ITEMS])


def xml_answer(channel: Channel, kind: type[SyndicationFeed]) -> HttpResponse:
    feed = kind(
        title=xml_text(channel.title),
        link=absolute(channel.path),
        description=xml_text(channel.description),
        language="en",
        feed_url=absolute(channel.feed_path),
    )
    for article in channel.articles:
        feed.add_item(**item(article))
    return answer(channel, feed.writeString("utf-8"), kind.content_type)


def answer(channel: Channel, content: str, content_type: str) -> HttpResponse:
    headers = {"Cache-Control": PUBLIC_CACHE}
    if channel.touched_at:
        headers["Last-Modified"] = http_date(channel.touched_at.timestamp())
    return HttpResponse(content, content_type=content_type, headers=headers)


def item(article: Article) -> dict[str, object]:
    """An article in the words of Django's feed generators."""
    return {
        "title": xml_text(article.title),
        "link": absolute(article.get_absolute_url()),
        "description": xml_text(summary(article)),
        "content": xml_text(whole_content(article)),
        "unique_id": article.uid.urn,
        "unique_id_is_permalink": False,
        "author_name": xml_text(article.author.name),
        "author_link": absolute(article.author.get_absolute_url()),
        "pubdate": article.published_at,
        "updateddate": article.changed_at,
        "categories": [xml_text(topic.name) for topic in article.topics.all()],
        "enclosures": enclosures(article),
        "cover": article.cover,
    }


def xml_text(text: str) -> str:
    return NOT_XML.sub("", text)


def summary(article: Article) -> str:
    return article.summary or excerpt(article.body_text, SUMMARY_LENGTH)


def whole_content(article: Article) -> str:
    body = absolute_html(article.body, absolute(article.get_absolute_url()))
    return figure(article.cover) + body if article.cover else body


def figure(cover: Image) -> str:
    return format_html(
        '<figure><img src="{}" alt="{}" width="{}" height="{}"></figure>',
        absolute(cover.url),
        cover.alternative_text,
        cover.width,
        cover.height,
    )


def enclosures(article: Article) -> list[Enclosure]:
    """The cover with its true length in bytes; none if its file is lost."""
    if not article.cover:
        return []
    try:
        length = article.cover.file.size
    except OSError:
        return []
    return [Enclosure(absolute(article.cover.url), str(length), media_type(article.cover))]


def media_type(image: Image) -> str:
    return mimetypes.guess_type(image.file.name)[0] or "application/octet-stream"


class RssOfWholeArticles(Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        names = {"xmlns:content": CONTENT_NAMESPACE, "xmlns:media": MEDIA_NAMESPACE}
        return {**super().rss_attributes(), **names}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])
        handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))
        for enclosure in item["enclosures"]:
            size = {"width": str(item["cover"].width), "height": str(item["cover"].height)}
            about = {"url": enclosure.url, "fileSize": enclosure.length, "medium": "image"}
            about["type"] = enclosure.mime_type
            handler.addQuickElement("media:content", None, {**about, **size})


class AtomOfWholeArticles(Atom1Feed):
    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


def as_json_feed(channel: Channel) -> dict[str, object]:
    """https://www.jsonfeed.org/version/1.1/"""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "description": channel.description,
        "home_page_url": absolute(channel.path),
        "feed_url": absolute(channel.feed_path),
        "language": "en",
        "items": [json_item(article) for article in channel.articles],
    }


def json_item(article: Article) -> dict[str, object]:
    author = article.author
    found = {
        "id": article.uid.urn,
        "url": absolute(article.get_absolute_url()),
        "title": article.title,
        "summary": summary(article),
        "content_html": whole_content(article),
        "date_published": rfc3339_date(article.published_at),
        "date_modified": rfc3339_date(article.changed_at),
        "authors": [{"name": author.name, "url": absolute(author.get_absolute_url())}],
        "tags": [topic.name for topic in article.topics.all()],
    }
    if article.cover:
        found["image"] = absolute(article.cover.url)
        found["attachments"] = [
            {"url": each.url, "mime_type": each.mime_type, "size_in_bytes": int(each.length)}
            for each in enclosures(article)
        ]
    return found
