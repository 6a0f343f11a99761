"""The tables, migrated once for a whole run of the suite.

Migrating takes most of ten seconds of a processor, and every worker of every pass and every seeded exchange
needs the tables. They begin with a copy, and find nothing left to migrate.
"""

import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.servers import create_database

KEPT = "TEST_SEEDED_EXCHANGE"
"""Environment variable: a folder for what is made once for a run. Whoever sets it names the PostgreSQL server
of the run as well."""

POSTGRES_SERVER = "TEST_POSTGRES_URL"
"""Environment variable: the maintenance database of the PostgreSQL that a whole run of the suite shares."""

MIGRATED_DATABASE = "jinguo_migrated"
SQLITE_FILE = "jinguo.sqlite3"


def migrated(vendor: str) -> Path | None:
    """Where migrated tables are kept: a folder with a SQLite file, or a mark that the database is there.

    The first who asks migrates, the others wait. None outside a run of the whole suite.
    """
    kept = os.environ.get(KEPT)
    if not kept:
        return None
    template = Path(kept) / f"migrated.{vendor}"
    with Path(f"{template}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            _migrate(Path(tempfile.mkdtemp(dir=kept)), vendor).rename(template)
    return template


def _migrate(directory: Path, vendor: str) -> Path:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "exchange.settings", "DATA_DIR": str(directory)}
    if vendor == "postgresql":
        environment["DATABASE_URL"] = create_database(os.environ[POSTGRES_SERVER], MIGRATED_DATABASE)
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)
    return directory


def begin_with_copy() -> None:
    """Has Django make this worker's database as a copy."""
    from django.db import connection
    from django.db.backends.signals import connection_created

    template = migrated(connection.vendor)
    if template is None:
        return
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = MIGRATED_DATABASE
        return

    def fill(**event: Any) -> None:
        """The database in memory as soon as it is there, before anybody migrates it."""
        connection_created.disconnect(dispatch_uid="migrated")
        with sqlite3.connect(template / SQLITE_FILE) as source:
            source.backup(event["connection"].connection)
        source.close()

    connection_created.connect(fill, weak=False, dispatch_uid="migrated")
