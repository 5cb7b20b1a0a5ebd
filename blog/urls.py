from django.urls import path, register_converter
from django.urls.converters import IntConverter, StringConverter

from blog import feeds, sitemaps
from blog.views import (
    archive,
    articles,
    copies,
    errors,
    lists,
    pages,
    permanent,
    preview,
    reads,
    search,
    sharing,
)


class UnicodeSlug(StringConverter):
    regex = r"[-\w]+"


class LaterPage(IntConverter):
    """The first page has no number, and nobody has a hundred thousand."""

    regex = "(?!1/)[1-9][0-9]{0,4}"


class Ordinal(IntConverter):
    regex = "[1-9][0-9]{0,9}"


class Year(IntConverter):
    regex = "[12][0-9]{3}"


class Month(IntConverter):
    regex = "0[1-9]|1[0-2]"

    def to_url(self, value: int) -> str:
        return f"{value:02d}"


class Fingerprint(StringConverter):
    regex = "[0-9a-f]{16}"


register_converter(UnicodeSlug, "uslug")
register_converter(Fingerprint, "fingerprint")
register_converter(LaterPage, "later")
register_converter(Ordinal, "ordinal")
register_converter(Year, "year")
register_converter(Month, "month")

urlpatterns = [
    path("", lists.home, name="home"),
    path("page/<later:number>/", lists.home, name="home_page"),
    path("articles/<uslug:slug>/", articles.article, name="article"),
    path("articles/id/<ordinal:number>/", permanent.article_by_number, name="article_by_number"),
    path("articles/<uslug:slug>.md", copies.article_markdown, name="article_markdown"),
    path(
        "share/<uslug:slug>-<fingerprint:fingerprint>.jpg",
        sharing.share_picture,
        name="share_picture",
    ),
    path("topics/<uslug:slug>/", lists.topic, name="topic"),
    path("topics/<uslug:slug>/page/<later:number>/", lists.topic, name="topic_page"),
    path("topics/<uslug:slug>/feed.xml", feeds.topic_rss, name="topic_feed"),
    path("authors/<uslug:slug>/", lists.author, name="author"),
    path("authors/<uslug:slug>/page/<later:number>/", lists.author, name="author_page"),
    path("authors/<uslug:slug>/feed.xml", feeds.author_rss, name="author_feed"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<year:year>/<month:month>/", archive.archive_month, name="archive_month"),
    path(
        "archive/<year:year>/<month:month>/page/<later:number>/",
        archive.archive_month,
        name="archive_month_page",
    ),
    path("search/", search.search, name="search"),
    path("search/suggest/", search.suggest, name="search_suggest"),
    path("feed.xml", feeds.rss, name="feed"),
    path("atom.xml", feeds.atom, name="atom"),
    path("feed.json", feeds.json_feed, name="json_feed"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemaps/pages.xml", sitemaps.sitemap_pages, name="sitemap_pages"),
    path(
        "sitemaps/articles-<ordinal:number>.xml", sitemaps.sitemap_articles, name="sitemap_articles"
    ),
    path("preview/<str:token>/", preview.preview, name="preview"),
    path("read/", reads.read, name="read"),
    path("robots.txt", pages.robots, name="robots"),
    path("llms.txt", copies.llms, name="llms"),
    path("<str:key>.txt", pages.indexnow_key, name="indexnow_key"),
    path("about/", pages.page, {"slug": "about"}, name="about"),
    path("privacy/", pages.page, {"slug": "privacy"}, name="privacy"),
    path("<path:path>", errors.nowhere),
]
