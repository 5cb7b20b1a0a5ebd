from collections.abc import Iterable

from django.contrib import admin
from django.http import HttpRequest

from blog.admin.image import shown
from blog.forms.people import AddressedForm, AuthorForm, TopicForm
from blog.models import Author, Topic


class AddressedAdmin(admin.ModelAdmin):
    """A new address is a renaming: the old one leads to it from then on."""

    def save_model(
        self, request: HttpRequest, obj: Topic | Author, form: AddressedForm, change: bool
    ) -> None:
        slug, former = obj.slug, form.initial.get("slug")
        if change and slug != former:
            obj.slug = former
            obj.rename(slug)
        else:
            obj.save()

    def view_on_site(self, obj: Topic | Author) -> str:
        return obj.get_absolute_url()


@admin.register(Topic)
class TopicAdmin(AddressedAdmin):
    form = TopicForm
    list_display = ("name", "slug", "position")
    search_fields = ("name",)

    def get_deleted_objects(self, objs: Iterable[Topic], request: HttpRequest) -> tuple:
        """Of what hangs on a topic there may be thousands: the numbers say enough."""
        _, *rest = super().get_deleted_objects(objs, request)
        return [str(topic) for topic in objs], *rest


@admin.register(Author)
class AuthorAdmin(AddressedAdmin):
    form = AuthorForm
    list_display = ("name", "role", "user")
    search_fields = ("name",)
    list_select_related = ("user",)
    readonly_fields = ("present_portrait",)
    fields = ("name", "slug", "role", "biography", "present_portrait", "portrait_file", "user")

    @admin.display
    def present_portrait(self, author: Author) -> str:
        return shown(author.portrait, "thumbnail") if author.portrait else "None yet."
