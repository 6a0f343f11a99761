"""Splits on PostgreSQL: the children of one statement are taken from their parents together.

A bulk insert of children updated a parent once for each of them, every index of the register along with it.
Now one statement trigger checks all of them and takes each parent's kilograms once. What may be written
is the same: the children of a parent follow each other from where it was split last, of the same goods, and
its weight changes by exactly what they took. SQLite, which has no such triggers, stays with its own of 0002.

Two indexes nothing reads go: of a receipt's parent (``receipt_interval_once`` begins with it) and of the
beginnings of an endorsement's hash, which PostgreSQL got beside the unique one.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL

before = import_module("warehouse_receipts.migrations.0004_whole_life")
contract_goods = import_module("warehouse_receipts.migrations.0005_contract_goods")
tables = import_module("warehouse_receipts.migrations.0002_triggers")

RECEIPT = tables.RECEIPT
NAMES = ("child_takes_from_parent", "weight_changes_by_split")

_CHILDREN_TAKE = f"""CREATE FUNCTION "child_takes_from_parent"() RETURNS trigger LANGUAGE plpgsql AS $body$
    DECLARE parents bigint[] := ARRAY(SELECT DISTINCT parent_id FROM fresh WHERE parent_id IS NOT NULL);
    BEGIN
        IF parents = '{{}}' THEN
            RETURN NULL;
        END IF;
        PERFORM 1 FROM "{RECEIPT}" WHERE id = ANY(parents) ORDER BY id FOR NO KEY UPDATE;
        IF EXISTS (
            SELECT 1 FROM (
                SELECT fresh.*, SUM(issued_kg) OVER (PARTITION BY parent_id ORDER BY parent_offset_kg, id) - issued_kg
                    AS before_kg
                FROM fresh WHERE parent_id IS NOT NULL
            ) c LEFT JOIN (SELECT * FROM "{RECEIPT}" WHERE id = ANY(parents)) p ON p.id = c.parent_id
            WHERE (p.split_kg + c.before_kg = c.parent_offset_kg AND p.state = 'issued'
                AND p.warehouse_id = c.warehouse_id AND p.product_number = c.product_number
                AND p.intake_id = c.intake_id AND p.inspection_id = c.inspection_id
                AND COALESCE(p.root_id, p.id) = c.root_id) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'a child takes the next kilograms of a valid parent of the same goods'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        UPDATE "{RECEIPT}" p SET kg = p.kg - taken.kg, split_kg = p.split_kg + taken.kg
        FROM (
            SELECT parent_id, SUM(issued_kg)::bigint AS kg FROM fresh WHERE parent_id IS NOT NULL GROUP BY parent_id
        ) taken WHERE p.id = taken.parent_id AND p.id = ANY(parents);
        RETURN NULL;
    END $body$"""

_WEIGHT_CHANGES = f"""CREATE FUNCTION "weight_changes_by_split"() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF NEW.split_kg - OLD.split_kg IS DISTINCT FROM (
            SELECT SUM(c.issued_kg) FROM "{RECEIPT}" c
            WHERE c.parent_id = NEW.id AND c.parent_offset_kg >= OLD.split_kg
        ) THEN
            RAISE EXCEPTION 'the weight of a receipt changes only by a split'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $body$"""

_BY_STATEMENT = [
    _CHILDREN_TAKE,
    f'CREATE TRIGGER "child_takes_from_parent" AFTER INSERT ON "{RECEIPT}" REFERENCING NEW TABLE AS fresh '
    'FOR EACH STATEMENT EXECUTE FUNCTION "child_takes_from_parent"()',
    _WEIGHT_CHANGES,
    f'CREATE TRIGGER "weight_changes_by_split" BEFORE UPDATE OF kg, split_kg ON "{RECEIPT}" FOR EACH ROW '
    "WHEN (NEW.kg <> OLD.kg OR NEW.split_kg <> OLD.split_kg) "
    'EXECUTE FUNCTION "weight_changes_by_split"()',
]
_DROP = [
    statement
    for name in NAMES
    for statement in (f'DROP TRIGGER "{name}" ON "{RECEIPT}"', f'DROP FUNCTION "{name}"()')
]
_BY_ROW = (tables.child_takes_from_parent, tables.weight_changes_by_split)

splits = VendorSQL(
    {
        "sqlite": [statement for each in _BY_ROW for statement in each.forwards["sqlite"]],
        "postgresql": _BY_STATEMENT,
    },
    {"sqlite": [statement for each in _BY_ROW for statement in each.backwards["sqlite"]], "postgresql": _DROP},
)

TRIGGERS = [*(operation for operation in contract_goods.TRIGGERS if operation not in _BY_ROW), splits]
"""Every trigger of the register as it stands after this migration."""


_BY_PARENT = f"{RECEIPT}_parent_id_797f56c5"
_BY_HASH = f"{tables.ENDORSEMENT}_hash_909c45bf_like"

unread_indexes = VendorSQL(
    {
        "sqlite": [f'DROP INDEX IF EXISTS "{_BY_PARENT}"'],
        "postgresql": [f'DROP INDEX IF EXISTS "{name}"' for name in (_BY_PARENT, _BY_HASH)],
    },
    {
        "sqlite": [f'CREATE INDEX "{_BY_PARENT}" ON "{RECEIPT}" (parent_id)'],
        "postgresql": [
            f'CREATE INDEX "{_BY_PARENT}" ON "{RECEIPT}" (parent_id)',
            f'CREATE INDEX "{_BY_HASH}" ON "{tables.ENDORSEMENT}" (hash varchar_pattern_ops)',
        ],
    },
)


class Migration(migrations.Migration):
    dependencies = [("warehouse_receipts", "0009_oversight")]

    operations = [
        *before.taken_down(_BY_ROW),
        splits,
        migrations.SeparateDatabaseAndState(
            database_operations=[unread_indexes],
            state_operations=[
                migrations.AlterField(
                    model_name="receipt",
                    name="parent",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="warehouse_receipts.receipt",
                    ),
                ),
            ],
        ),
    ]
