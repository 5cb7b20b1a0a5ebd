"""Lists of articles: all of them, those of a topic, those of an author."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Article, Author, Topic
from blog.navigation import public_topics
from blog.paging import list_page, numbered
from blog.plain_text import excerpt
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, page_context, public_page
from blog.views.json_ld import home_json_ld


@require_safe
def home(request: HttpRequest, number: int = 1) -> HttpResponse:
    page = list_page(Article.objects.published().for_lists(), number, numbered("home"))
    if page is None:
        return not_found(request)
    leads = page.articles[:1] if number == 1 else []
    title = "All articles" if number > 1 else ""
    context = page_context(request, title=title, number=number)
    context |= {"featured": leads[0] if leads else None, "page": page}
    context["articles"] = page.articles[len(leads) :]
    context["json_ld"] = home_json_ld(context["publication"]) if number == 1 else ""
    return public_page("blog/home.html", context)


@require_safe
def topic(request: HttpRequest, slug: str, number: int = 1) -> HttpResponse:
    topics = public_topics(timezone.now())
    found = next((topic for topic in topics if topic.slug == slug), None)
    if found is None:
        return not_found(request, topics=topics)
    articles = found.articles.published().for_lists()
    page = list_page(articles, number, numbered("topic", slug=slug))
    if page is None:
        return not_found(request, topics=topics)
    about = excerpt(found.introduction, DESCRIPTION_LENGTH) or f"Articles on {found.name}."
    context = page_context(
        request, title=found.name, description=about, number=number, topics=topics, about=[found]
    )
    context["feed_links"].append(feed_link(found))
    context |= {"topic": found, "articles": page.articles, "page": page}
    return public_page("blog/topic.html", context)


def feed_link(owner: Topic | Author) -> dict[str, str]:
    url = absolute(f"{owner.get_absolute_url()}feed.xml")
    return {"title": f"{owner.name} (RSS)", "url": url, "type": "application/rss+xml"}


@require_safe
def author(request: HttpRequest, slug: str, number: int = 1) -> HttpResponse:
    """The author is taken from the articles: without a public one there is no page."""
    articles = Article.objects.published().filter(author__slug=slug)
    with_author = articles.for_lists().select_related("author__portrait").defer(None)
    page = list_page(with_author.defer("body", "body_text"), number, numbered("author", slug=slug))
    if page is None or not page.articles:
        return not_found(request)
    found = page.articles[0].author
    about = excerpt(found.biography, DESCRIPTION_LENGTH) or f"Articles by {found.name}."
    context = page_context(request, title=found.name, description=about, number=number)
    context["feed_links"].append(feed_link(found))
    context |= {"author": found, "articles": page.articles, "page": page}
    return public_page("blog/author.html", context)
