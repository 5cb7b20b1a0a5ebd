"""An article as search engines read it (schema.org)."""

import json

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from blog.models import Article, Image, Publication
from blog.site_address import absolute

# Inside <script> nothing is unescaped, so what could end it is written in JSON's own way.
ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def article_json_ld(article: Article, description: str, publication: Publication) -> SafeString:
    """A whole script element. It holds data, so the content security policy lets it stand."""
    url = absolute(article.get_absolute_url())
    author = article.author
    content = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": article.title,
        "description": description,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": timezone.localtime(article.published_at).isoformat(timespec="seconds"),
        "dateModified": timezone.localtime(article.changed_at).isoformat(timespec="seconds"),
        "author": {
            "@type": "Person",
            "name": author.name,
            "url": absolute(author.get_absolute_url()),
        },
        "publisher": {"@type": "Organization", "name": publication.name, "url": absolute("/")},
    }
    if article.cover:
        content["image"] = image_json_ld(article.cover)
    escaped = json.dumps(content, ensure_ascii=False).translate(ESCAPES)
    data = mark_safe(escaped)  # noqa: S308 (nothing is left that could end the element)
    return format_html('<script type="application/ld+json">{}</script>', data)


def image_json_ld(image: Image) -> dict[str, object]:
    return {
        "@type": "ImageObject",
        "url": absolute(image.url),
        "width": image.width,
        "height": image.height,
    }
