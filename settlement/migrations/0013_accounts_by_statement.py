"""The accounts of transfers on PostgreSQL: looked up once for a statement, not twice for each row.

The statement that moves the balances finds every account a transfer names, or refuses all of them. With that
the two foreign keys say nothing new, and asked again at every commit about every row. An account cannot go
later: rows are not deleted and keep their numbers by triggers of 0002, and emptying the table is refused here
while there are transfers. SQLite, which has no such triggers, keeps its foreign keys.
"""

from importlib import import_module

from django.db import migrations

from exchange.kernel.triggers import VendorSQL

_MOVES_BEFORE = next(
    statement
    for statement in import_module("settlement.migrations.0003_ledger_in_full")._POSTGRES
    if "FUNCTION settlement_transfer_moves" in statement
)
_MOVES = _MOVES_BEFORE.replace(
    "        RETURN NULL;",
    """        GET DIAGNOSTICS found = ROW_COUNT;
        IF found < (SELECT COUNT(*) FROM (
            SELECT debit_account_id FROM fresh UNION SELECT credit_account_id FROM fresh) named) THEN
            RAISE EXCEPTION 'a transfer names an account that does not exist'
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN NULL;""",
).replace("    BEGIN\n", "    DECLARE found bigint;\n    BEGIN\n", 1)
_KEYS = (("credit_account_id", "d698388b"), ("debit_account_id", "1006c5af"))

_STAY = [
    """CREATE FUNCTION settlement_ledgeraccount_named() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF EXISTS (SELECT 1 FROM settlement_transfer) THEN
            RAISE EXCEPTION 'accounts stay' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $body$""",
    """CREATE TRIGGER settlement_ledgeraccount_named AFTER TRUNCATE ON settlement_ledgeraccount
    FOR EACH STATEMENT EXECUTE FUNCTION settlement_ledgeraccount_named()""",
]


def _key(column: str, digest: str) -> str:
    """The name Django gave a foreign key."""
    return f"settlement_transfer_{column}_{digest}_fk_settlemen"


class Migration(migrations.Migration):
    dependencies = [("settlement", "0012_rescission_fees")]

    operations = [
        VendorSQL(
            {
                "sqlite": [],
                "postgresql": [
                    _MOVES,
                    *_STAY,
                    *(f"ALTER TABLE settlement_transfer DROP CONSTRAINT {_key(*key)}" for key in _KEYS),
                ],
            },
            {
                "sqlite": [],
                "postgresql": [
                    *(
                        f"ALTER TABLE settlement_transfer ADD CONSTRAINT {_key(*key)} FOREIGN KEY ({key[0]}) "
                        "REFERENCES settlement_ledgeraccount (id) DEFERRABLE INITIALLY DEFERRED"
                        for key in _KEYS
                    ),
                    "DROP TRIGGER settlement_ledgeraccount_named ON settlement_ledgeraccount",
                    "DROP FUNCTION settlement_ledgeraccount_named()",
                    _MOVES_BEFORE,
                ],
            },
        )
    ]
