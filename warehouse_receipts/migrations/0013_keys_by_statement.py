"""What a receipt stands on, on PostgreSQL: looked up once for a statement or a root, not five times for each row.

A child has the store, lot, inspection and root of its parent, and that there is such a parent the statement
that takes its kilograms has made sure of. So only roots are asked whether their store, lot and inspection exist.
None of them can go later: stock movements are never changed and keep store and lot by their own foreign keys,
inspections and receipts are never deleted and keep their numbers, and emptying a table is refused while
receipts stand on it. With that the five foreign keys say nothing new, and asked again at every commit about
every row. SQLite, which has no triggers of a statement, keeps them.
"""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL

RECEIPT = "warehouse_receipts_receipt"
INTAKE = "warehouse_receipts_intake"
INSPECTION = "warehouse_receipts_inspection"
WAREHOUSE = "warehouse_receipts_warehouse"
KEYS = (
    ("inspection_id", "37247e5c", INSPECTION),
    ("intake_id", "9132442c", INTAKE),
    ("parent_id", "797f56c5", RECEIPT),
    ("root_id", "07a667be", RECEIPT),
    ("warehouse_id", "ec25500a", WAREHOUSE),
)


def _key(column: str, digest: str) -> str:
    """The name Django gave a foreign key."""
    return f"warehouse_receipts_r_{column}_{digest}_fk_warehouse"


_ROOTS = [
    f"""CREATE FUNCTION "root_stands_on_goods"() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF NOT (EXISTS (SELECT 1 FROM "{WAREHOUSE}" WHERE id = NEW.warehouse_id)
            AND EXISTS (SELECT 1 FROM "{INTAKE}" WHERE id = NEW.intake_id)
            AND EXISTS (SELECT 1 FROM "{INSPECTION}" WHERE id = NEW.inspection_id)) THEN
            RAISE EXCEPTION 'a receipt names a store, a lot and an inspection that exist'
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN NULL;
    END $body$""",
    f'CREATE TRIGGER "root_stands_on_goods" AFTER INSERT ON "{RECEIPT}" FOR EACH ROW '
    'WHEN (NEW.parent_id IS NULL) EXECUTE FUNCTION "root_stands_on_goods"()',
]
_STAY = [
    f"""CREATE FUNCTION "receipts_stand_on_it"() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF EXISTS (SELECT 1 FROM "{RECEIPT}") THEN
            RAISE EXCEPTION 'receipts stand on it' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $body$""",
    *(
        f'CREATE TRIGGER "receipts_stand_on_it" AFTER TRUNCATE ON "{table}" '
        'FOR EACH STATEMENT EXECUTE FUNCTION "receipts_stand_on_it"()'
        for table in (INTAKE, INSPECTION, WAREHOUSE)
    ),
]


class Migration(migrations.Migration):
    dependencies = [("warehouse_receipts", "0012_long_imports")]

    operations = [
        VendorSQL(
            {
                "sqlite": [],
                "postgresql": [
                    *_ROOTS,
                    *_STAY,
                    *(f'ALTER TABLE "{RECEIPT}" DROP CONSTRAINT "{_key(*key[:2])}"' for key in KEYS),
                ],
            },
            {
                "sqlite": [],
                "postgresql": [
                    *(
                        f'ALTER TABLE "{RECEIPT}" ADD CONSTRAINT "{_key(column, digest)}" FOREIGN KEY ({column}) '
                        f'REFERENCES "{table}" (id) DEFERRABLE INITIALLY DEFERRED'
                        for column, digest, table in KEYS
                    ),
                    *(
                        f'DROP TRIGGER "receipts_stand_on_it" ON "{table}"'
                        for table in (INTAKE, INSPECTION, WAREHOUSE)
                    ),
                    'DROP FUNCTION "receipts_stand_on_it"()',
                    f'DROP TRIGGER "root_stands_on_goods" ON "{RECEIPT}"',
                    'DROP FUNCTION "root_stands_on_goods"()',
                ],
            },
        )
    ]
