"""The address of an article that stands in mails: it outlives every change of the slug."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from blog.models import Article
from blog.views.errors import not_found
from blog.views.furniture import moved


@require_safe
def article_by_number(request: HttpRequest, number: int) -> HttpResponse:
    found = Article.objects.published().only("slug").filter(pk=number).first()
    return moved(request, found.get_absolute_url()) if found else not_found(request)
