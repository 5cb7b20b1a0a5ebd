"""Rows of statements that are written in SQL, as what Django would have made of them.

For the few statements that every page needs: Django takes several times as long to write them as
a database to answer them.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice

from django.db import connection
from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

PUBLIC = "published_at <= %(now)s AND (expires_at IS NULL OR expires_at > %(now)s)"
# All the rest. Few articles are, so that to leave these out is less work than to find the others.
HIDDEN = "published_at IS NULL OR published_at > %(now)s OR expires_at <= %(now)s"


def fetch(sql: str, values: dict[str, object]) -> list[tuple]:
    """`sql` names its values like `%(now)s`."""
    adapted = {name: _as_value(value) for name, value in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, adapted)
        return cursor.fetchall()


def made(model: type[Model], **columns: object) -> Model:
    """As if loaded with these columns alone."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in columns]
    return model.from_db(connection.alias, names, [columns[name] for name in names])


class Ready:
    """A statement whose rows are of whole models, written once: `{author}` in it stands for all
    columns of the table that it calls `author`."""

    def __init__(self, sql: str, **models: type[Model]) -> None:
        self.template, self.models = sql, models

    @cached_property
    def sql(self) -> str:
        columns = {
            table: ", ".join(f"{table}.{field.column}" for field in model._meta.concrete_fields)
            for table, model in self.models.items()
        }
        return self.template.format(public=PUBLIC, **columns)

    def first(self, **values: object) -> list[Model | None] | None:
        """What the first row is made of; in it None for whom an outer join found nobody."""
        rows = fetch(self.sql, values)
        columns = iter(rows[0]) if rows else None
        return columns and [_loaded(model, columns) for model in self.models.values()]


def _loaded(model: type[Model], columns: Iterator) -> Model | None:
    names, converters = _ways(model, connection.vendor)
    values = list(islice(columns, len(names)))
    if values[0] is None:  # the id
        return None
    for place, column, convert in converters:
        values[place] = convert(values[place], column, connection)
    return model.from_db(connection.alias, names, values)


@lru_cache
def _ways(model: type[Model], vendor: str) -> tuple[list[str], list[tuple]]:
    """The fields of `model`, and how what `vendor` gives for them becomes what Python knows."""
    converters = []
    for place, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        found = connection.ops.get_db_converters(column) + field.get_db_converters(connection)
        converters += [(place, column, convert) for convert in found]
    return [field.attname for field in model._meta.concrete_fields], converters


def moment(value: datetime | str) -> datetime:
    """SQLite has no type for it, and Django keeps it there as UTC without saying so."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return make_aware(found, connection.timezone) if is_naive(found) else found


def _as_value(value: object) -> object:
    is_moment = isinstance(value, datetime)
    return connection.ops.adapt_datetimefield_value(value) if is_moment else value
