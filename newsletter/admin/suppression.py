from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from newsletter.addresses import clean_address
from newsletter.admin.history import note_deed
from newsletter.admin.read_only import ReadOnly
from newsletter.models import Suppression

LIST_TITLE = "Addresses that are not written to"
LIFTED = "It may be written to again."
ADDED = "It is never written to again."


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly):
    list_display = ("reason", "at")
    list_display_links = None
    fields = ("reason", "at")
    list_filter = ("reason",)
    change_list_template = "admin/newsletter/suppression/list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.address_view))
        return [path("address/", view, name="newsletter_suppression_address"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": LIST_TITLE, **(extra_context or {})})

    def address_view(self, request: HttpRequest) -> HttpResponse:
        """Looks an address up, enters it or lifts it. By POST always: no address in an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        typed, problem = request.POST.get("address", "").strip()[:254], ""
        try:
            self._act(request, clean_address(typed))
        except ValidationError as error:
            problem = error.messages[0]
        context = {
            **self.admin_site.each_context(request),
            "title": "May we write to somebody?",
            "address": typed,
            "problem": problem,
            "found": None if problem else Suppression.objects.of(typed).first(),
            "may_add": request.user.has_perm("newsletter.add_suppression"),
            "may_lift": request.user.has_perm("newsletter.delete_suppression"),
        }
        return TemplateResponse(request, "admin/newsletter/suppression/address.html", context)

    def _act(self, request: HttpRequest, address: str) -> None:
        match request.POST.get("do"):
            case "add":
                self._add(request, address)
            case "lift":
                self._lift(request, address)

    def _add(self, request: HttpRequest, address: str) -> None:
        if not request.user.has_perm("newsletter.add_suppression"):
            raise PermissionDenied
        if not Suppression.objects.covers(address):
            Suppression.objects.add(address, Suppression.Reason.STAFF, timezone.now())
            note_deed(request, Suppression, "Entered an address that must not be written to.")
        messages.success(request, ADDED)

    def _lift(self, request: HttpRequest, address: str) -> None:
        if not request.user.has_perm("newsletter.delete_suppression"):
            raise PermissionDenied
        found = Suppression.objects.of(address).first()
        if found is None or not found.may_be_lifted:
            return
        if Suppression.objects.lift(address, found.reason):
            reason = found.get_reason_display()
            note_deed(request, Suppression, f"Lifted what forbade an address that {reason}.")
            messages.success(request, LIFTED)
