from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from newsletter.addresses import address_key


class ReadOnly(admin.ModelAdmin):
    """What the site itself writes down. Staff look; the deeds are buttons of their own."""

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
