"""Rows that were ticked in a form, by their ids."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

SOUND_ID = re.compile("[0-9]{1,18}")


class TickedRows(forms.ModelMultipleChoiceField):
    """Asks no database for a number that no row could have: SQLite would break over it."""

    def clean(self, value: object) -> QuerySet:
        is_list = isinstance(value, list | tuple)
        if is_list and not all(SOUND_ID.fullmatch(str(one)) for one in value):
            raise ValidationError("There is no such choice.", code="invalid_choice")
        return super().clean(value)
