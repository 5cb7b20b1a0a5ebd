"""Articles as Markdown, for machines that read: whole, and with every address made absolute."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdownify import MarkdownConverter

from blog.absolute_html import absolute_html
from blog.models import Article
from blog.site_address import absolute


def as_markdown(article: Article) -> str:
    url = absolute(article.get_absolute_url())
    return to_markdown(head(article, url) + absolute_html(article.body, url))


class Converter(MarkdownConverter):
    def escape(self, text: str, parent_tags: set[str]) -> str:
        """What looks like a tag or a link in the text stays text."""
        return super().escape(text, parent_tags).replace("<", r"\<").replace("[", r"\[")


def to_markdown(html: str) -> str:
    return Converter(heading_style="ATX", bullets="-").convert(html).strip() + "\n"


def head(article: Article, url: str) -> SafeString:
    author = article.author
    return format_html(
        '<h1>{}</h1><p>{}</p><p>By <a href="{}">{}</a>, {}. <a href="{}">{}</a></p>{}',
        *(article.title, article.summary),
        *(absolute(author.get_absolute_url()), author.name),
        *(dates(article), url, url, origin(article)),
    )


def origin(article: Article) -> str:
    if not article.original_url:
        return ""
    link = format_html('<a href="{}">{}</a>', article.original_url, article.original_url)
    return format_html("<p>First published at {}</p>", link)


def dates(article: Article) -> str:
    published = f"published {day(article.published_at)}"
    return f"{published}, updated {day(article.changed_at)}" if article.is_revised else published


def day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y")
