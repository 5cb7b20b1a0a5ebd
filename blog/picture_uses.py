"""Where a picture is shown: covers, texts and portraits."""

import re
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from blog.models import Article, Author, Image, Page
from blog.pictures_in_text import showing
from blog.sanitizer import PICTURE, SOURCE

Use = Article | Author | Page


def uses_of(image: Image) -> list[Use]:
    in_text = Q(body__contains=image.url)
    return [
        *Article.objects.filter(in_text | Q(cover=image)),
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
            use.record_revision(by, use.planned_for if use.is_draft else None)
    return uses


def _replaced(old: Image, new: Image, match: re.Match[str]) -> str:
    source = SOURCE.search(match.group())
    return showing(match.group(), new) if source and source[1] == old.url else match.group()
