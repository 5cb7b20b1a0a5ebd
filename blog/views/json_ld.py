"""A page as search engines read it (schema.org)."""

import json

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from blog.models import Article, Image, Publication, Topic
from blog.page_text import Heading
from blog.share_picture import SharePicture
from blog.site_address import absolute

# Inside <script> nothing is unescaped, so what could end it is written in JSON's own way.
ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
LOGO, LOGO_SIZE = "icons/apple-touch-icon.png", 180

Facts = dict[str, object]


def json_ld(*things: Facts) -> SafeString:
    """A whole script element. It holds data, so the content security policy lets it stand."""
    content = {"@context": "https://schema.org", "@graph": things}
    short = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    escaped = short.translate(ESCAPES)
    data = mark_safe(escaped)  # noqa: S308 (nothing is left that could end the element)
    return format_html('<script type="application/ld+json">{}</script>', data)


def article_json_ld(
    article: Article, topics: list[Topic], description: str, publication: Publication
) -> SafeString:
    things = [posting(article, topics, description, publication), breadcrumb(article, topics[:1])]
    if questions := article.page_text.questions:
        things.append(answers(questions))
    return json_ld(*things)


def home_json_ld(publication: Publication) -> SafeString:
    return json_ld(website(publication), organization(publication))


def posting(
    article: Article, topics: list[Topic], description: str, publication: Publication
) -> Facts:
    url = absolute(article.get_absolute_url())
    facts: Facts = {
        "@type": "BlogPosting",
        "headline": article.title,
        "description": description,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": timezone.localtime(article.published_at).isoformat(timespec="seconds"),
        "dateModified": timezone.localtime(article.changed_at).isoformat(timespec="seconds"),
        "author": person(article),
        "publisher": organization(publication),
        "inLanguage": "en",
        "wordCount": len(article.body_text.split()),
    }
    if article.original_url:
        facts["isBasedOn"] = article.original_url
    if topics:
        facts["articleSection"] = topics[0].name
        facts["keywords"] = [topic.name for topic in topics]
    picture = article.cover or SharePicture.of(article, topics, publication)
    facts["image"] = image_json_ld(picture)
    if article.series:
        facts["isPartOf"] = {"@type": "CreativeWorkSeries", "name": article.series.title}
    return facts


def person(article: Article) -> Facts:
    author = article.author
    facts = {
        "@type": "Person",
        "name": author.name,
        "url": absolute(author.get_absolute_url()),
    }
    return {**facts, "jobTitle": author.role} if author.role else facts


def organization(publication: Publication) -> Facts:
    return {
        "@type": "Organization",
        "@id": absolute("/#organization"),
        "name": publication.name,
        "url": absolute("/"),
        "logo": {
            "@type": "ImageObject",
            "url": absolute(static(LOGO)),
            "width": LOGO_SIZE,
            "height": LOGO_SIZE,
        },
    }


def website(publication: Publication) -> Facts:
    return {
        "@type": "WebSite",
        "@id": absolute("/#website"),
        "name": publication.name,
        "description": publication.tagline,
        "url": absolute("/"),
        "inLanguage": "en",
        "publisher": {"@id": absolute("/#organization")},
    }


def breadcrumb(article: Article, topics: list[Topic]) -> Facts:
    """The way down to the article, as its page shows it."""
    steps = [("Home", "/"), *((topic.name, topic.get_absolute_url()) for topic in topics)]
    steps.append((article.title, article.get_absolute_url()))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(steps, start=1)
        ],
    }


def answers(questions: list[Heading]) -> Facts:
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": question.text,
                "acceptedAnswer": {"@type": "Answer", "text": question.answer},
            }
            for question in questions
        ],
    }


def image_json_ld(image: Image | SharePicture) -> Facts:
    return {
        "@type": "ImageObject",
        "url": absolute(image.url),
        "width": image.width,
        "height": image.height,
    }
