from django.contrib import admin

from blog.admin.article import ArticleAdmin
from blog.admin.image import ImageAdmin
from blog.admin.people import AuthorAdmin, TopicAdmin
from blog.admin.site import (
    CallToActionAdmin,
    FormerAddressAdmin,
    PageAdmin,
    PublicationAdmin,
    SeriesAdmin,
)

__all__ = [
    "ArticleAdmin",
    "AuthorAdmin",
    "CallToActionAdmin",
    "FormerAddressAdmin",
    "ImageAdmin",
    "PageAdmin",
    "PublicationAdmin",
    "SeriesAdmin",
    "TopicAdmin",
]

admin.site.site_header = admin.site.site_title = "Editors’ desk"
admin.site.index_title = "Editors’ desk"
admin.site.empty_value_display = "–"
