"""Which journal this deployment has: beside the tables in PostgreSQL, or its own SQLite file in DATA_DIR."""

from django.conf import settings

from exchange.trading.journal import JournalStore
from exchange.trading.journal_postgres import PostgresJournal
from exchange.trading.journal_sqlite import SqliteJournal


def open_journal() -> JournalStore:
    """A store for the calling thread. Raises JournalError when it cannot be opened."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("postgresql"):
        return PostgresJournal(_postgres_url(database))
    return SqliteJournal(settings.DATA_DIR / "journal.sqlite3")


def _postgres_url(database: dict[str, str]) -> str:
    """The libpq connection string for Django's connection settings."""
    parts = {
        "host": database.get("HOST"),
        "port": database.get("PORT"),
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "dbname": database["NAME"],
    }
    quoted = (
        (key, str(part).replace("\\", "\\\\").replace("'", "\\'")) for key, part in parts.items() if part
    )
    return " ".join(f"{key}='{part}'" for key, part in quoted)
