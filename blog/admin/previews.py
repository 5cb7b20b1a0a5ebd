"""What is not public yet of an article: compared with what is, shown by a link, discarded."""

from functools import partial, update_wrapper

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from blog.admin.article_words import state_of
from blog.comparing import Comparison
from blog.models import Article, PreviewLink
from blog.site_address import absolute


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def guarded(view: object) -> object:
        return model_admin.admin_site.admin_view(update_wrapper(partial(view, model_admin), view))

    stem = "<int:article_id>/preview/"
    return [
        path(stem, guarded(show), name="blog_article_preview"),
        path(f"{stem}<str:deed>/", require_POST(guarded(act)), name="blog_article_preview_deed"),
    ]


def show(model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int) -> HttpResponse:
    article = find(model_admin, request, article_id)
    changes = article.unpublished_changes
    link = article.preview_links.open(timezone.now()).first()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Preview",
        "article": article,
        "state": state_of(article),
        "changes": changes,
        "comparison": changes and Comparison.of(article, changes),
        "link": link,
        "link_url": link and absolute(reverse("preview", args=[link.token])),
    }
    return TemplateResponse(request, "admin/blog/article/preview.html", context)


def act(
    model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int, deed: str
) -> HttpResponse:
    article = find(model_admin, request, article_id)
    if deed not in DEEDS:
        raise Http404
    done = DEEDS[deed](article, request)
    model_admin.log_change(request, article, done)
    messages.success(request, f"{done}.")
    return HttpResponseRedirect(reverse("admin:blog_article_preview", args=[article.pk]))


def make(article: Article, request: HttpRequest) -> str:
    PreviewLink.objects.make(article, request.user, timezone.now())
    return "Made a preview link"


def revoke(article: Article, request: HttpRequest) -> str:
    article.preview_links.all().delete()
    return "Revoked the preview link"


def discard(article: Article, request: HttpRequest) -> str:
    article.discard_changes(request.user)
    return "Discarded the changes that were not public; they stay among the earlier versions"


DEEDS = {"make": make, "revoke": revoke, "discard": discard}


def find(model_admin: admin.ModelAdmin, request: HttpRequest, article_id: int) -> Article:
    """The same right that editing the article takes. Who has none learns not what is there."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    article = get_object_or_404(Article.objects.select_related("author", "cover"), pk=article_id)
    if not model_admin.has_change_permission(request, article):
        raise PermissionDenied
    return article
