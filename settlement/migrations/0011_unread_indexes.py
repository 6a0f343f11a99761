"""Indexes of the beginnings of keys and numbers, which PostgreSQL got beside the unique ones: nothing reads them."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL

_INDEXES = (
    ("settlement_transfer", "transfer_key", "cc2f2098"),
    ("settlement_contract", "contract_no", "543eff15"),
    ("settlement_delivery", "contract_no", "f586e93b"),
)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0010_contract_terms")]

    operations = [
        VendorSQL(
            {
                "sqlite": [],
                "postgresql": [f'DROP INDEX IF EXISTS "{table}_{column}_{digest}_like"' for table, column, digest in _INDEXES],
            },
            {
                "sqlite": [],
                "postgresql": [
                    f'CREATE INDEX "{table}_{column}_{digest}_like" ON "{table}" ({column} varchar_pattern_ops)'
                    for table, column, digest in _INDEXES
                ],
            },
        )
    ]
