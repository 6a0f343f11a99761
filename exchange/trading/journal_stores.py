"""Which journal this deployment has: beside the tables in PostgreSQL, or its own SQLite file in DATA_DIR."""

from typing import Any

from django.conf import settings
from psycopg2.extensions import make_dsn

from exchange.trading.journal import JournalStore
from exchange.trading.journal_postgres import PostgresJournal
from exchange.trading.journal_sqlite import SqliteJournal

_DJANGO_OPTIONS = frozenset({"assume_role", "isolation_level", "pool", "server_side_binding"})
"""Connection options that are Django's own and not libpq's."""


def open_journal() -> JournalStore:
    """A store for the calling thread. Raises JournalError when it cannot be opened."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("postgresql"):
        return PostgresJournal(_postgres_url(database))
    return SqliteJournal(settings.DATA_DIR / "journal.sqlite3")


def _postgres_url(database: dict[str, Any]) -> str:
    """The libpq connection string for Django's connection settings."""
    parts = {
        "host": database.get("HOST"),
        "port": database.get("PORT"),
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "dbname": database["NAME"],
        **{name: value for name, value in database.get("OPTIONS", {}).items() if name not in _DJANGO_OPTIONS},
    }
    return str(make_dsn(**{name: value for name, value in parts.items() if value}))
