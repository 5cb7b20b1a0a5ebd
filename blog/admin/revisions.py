"""Earlier versions of an article: looked at, and brought back."""

from functools import partial, update_wrapper

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString, mark_safe

from blog.comparing import Comparison
from blog.models import Article, Author, Revision, Topic
from blog.sanitizer import sanitize

SHOWN = 50
INCOMPLETE = (
    "This version lacks something that a public article needs. "
    "Take the article back to draft first, or copy what you want from here."
)


def newest_of(article: Article) -> list[Revision]:
    """Each knows by `is_shown` whether it is what the public reads, or would."""
    found = list(article.revisions.select_related("by").defer("content")[:SHOWN])
    shown = next((one for one in found if not one.kept_back), None)
    for one in found:
        one.is_shown = one is shown
    return found


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def guarded(view: object) -> object:
        bound = update_wrapper(partial(view, model_admin), view)
        return model_admin.admin_site.admin_view(bound)

    stem = "<int:article_id>/versions/<int:revision_id>/"
    return [
        path(stem, guarded(show), name="blog_article_revision"),
        path(f"{stem}restore/", guarded(restore), name="blog_article_restore"),
    ]


def show(
    model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int, revision_id: int
) -> HttpResponse:
    revision = find(model_admin, request, article_id, revision_id)
    article, content = revision.article, revision.content
    is_shown = revision == article.revisions.filter(kept_back=False).first()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "An earlier version",
        "article": article,
        "revision": revision,
        "body": readable(content["body"]),
        "topics": Topic.objects.filter(pk__in=content["topics"]),
        "author": Author.objects.filter(pk=content["author_id"]).first(),
        "is_shown": is_shown,
        "is_waiting": revision == article.unpublished_changes,
        "comparison": None if is_shown else Comparison.of(article, revision),
    }
    return TemplateResponse(request, "admin/blog/article/revision.html", context)


def restore(
    model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int, revision_id: int
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    revision = find(model_admin, request, article_id, revision_id)
    article = revision.article
    if "keep_back" in request.POST and article.is_public:
        article.keep_back(revision.content, request.user)
        model_admin.log_change(request, article, f"Brought back {revision}, not published yet")
        messages.success(request, "The earlier version is here, as changes that are not public.")
    elif not article.is_draft and not revision.is_fit_for_the_public:
        messages.error(request, INCOMPLETE)
    else:
        with transaction.atomic():
            article.restore(revision, request.user)
        model_admin.log_change(request, article, f"Brought back {revision}")
        messages.success(request, "The earlier version is back. The one before it is kept below.")
    return HttpResponseRedirect(reverse("admin:blog_article_change", args=[article.pk]))


def find(
    model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int, revision_id: int
) -> Revision:
    """The same right that editing the article takes. Who has none learns not what is there."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    found = get_object_or_404(
        Revision.objects.select_related("article", "by"), pk=revision_id, article=article_id
    )
    if not model_admin.has_change_permission(request, found.article):
        raise PermissionDenied
    return found


def readable(body: str) -> SafeString:
    """An old row may come from an older list of what is allowed: cleaned again."""
    return mark_safe(sanitize(body))  # noqa: S308
