from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from newsletter.addresses import address_key
from newsletter.forms.ticked import SOUND_ID


class FirstThousands(Paginator):
    """Leafs through the first of very many rows, and counts no further."""

    MOST = 10_000

    @cached_property
    def counted(self) -> int:
        return self.object_list.order_by().values("pk")[: self.MOST + 1].count()

    @property
    def count(self) -> int:
        return min(self.counted, self.MOST)

    @property
    def are_more(self) -> bool:
        return self.counted > self.MOST


class SoundIds(admin.ModelAdmin):
    """Answers 400 when what was chosen in a list is no id that a row could have, or what it is
    narrowed down to cannot stand in any row."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        is_nowhere = any("\0" in value for _, values in request.GET.lists() for value in values)
        if is_nowhere or not all(SOUND_ID.fullmatch(value) for value in chosen):
            raise BadRequest("No such rows.")
        return super().changelist_view(request, extra_context)


class ReadOnly(SoundIds):
    """What the site itself writes down. Staff look; the deeds are buttons of their own."""

    paginator = FirstThousands
    show_full_result_count = False

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """What is no id was not ticked on our page."""
        try:
            for ticked in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(ticked)
        except ValidationError as error:
            raise BadRequest("These rows cannot be.") from error
        return super().response_action(request, queryset)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ByExactAddress(admin.ModelAdmin):
    """Nobody leafs through people by guessing at parts of their addresses."""

    search_fields = ("address_key",)
    search_help_text = "The whole address, as in name@example.com."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if search_term:
            queryset = queryset.filter(address_key=address_key(search_term.strip()))
        return queryset, False
