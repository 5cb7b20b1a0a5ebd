"""What a row says, by the names of its columns: for people who ask what is kept about them."""

from django.db import models


def facts_of(row: models.Model, *without: str) -> dict[str, object]:
    """Empty columns are left out, and so is what only points to other rows."""
    columns = [
        field
        for field in row._meta.concrete_fields
        if field.name not in without and not field.primary_key and not field.is_relation
    ]
    found = {field.name: field.value_from_object(row) for field in columns}
    return {name: value for name, value in found.items() if value not in (None, "")}
