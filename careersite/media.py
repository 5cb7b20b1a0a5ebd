"""Pictures from `DATA_DIR/media`, where no nginx stands in front to serve them."""

import mimetypes

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.static import serve

# Python and small systems do not know these yet, and a browser shows no picture of an unsaid kind.
for kind in ("avif", "webp"):
    mimetypes.add_type(f"image/{kind}", f".{kind}")


def picture(request: HttpRequest, name: str) -> FileResponse:
    """A stored picture. Its name is never used again for another, so it may be kept for good."""
    try:
        response = serve(request, name, document_root=settings.MEDIA_ROOT)
    except OSError as error:  # no file can have such a name
        raise Http404 from error
    if response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        # Mail programs and feed readers in a browser show our pictures on their own pages.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
