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
from django.utils.safestring import SafeString

from blog.admin import previews, revisions
from blog.admin.article_filters import StateFilter
from blog.admin.article_words import minute, state_of, warnings, what_happened
from blog.admin.image import shown
from blog.forms.article import ArticleForm, Press
from blog.forms.removal import RemovalForm
from blog.models import Article

PUBLISH = "blog.publish_article"
EDITOR = "blog_article_change"
OUTER_PRESSES = {Press.PUBLISH, Press.PUBLISH_NOW, Press.WITHDRAW}


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
        return super().get_queryset(request).with_changes_known().prefetch_related("topics")

    @admin.display(description="state", ordering="published_at")
    def state(self, article: Article) -> str:
        return state_of(article) + ("; changes wait" if article.has_changes else "")

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
            "state": state_of(obj) if obj else "New draft",
            "revisions": revisions.newest_of(obj) if obj else [],
            "changes": obj and obj.unpublished_changes,
        }
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Article | None:
        """To be edited it comes with the changes that wait; only who may change it sees them."""
        article = super().get_object(request, object_id, from_field)
        is_shown = request.method == "GET" and request.resolver_match.url_name == EDITOR
        may_see = article and is_shown and self.has_change_permission(request, article)
        if may_see and (changes := article.unpublished_changes):
            article.read_as(changes)
        return article

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
        if form.press == Press.KEEP_BACK:
            return
        if change and slug and slug != former:
            obj.slug = former
            obj.rename(slug)
        else:
            obj.save()

    def save_related(
        self, request: HttpRequest, form: ArticleForm, formsets: list, change: bool
    ) -> None:
        article = form.instance
        was_public, state = article.is_public, state_of(article)
        if form.press == Press.KEEP_BACK:
            topic_ids = [topic.pk for topic in form.cleaned_data["topics"]]
            article.keep_back(article.content(topic_ids), request.user)
            return self._tell(request, form, was_public)
        super().save_related(request, form, formsets, change)
        self._press(form)
        planned_for = form.cleaned_data["goes_public_at"] if article.is_draft else None
        article.record_revision(request.user, planned_for)
        if state_of(article) != state:
            self.log_change(request, article, state_of(article))
        self._tell(request, form, was_public)

    def _tell(self, request: HttpRequest, form: ArticleForm, was_public: bool) -> None:
        self.message_user(request, what_happened(form.instance, form, was_public))
        for warning in warnings(form):
            self.message_user(request, warning, messages.WARNING)

    def construct_change_message(
        self, request: HttpRequest, form: ArticleForm, formsets: list, add: bool = False
    ) -> list | str:
        if form.press == Press.KEEP_BACK:
            return "Saved changes without publishing them"
        return super().construct_change_message(request, form, formsets, add)

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
        return [*revisions.urls(self), *previews.urls(self), *super().get_urls()]
