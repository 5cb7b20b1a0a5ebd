from django.contrib import admin

from newsletter.admin.read_only import ReadOnly
from newsletter.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly):
    list_display = ("__str__", "reason", "at")
    fields = ("reason", "at")
    list_filter = ("reason",)
