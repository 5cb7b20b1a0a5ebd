from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from blog.models import CallToAction, FormerAddress, Page, Publication, Series


@admin.register(CallToAction)
class CallToActionAdmin(admin.ModelAdmin):
    list_display = ("heading", "button_label", "button_url", "is_active")


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    """There is one: its list is its page."""

    def changelist_view(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        publication, _ = Publication.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:blog_publication_change", args=[publication.pk]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        return False


@admin.register(Page)
class PageAdmin(admin.ModelAdmin):
    list_display = ("title", "updated_at")
    fields = ("title", "summary", "body")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return False

    def view_on_site(self, page: Page) -> str:
        return page.get_absolute_url()


@admin.register(FormerAddress)
class FormerAddressAdmin(admin.ModelAdmin):
    """Written by renaming and deleting. Staff look, and may delete one that is in the way."""

    list_display = ("path", "leads_to", "created_at")
    list_select_related = ("article", "topic", "author")
    search_fields = ("path",)

    @admin.display
    def leads_to(self, former: FormerAddress) -> str:
        if former.is_gone:
            return "Gone for good"
        return former.target.get_absolute_url() if former.target else former.to_path

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FormerAddress | None = None) -> bool:
        return False


@admin.register(Series)
class SeriesAdmin(admin.ModelAdmin):
    list_display = ("title",)
    search_fields = ("title",)
