from blog.models.address import FormerAddress
from blog.models.article import Article
from blog.models.attempt import Attempt
from blog.models.author import Author
from blog.models.image import Image
from blog.models.page import Page
from blog.models.preview_link import PreviewLink
from blog.models.publication import CallToAction, Publication
from blog.models.read_count import ReadCount
from blog.models.revision import Revision
from blog.models.search import SearchEntry, SearchWord
from blog.models.series import Series
from blog.models.topic import Topic

__all__ = [
    "Article",
    "Attempt",
    "Author",
    "CallToAction",
    "FormerAddress",
    "Image",
    "Page",
    "PreviewLink",
    "Publication",
    "ReadCount",
    "Revision",
    "SearchEntry",
    "SearchWord",
    "Series",
    "Topic",
]
