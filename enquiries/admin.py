"""Where staff read what people sent, answer it by mail, and note that they did."""

from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.models import Publication
from blog.plain_text import excerpt
from enquiries.models import Enquiry, Question, ResumeRequest

NO_CONTACT_ADDRESS = (
    "Nobody is told by mail of what is waiting here: "
    "the publication has no mail address of its staff yet."
)
EXCERPT_LENGTH = 90


class StateFilter(admin.SimpleListFilter):
    """What looks like spam is kept aside: it shows only when asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("answered", "Answered"), ("spam", "Looks like spam")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "waiting":
                return queryset.unanswered()
            case "answered":
                return queryset.genuine().filter(answered_at__isnull=False)
            case "spam":
                return queryset.filter(looks_like_spam=True)
        return queryset.genuine()


class EnquiryStaffForm(forms.ModelForm):
    """What staff may change: their own remarks, never what somebody wrote."""

    is_answered = forms.BooleanField(label="Answered", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.initial["is_answered"] = self.instance.is_answered

    def save(self, commit: bool = True) -> Enquiry:
        if not self.cleaned_data["is_answered"]:
            self.instance.answered_at = None
        elif not self.instance.is_answered:
            self.instance.answered_at = timezone.now()
        return super().save(commit)


class EnquiryAdmin(admin.ModelAdmin):
    form = EnquiryStaffForm
    actions = ["mark_answered", "mark_as_spam", "mark_as_genuine"]
    list_filter = [StateFilter, "created_at"]
    search_fields = ["text", "name", "email"]
    date_hierarchy = "created_at"
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        if request.method == "GET" and not Publication.current().contact_email:
            messages.warning(request, NO_CONTACT_ADDRESS)
        return super().changelist_view(request, *args, **kwargs)

    @admin.display(description="text")
    def beginning(self, enquiry: Enquiry) -> str:
        return excerpt(enquiry.text, EXCERPT_LENGTH)

    @admin.display(description="state")
    def state(self, enquiry: Enquiry) -> str:
        return enquiry.status

    @admin.display(description="answer by mail")
    def reply(self, enquiry: Enquiry) -> SafeString | str:
        if not enquiry.email:
            return "no address given"
        address, subject = quote(enquiry.email, safe="@"), quote(f"Re: your {enquiry.kind}")
        return format_html('<a href="mailto:{}?subject={}">{}</a>', address, subject, enquiry.email)

    @admin.display(description="came from")
    def source(self, enquiry: Enquiry) -> SafeString | str:
        if not enquiry.source_path:
            return "unknown"
        return format_html('<a href="{0}" rel="noopener">{0}</a>', enquiry.source_path)

    @admin.action(description="Mark as answered", permissions=["change"])
    def mark_answered(self, request: HttpRequest, chosen: QuerySet) -> None:
        now = timezone.now()
        changed = [enquiry for enquiry in chosen if enquiry.mark_answered(now)]
        self._say_and_log(request, changed, "Marked as answered")

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_as_spam(self, request: HttpRequest, chosen: QuerySet) -> None:
        changed = list(chosen.filter(looks_like_spam=False))
        chosen.update(looks_like_spam=True)
        self._say_and_log(request, changed, "Marked as spam")

    @admin.action(description="This is no spam", permissions=["change"])
    def mark_as_genuine(self, request: HttpRequest, chosen: QuerySet) -> None:
        changed = list(chosen.filter(looks_like_spam=True))
        chosen.update(looks_like_spam=False)
        self._say_and_log(request, changed, "Marked as no spam")

    def _say_and_log(self, request: HttpRequest, changed: list[Enquiry], what: str) -> None:
        for enquiry in changed:
            self.log_change(request, enquiry, f"{what}.")
        self.message_user(request, f"{what}: {len(changed)}.")


@admin.register(Question)
class QuestionAdmin(EnquiryAdmin):
    list_display = ["beginning", "name", "reply", "source", "created_at", "state"]
    fields = [
        *("text", "name", "reply", "source", "created_at", "staff_told_at"),
        *("is_answered", "staff_note", "looks_like_spam"),
    ]
    readonly_fields = ["text", "name", "reply", "source", "created_at", "staff_told_at"]


@admin.register(ResumeRequest)
class ResumeRequestAdmin(EnquiryAdmin):
    list_display = ["name", "beginning", "reply", "source", "created_at", "state"]
    fields = [
        *("text", "name", "reply", "phone", "source", "placement", "created_at", "staff_told_at"),
        *("is_answered", "staff_note", "looks_like_spam"),
    ]
    readonly_fields = [
        *("text", "name", "reply", "phone", "source", "placement", "created_at", "staff_told_at"),
    ]
