from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from blog.forms.pictures import ImageForm, store_picture
from blog.images import MAX_BYTES, BadImage
from blog.models import Article, Author, Image, Page

FORM_OVERHEAD_BYTES = 64 * 1024
LOGGED_OUT = "Your session has ended. Log in again in another tab, then send the picture again."
NOT_ALLOWED = "You may not add pictures."
TOO_LARGE = f"This picture is larger than {MAX_BYTES // 2**20} MB. Save it smaller."


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    form = ImageForm
    list_display = ("thumbnail", "description", "size", "created_at")
    list_display_links = ("description",)
    search_fields = ("alternative_text",)
    list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: Image | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("picture", "alternative_text")
        return ("preview", "size", "address", "alternative_text", "used_in")

    def get_readonly_fields(self, request: HttpRequest, obj: Image | None = None) -> tuple:
        return ("preview", "size", "address", "used_in") if obj else ()

    @admin.display(description="picture")
    def thumbnail(self, image: Image) -> SafeString:
        return shown(image, "thumbnail")

    @admin.display(description="picture")
    def preview(self, image: Image) -> SafeString:
        return shown(image, "cover-preview")

    @admin.display(description="what it shows", ordering="alternative_text")
    def description(self, image: Image) -> str:
        return image.alternative_text or "Not said yet"

    @admin.display
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}"

    @admin.display
    def address(self, image: Image) -> str:
        return image.url

    @admin.display
    def used_in(self, image: Image) -> str:
        return ", ".join(uses_of(image)) or "Nothing."

    def get_deleted_objects(self, objs: QuerySet | list[Image], request: HttpRequest) -> tuple:
        """A picture in use is protected: no page loses one by a slip."""
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, lacking, [*protected, *(use for i in objs for use in uses_of(i))]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for image in queryset:
            image.delete()

    def save_form(self, request: HttpRequest, form: ImageForm, change: bool) -> Image:
        return form.save(commit=False)

    def get_urls(self) -> list[URLPattern]:
        return [path("upload/", upload, name="blog_image_upload"), *super().get_urls()]


def uses_of(image: Image) -> list[str]:
    """The titles and names of what shows this picture."""
    in_text = Q(body__contains=image.file.name.rsplit(".", 1)[0])
    return [
        *map(str, Article.objects.filter(in_text | Q(cover=image))),
        *map(str, Page.objects.filter(in_text)),
        *map(str, Author.objects.filter(portrait=image)),
    ]


def shown(image: Image, name: str) -> SafeString:
    return format_html(
        '<img class="{}" src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
        *(name, image.url, image.width, image.height, image.alternative_text),
    )


@never_cache
@csrf_exempt  # for a moment only: the check reads the body, so the size comes first (see `keep`)
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """A picture from the editor, as CKEditor sends it: field `upload`, token in X-CSRFToken."""
    if not admin.site.has_permission(request):
        return refusal(LOGGED_OUT, 403)
    if not request.user.has_perm("blog.add_image"):
        return refusal(NOT_ALLOWED, 403)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + FORM_OVERHEAD_BYTES:
        return refusal(TOO_LARGE, 413)
    return keep(request)


@csrf_protect
def keep(request: HttpRequest) -> JsonResponse:
    uploaded = request.FILES.get("upload")
    if uploaded is None:
        return refusal("No picture came in. Choose a file and send it again.", 400)
    if uploaded.size > MAX_BYTES:
        return refusal(TOO_LARGE, 413)
    try:
        image = store_picture(uploaded)
    except BadImage as error:
        return refusal(str(error), 400)
    return JsonResponse({"uploaded": 1, "fileName": image.file.name, "url": image.url})


def refusal(message: str, status: int) -> JsonResponse:
    return JsonResponse({"uploaded": 0, "error": {"message": message}}, status=status)
