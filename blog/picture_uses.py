"""Where a picture is shown: covers, texts and portraits."""

import re
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from blog.models import Article, Author, Image, Page, Revision
from blog.pictures_in_text import showing
from blog.sanitizer import PICTURE, SOURCE

Use = Article | Author | Page


def uses_of(image: Image) -> list[Use]:
    """Wherever the public sees it or may come to see it: changes that wait count, too."""
    in_text = Q(body__contains=image.url)
    waiting = Revision.objects.waiting()
    in_changes = [one.article_id for one in waiting if shows(one.content, image)]
    return [
        *Article.objects.filter(in_text | Q(cover=image) | Q(pk__in=in_changes)),
        *Page.objects.filter(in_text),
        *Author.objects.filter(portrait=image),
    ]


@transaction.atomic
def replace_everywhere(old: Image, new: Image, by: AbstractBaseUser) -> list[Use]:
    """Show `new` wherever `old` is shown. `old` stays: mails that went out show it, and earlier
    versions of the articles, and pages that somebody keeps for a while."""
    uses = uses_of(old)
    for use in uses:
        if isinstance(use, Author):
            use.portrait = new
        else:
            use.body = PICTURE.sub(partial(_replaced, old, new), use.body)
        if isinstance(use, Article) and use.cover_id == old.pk:
            use.cover = new
        use.save()
        if isinstance(use, Article):
            replace_in_versions(use, old, new, by)
    return uses


def shows(content: dict[str, object], image: Image) -> bool:
    return content["cover_id"] == image.pk or image.url in content["body"]


def replace_in_versions(article: Article, old: Image, new: Image, by: AbstractBaseUser) -> None:
    """The article has the new picture already; changes that wait get it here."""
    planned_for = article.planned_for if article.is_draft else None
    article.record_revision(by, planned_for, leave_changes=True)
    changes = article.unpublished_changes
    if changes and shows(changes.content, old):
        body = PICTURE.sub(partial(_replaced, old, new), changes.content["body"])
        cover_id = changes.content["cover_id"]
        content = {"body": body, "cover_id": new.pk if cover_id == old.pk else cover_id}
        article.keep_back({**changes.content, **content}, by)


def _replaced(old: Image, new: Image, match: re.Match[str]) -> str:
    source = SOURCE.search(match.group())
    return showing(match.group(), new) if source and source[1] == old.url else match.group()
