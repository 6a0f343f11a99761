"""Migrations with triggers can be undone and done again."""

from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from exchange.kernel.triggers import VendorSQL, refuse


@pytest.mark.django_db
def test_a_rule_holds_until_it_is_taken_back() -> None:
    rule = VendorSQL(
        *refuse(
            name="series_no_shrinking",
            table="kernel_series",
            event="UPDATE",
            when="NEW.value < OLD.value",
            message="a series only grows",
        )
    )
    editor = SimpleNamespace(connection=connection)
    rule.database_forwards("kernel", editor, None, None)
    change("INSERT INTO kernel_series (name, value) VALUES ('x', 5)")
    change("UPDATE kernel_series SET value = 6 WHERE name = 'x'")
    with pytest.raises(IntegrityError, match="a series only grows"), transaction.atomic():
        change("UPDATE kernel_series SET value = 4 WHERE name = 'x'")

    rule.database_backwards("kernel", editor, None, None)
    change("UPDATE kernel_series SET value = 4 WHERE name = 'x'")


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "kernel", "members", "settlement", check=True, dry_run=True, verbosity=0)


def change(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
