from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.admin import revisions
from blog.admin.image import shown
from blog.forms.article import ArticleForm, Press
from blog.forms.removal import RemovalForm
from blog.models import Article

PUBLISH = "blog.publish_article"
OUTER_PRESSES = {Press.PUBLISH, Press.PUBLISH_NOW, Press.WITHDRAW}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("draft", "Draft"),
            ("scheduled", "Scheduled"),
            ("public", "Public"),
            ("taken-down", "Taken down"),
        ]

    def queryset(self, request: HttpRequest, articles: QuerySet) -> QuerySet:
        now = timezone.now()
        chosen = {
            "draft": articles.filter(published_at=None),
            "scheduled": articles.filter(published_at__gt=now),
            "public": articles.published(now),
            "taken-down": articles.filter(published_at__lte=now, expires_at__lte=now),
        }
        return chosen.get(self.value(), articles)


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    form = ArticleForm
    list_display = ("title", "state", "author", "topic_names", "saved")
    list_filter = (StateFilter, "topics", "author")
    list_select_related = ("author",)
    list_per_page = 50
    search_fields = ("title", "summary", "body_text")
    ordering = ("-updated_at", "-id")
    readonly_fields = ("cover_preview",)
    fieldsets = (
        (None, {"fields": ("title", "summary", "body", "sheet", "cover"), "classes": ("writing",)}),
        ("Publication", {"fields": ("goes_public_at", "expires_at", "wants_notice")}),
        ("Topics and author", {"fields": ("topics", "author")}),
        (
            "Cover picture",
            {"fields": ("cover_preview", "cover_file", "cover_alternative_text", "cover_removed")},
        ),
        ("Series", {"fields": ("series", "series_part")}),
        ("Address", {"fields": ("slug", "original_url")}),
    )
    fields_to_read = ("title", "summary", "text", "topic_names", "author", "cover_preview", "state")
    change_form_template = "admin/blog/article/change_form.html"

    # --- The list ---------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("topics")

    @admin.display(ordering="published_at")
    def state(self, article: Article) -> str:
        if article.is_draft:
            return "Draft"
        if article.is_scheduled:
            return f"Scheduled for {minute(article.published_at)}"
        if article.is_expired:
            return f"Taken down {minute(article.expires_at)}"
        return f"Public since {minute(article.published_at)}"

    @admin.display(description="topics")
    def topic_names(self, article: Article) -> str:
        return ", ".join(topic.name for topic in article.topics.all())

    @admin.display(description="last saved", ordering="updated_at")
    def saved(self, article: Article) -> str:
        return minute(article.updated_at)

    # --- The page of one article ------------------------------------------------------

    @admin.display(description="Present picture")
    def cover_preview(self, article: Article) -> SafeString | str:
        return shown(article.cover, "cover-preview") if article.cover else "None yet."

    @admin.display(description="text")
    def text(self, article: Article) -> SafeString:
        return revisions.readable(article.body)

    def view_on_site(self, article: Article) -> str | None:
        return article.get_absolute_url() if article.is_public else None

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> tuple:
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": self.fields_to_read}),)
        return self.fieldsets

    def get_form(self, request: HttpRequest, obj: Article | None = None, **kwargs: object) -> type:
        if obj and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, **{**kwargs, "form": forms.ModelForm})
        form = super().get_form(request, obj, **kwargs)
        form.user = request.user
        return form

    def formfield_for_dbfield(self, *args: object, **kwargs: object) -> forms.Field | None:
        """Without the small buttons beside it: topics and authors have pages of their own."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def render_change_form(
        self, request: HttpRequest, context: dict, obj: Article | None = None, **kwargs: object
    ) -> HttpResponse:
        context |= {
            "may_publish": request.user.has_perm(PUBLISH),
            "may_save": self.has_change_permission(request, obj) if obj else True,
            "state": self.state(obj) if obj else "New draft",
            "revisions": revisions.newest_of(obj) if obj else [],
        }
        return super().render_change_form(request, context, obj=obj, **kwargs)

    # --- Who may ----------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Changing what the public sees is publishing."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.is_draft or request.user.has_perm(PUBLISH))

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.is_draft or request.user.has_perm(PUBLISH))

    # --- Deleting ---------------------------------------------------------------------

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        """Asks what becomes of the address; a wrong answer is asked again."""
        article = self.get_object(request, unquote(object_id))
        form = article and RemovalForm(request.POST or None, article=article)
        if form and form.is_bound and not form.is_valid():
            request.method, request.POST = "GET", QueryDict()
        request.removal = form
        context = {"form": form, "was_read": article and article.is_remembered}
        return super().delete_view(request, object_id, {**context, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        obj.remove(**request.removal.cleaned_data["target"])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for article in queryset:
            article.remove()

    # --- What a button does -----------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if Press.of(request.POST) in OUTER_PRESSES and not request.user.has_perm(PUBLISH):
            raise PermissionDenied
        object_id = object_id or self._already_saved(request)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # The same form, or another one with the same title, was saved in this very moment.
            object_id = object_id or self._already_saved(request)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _already_saved(self, request: HttpRequest) -> str | None:
        """The article that this sheet of paper became when it was sent before."""
        try:
            uid = UUID(request.POST.get("sheet", ""))
        except ValueError:
            return None
        known = Article.objects.filter(uid=uid).values_list("pk", flat=True).first()
        return known and str(known)

    def save_model(
        self, request: HttpRequest, obj: Article, form: ArticleForm, change: bool
    ) -> None:
        slug, former = obj.slug, form.initial.get("slug")
        if change and slug and slug != former:
            obj.slug = former
            obj.rename(slug)
        else:
            obj.save()

    def save_related(
        self, request: HttpRequest, form: ArticleForm, formsets: list, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        article = form.instance
        was_public, state = article.is_public, self.state(article)
        self._press(form)
        planned_for = form.cleaned_data["goes_public_at"] if article.is_draft else None
        article.record_revision(request.user, planned_for)
        if self.state(article) != state:
            self.log_change(request, article, self.state(article))
        self.message_user(request, what_happened(article, form, was_public))
        for warning in warnings(form):
            self.message_user(request, warning, messages.WARNING)

    def _press(self, form: ArticleForm) -> None:
        if form.press in (Press.PUBLISH, Press.PUBLISH_NOW):
            form.instance.publish(form.planned_publication(timezone.now()))
        elif form.press == Press.WITHDRAW:
            form.instance.withdraw()

    def response_add(self, request: HttpRequest, obj: Article, *args: object) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:blog_article_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:blog_article_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        return [*revisions.urls(self), *super().get_urls()]


def minute(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def what_happened(article: Article, form: ArticleForm, was_public: bool) -> SafeString:
    if article.is_public and was_public:
        words = "“{}” is saved, and public."
    elif article.is_public:
        words = "“{}” is public now."
    elif article.is_scheduled:
        words = f"“{{}}” is scheduled: it goes public on {minute(article.published_at)}."
    elif article.is_expired:
        words = "“{}” is saved. It is taken down: nobody sees it."
    elif form.press == Press.WITHDRAW:
        words = "“{}” is a draft again. It is gone from the site."
    else:
        words = "“{}” is saved as a draft. Nobody sees it but you and your colleagues."
    return format_html(words + "{}", article.title, see_the_page(article))


def see_the_page(article: Article) -> SafeString | str:
    if not article.is_public:
        return ""
    return format_html(' <a href="{}">See the page</a>', article.get_absolute_url())


def warnings(form: ArticleForm) -> Iterator[str]:
    if count := form.pictures_left_out:
        yield (
            f"{pictures(count)} of another site, or of a kind we cannot keep, left the text. "
            "Save it as a file and put it in with the picture button."
        )
    if count := form.pictures_without_words:
        yield (
            f"{pictures(count)} in the text without words for those who cannot see. "
            "Double-click it in the text to add them."
        )


def pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
