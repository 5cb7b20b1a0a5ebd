"""The pictures that stand for articles where their addresses are shared."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import conditional_page, require_safe

from blog.models import Article, Publication
from blog.share_picture import SharePicture
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE

# Its address changes with what it shows. But taken back, an article takes its picture along.
FOR_AN_HOUR = "public, max-age=3600"


@require_safe
@conditional_page
def share_picture(request: HttpRequest, slug: str, fingerprint: str) -> HttpResponse:
    """Only of what is public, and only as it is now: no address makes another file."""
    public = Article.objects.published().select_related("cover").defer("body", "body_text")
    found = public.filter(slug=slug).first()
    if found is None:
        return not_found(request)
    picture = SharePicture.of(found, list(found.topics.all()), Publication.current())
    if picture.fingerprint != fingerprint:
        return HttpResponseRedirect(picture.url, headers={"Cache-Control": PUBLIC_CACHE})
    headers = {"Cache-Control": FOR_AN_HOUR, "ETag": f'"{fingerprint}"'}
    # Those who show a link show its picture on their own pages.
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return HttpResponse(picture.content(), content_type="image/jpeg", headers=headers)
