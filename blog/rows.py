"""Rows of statements that are written in SQL, as what Django would have made of them.

For the few statements that every page needs: Django takes several times as long to write them as
a database to answer them.
"""

from datetime import datetime

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


def moment(value: datetime | str) -> datetime:
    """SQLite has no type for it, and Django keeps it there as UTC without saying so."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return make_aware(found, connection.timezone) if is_naive(found) else found


def _as_value(value: object) -> object:
    is_moment = isinstance(value, datetime)
    return connection.ops.adapt_datetimefield_value(value) if is_moment else value
