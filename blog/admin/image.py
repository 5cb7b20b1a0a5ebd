from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from blog.forms.pictures import ImageForm, store_picture
from blog.images import MAX_BYTES, BadImage
from blog.models import Image
from blog.picture_uses import Use, replace_everywhere, uses_of

FORM_OVERHEAD_BYTES = 64 * 1024
LOGGED_OUT = "Your session has ended. Log in again in another tab, then send the picture again."
NOT_ALLOWED = "You may not add pictures."
NOWHERE_SHOWN = "The new picture is kept. Nothing shows it yet, as nothing showed the old one."
NEEDED_TO_REPLACE = ("blog.add_image", "blog.publish_article")  # it may change what is public
SIZES = {"thumbnail": "6rem", "cover-preview": "40rem"}
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
        shown = ("preview", "size", "address", "alternative_text")
        return (*shown, *(("picture",) if may_replace(request) else ()), "used_in")

    def get_readonly_fields(self, request: HttpRequest, obj: Image | None = None) -> tuple:
        if obj is None:
            return ()
        looked_at = ("preview", "size", "address", "used_in")
        return looked_at if may_replace(request) else (*looked_at, "picture")

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
        return linked(uses_of(image)) or "Nothing."

    def get_deleted_objects(self, objs: QuerySet | list[Image], request: HttpRequest) -> tuple:
        """A picture in use is protected: no page loses one by a slip."""
        to_delete, counts, lacking, protected = super().get_deleted_objects(objs, request)
        protected += [link(use) for image in objs for use in uses_of(image)]
        return to_delete, counts, lacking, protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for image in queryset:
            image.delete()

    def save_form(self, request: HttpRequest, form: ImageForm, change: bool) -> Image:
        image = form.save(commit=False)
        if form.replacement is None:
            return image
        uses = replace_everywhere(image, form.replacement, request.user)
        words = format_html("The new picture is shown in: {}.", linked(uses))
        self.message_user(request, words if uses else NOWHERE_SHOWN, messages.SUCCESS)
        return form.replacement

    def get_urls(self) -> list[URLPattern]:
        return [path("upload/", upload, name="blog_image_upload"), *super().get_urls()]


def may_replace(request: HttpRequest) -> bool:
    return request.user.has_perms(NEEDED_TO_REPLACE)


def link(use: Use) -> SafeString:
    url = reverse(f"admin:blog_{use._meta.model_name}_change", args=[use.pk])
    return format_html('<a href="{}">{}</a>', url, use)


def linked(uses: list[Use]) -> SafeString:
    return format_html_join(", ", "{}", [(link(use),) for use in uses])


def shown(image: Image, name: str) -> SafeString:
    about = {"image": image, "class": name, "alt": image.alternative_text, "sizes": SIZES[name]}
    return render_to_string("blog/_picture.html", about)


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
