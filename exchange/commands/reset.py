"""`jinguo reset`: delete the embedded exchange's data and start over."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, say


def add_to(commands: Any) -> None:
    """Declare the command."""
    reset = commands.add_parser("reset", help="delete the data of the embedded exchange (SQLite only)")
    reset.add_argument("--yes", action="store_true", required=True, help="yes, delete everything in DATA_DIR")
    reset.set_defaults(run=_reset)


def _reset(_options: argparse.Namespace) -> int:
    from django.conf import settings

    from exchange.trading.journal_sqlite import SqliteJournal

    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        say("jinguo reset: only for the embedded exchange; drop the PostgreSQL database by its own tools.")
        return Exit.USAGE
    journal = SqliteJournal(settings.DATA_DIR / "journal.sqlite3")
    try:
        journal.acquire_lease("reset")
        _delete_files()
    finally:
        journal.close()
    say(f"jinguo reset: {settings.DATA_DIR} is empty; the next start seeds it anew.")
    return Exit.OK


def _delete_files() -> None:
    """Only what the exchange itself put there."""
    from django.conf import settings

    for pattern in ("jinguo.sqlite3*", "journal.sqlite3*", "secret_key"):
        for file in settings.DATA_DIR.glob(pattern):
            file.unlink()
