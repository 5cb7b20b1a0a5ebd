"""Statements that are asked again and again.

PostgreSQL plans each once and keeps the plan: planning costs it more than doing. Django leaves
that off, and its own cursors never ask for it.
"""

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import count
from select import POLLIN, poll
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PGconn, PGresult

ONLY_WHEN_ASKED = 1_000_000_000  # times a statement is seen before it is prepared unasked
FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

# What `begin` has prepared on each connection, by its words.
prepared: WeakKeyDictionary[psycopg.Connection, dict[str, bytes]] = WeakKeyDictionary()


def ask(sql: str, *values: object) -> list[tuple]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            return cursor.execute(sql, [as_stored(value) for value in values]).fetchall()
    connection.ensure_connection()
    connection.connection.prepare_threshold = ONLY_WHEN_ASKED
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, values, prepare=True)
        return cursor.fetchall()


def as_stored(value: object) -> object:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.hex if isinstance(value, uuid.UUID) else value


# --- PostgreSQL, without waiting for the answer -----------------------------------------------


def begin(sql: str, *values: object) -> Callable[[], int]:
    """Asks, and returns at once. How many rows it was is known when the returned is called.

    Until then nothing else may be asked. Whoever never calls it has to close the connection.
    """
    connection.ensure_connection()
    session = connection.connection
    with connection.wrap_database_errors:
        if not session.autocommit:
            session.execute("SELECT")  # psycopg begins a transaction before words of its own only
        name = prepared_name(session, sql)
        session.pgconn.send_query_prepared(name, [as_text(value) for value in values])
    return lambda: rows_of(session.pgconn)


def rows_of(pgconn: PGconn) -> int:
    with connection.wrap_database_errors:
        return result_of(pgconn).ntuples


def prepared_name(session: psycopg.Connection, sql: str) -> bytes:
    known = prepared.setdefault(session, {})
    if sql not in known:
        name = b"asked_%d" % len(known)
        numbers = count(1)
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql)
        session.pgconn.send_prepare(name, numbered.encode())
        result_of(session.pgconn)
        known[sql] = name
    return known[sql]


def result_of(pgconn: PGconn) -> PGresult:
    """Of the one statement that was sent. Waits as libpq wants it (its chapter 34.4)."""
    answer = poll()
    answer.register(pgconn.socket, POLLIN)
    while pgconn.is_busy():
        answer.poll()
        pgconn.consume_input()
    result = pgconn.get_result()
    while pgconn.get_result():
        pass
    if result.status not in FINE:
        raise error_from_result(result)
    return result


def as_text(value: object) -> bytes | None:
    """As PostgreSQL reads it."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat().encode()
    return (value.hex if isinstance(value, uuid.UUID) else str(value)).encode()
