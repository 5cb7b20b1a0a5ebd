"""The page of one article."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.navigation import public_topics
from blog.neighbourhood import Neighbourhood
from blog.plain_text import excerpt
from blog.share_picture import SharePicture
from blog.sharing import share_links
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, page_context, public_page
from blog.views.json_ld import article_json_ld
from blog.whole_article import public_article


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    found = public_article(slug, now)
    if found is None:
        return not_found(request)
    navigation = public_topics(now, found)
    topics = [topic for topic in navigation if topic.is_ours]
    others = Neighbourhood.of(found, topics, now)
    about = found.summary or excerpt(found.body_text, DESCRIPTION_LENGTH)
    context = page_context(
        request,
        title=found.title,
        description=about,
        topics=navigation,
        about=topics,
        leaving_out=found,
    )
    page_url = absolute(found.get_absolute_url())
    context |= {
        "canonical_url": found.canonical_url,
        "article": found,
        "topics": topics,
        "previous": others.previous,
        "next": others.next,
        "related": others.related,
        "parts": others.parts,
        "page_url": page_url,
        "share_picture": SharePicture.of(found, topics, context["publication"]),
        "share_links": share_links(found.title, page_url),
        "json_ld": article_json_ld(found, topics, about, context["publication"]),
    }
    return public_page("blog/article.html", context)
