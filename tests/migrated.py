"""The tables, migrated once for a whole run of the suite.

Migrating takes most of ten seconds of a processor, and every worker of every pass needs the tables. The first
keeps a copy of its own; the others begin with that, and Django finds nothing left to migrate.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

from tests.exchange_process import POSTGRES_SERVER, SEEDED
from tests.servers import create_database

MIGRATED_DATABASE = "jinguo_migrated"


def begin_with_copy() -> Callable[[], None]:
    """Before Django makes this worker's database; what it returns is for when that is done.

    Waits while another worker makes the first.
    """
    kept = os.environ.get(SEEDED)
    if not kept:
        return lambda: None
    template = Path(kept) / f"migrated.{connection.vendor}"
    copy, keep = KINDS[connection.vendor]
    with ExitStack() as stack:
        lock = stack.enter_context(Path(f"{template}.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        if template.exists():
            copy(template)
            return lambda: None
        locked = stack.pop_all()

    def finish() -> None:
        with locked:
            keep(template)

    return finish


def _copy_sqlite(template: Path) -> None:
    """Fills the database in memory as soon as it is there, before anybody migrates it."""

    def fill(**event: Any) -> None:
        connection_created.disconnect(dispatch_uid="migrated")
        with sqlite3.connect(template) as source:
            source.backup(event["connection"].connection)
        source.close()

    connection_created.connect(fill, weak=False, dispatch_uid="migrated")


def _keep_sqlite(template: Path) -> None:
    connection.ensure_connection()
    unfinished = template.with_suffix(".part")
    with sqlite3.connect(unfinished) as target:
        connection.connection.backup(target)
    target.close()
    unfinished.rename(template)


def _copy_postgres(_template: Path) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = MIGRATED_DATABASE


def _keep_postgres(template: Path) -> None:
    own = connection.settings_dict["NAME"]
    connection.close()
    create_database(os.environ[POSTGRES_SERVER], MIGRATED_DATABASE, template=own)
    template.touch()


KINDS = {"sqlite": (_copy_sqlite, _keep_sqlite), "postgresql": (_copy_postgres, _keep_postgres)}
"""How to begin with a copy of the tables, and how to keep one."""
