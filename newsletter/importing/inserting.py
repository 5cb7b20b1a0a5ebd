"""A thousand people in a statement or two: their rows, and what they agreed to.

The rows go over as one piece of JSON. Building objects and a statement with a place for each of
their columns took ten times as long as the database does.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, models

from newsletter.models import ConsentEvent, Subscriber

PEOPLE = """
    INSERT INTO newsletter_subscriber ({columns}, address, address_key, handle)
    SELECT {values}, {address}, {address_key}, {handle}
      FROM {rows} AS person{shape}
     WHERE true
    ON CONFLICT DO NOTHING
"""
CONSENTS = """
    INSERT INTO newsletter_consentevent ({columns}, source, subscriber_id)
    SELECT {values}, {source}, subscriber.id
      FROM {rows} AS person{shape}
      JOIN {added} AS subscriber ON subscriber.handle = {handle}
"""
# Where one statement can do both, nobody has to look for those just added.
BOTH = "WITH added AS ({people} RETURNING id, handle) {consents}"
# How each database reads a list of lists.
SQLITE = {"rows": "json_each(%s)", "shape": "", "cell": "json_extract(person.value, '$[{}]')"}
POSTGRESQL = {
    "rows": "json_array_elements(%s::json)",
    "shape": "(value)",
    "cell": "(person.value->>{})",
}


class NewPerson(NamedTuple):
    address: str
    address_key: str
    handle: str
    source: str


def insert(people: Iterable[NewPerson], person: Subscriber, consent: ConsentEvent) -> int:
    """Returns how many were added: whose address is here already stays as they are. What all of
    them have in common is said by `person` and `consent`, which are not saved themselves."""
    rows = json.dumps(list(people))
    common = _facts(person, "address", "address_key", "handle")
    agreed = _facts(consent, "source", "subscriber")
    about_people, about_consents = [*common.values(), rows], [*agreed.values(), rows]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(_written(PEOPLE, common), about_people)
            consents = _written(CONSENTS, agreed, added="newsletter_subscriber")
            cursor.execute(consents, about_consents)
        else:
            both = BOTH.format(
                people=_written(PEOPLE, common), consents=_written(CONSENTS, agreed, added="added")
            )
            cursor.execute(both, [*about_people, *about_consents])
        return cursor.rowcount


def _written(statement: str, facts: dict[str, object], **more: str) -> str:
    words = SQLITE if connection.vendor == "sqlite" else POSTGRESQL
    cells = {name: words["cell"].format(n) for n, name in enumerate(NewPerson._fields)}
    places = ", ".join(["%s"] * len(facts))
    return statement.format(columns=", ".join(facts), values=places, **words, **cells, **more)


def _facts(row: models.Model, *without: str) -> dict[str, object]:
    """By column, as the database takes them; what is empty there is left to it."""
    values = {
        field.column: field.get_db_prep_save(field.value_from_object(row), connection)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in without
    }
    return {column: value for column, value in values.items() if value is not None}
