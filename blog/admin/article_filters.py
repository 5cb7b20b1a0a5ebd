from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("draft", "Draft"),
            ("scheduled", "Scheduled"),
            ("public", "Public"),
            ("taken-down", "Taken down"),
            ("changes", "With changes that wait"),
        ]

    def queryset(self, request: HttpRequest, articles: QuerySet) -> QuerySet:
        now = timezone.now()
        chosen = {
            "draft": articles.filter(published_at=None),
            "scheduled": articles.filter(published_at__gt=now),
            "public": articles.published(now),
            "taken-down": articles.filter(published_at__lte=now, expires_at__lte=now),
            "changes": articles.filter(has_changes=True),
        }
        return chosen.get(self.value(), articles)
