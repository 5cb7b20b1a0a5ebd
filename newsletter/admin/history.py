"""Deeds of staff that concern no one row, or one that must not be named: who, what, when."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest


def note_deed(request: HttpRequest, about: type[models.Model], what: str) -> None:
    """`what` names nobody: the history is kept when people are erased."""
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(about),
        object_repr=what[:200],
        action_flag=CHANGE,
        change_message=what,
    )
