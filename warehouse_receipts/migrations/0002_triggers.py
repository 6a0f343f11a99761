"""Conservation of kilograms and of title, in the databases' own hands. See the docstring of models.py."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse

RECEIPT = "warehouse_receipts_receipt"
STOCK = "warehouse_receipts_stock"
WAREHOUSE = "warehouse_receipts_warehouse"
MOVEMENT = "warehouse_receipts_stockmovement"
INTAKE = "warehouse_receipts_intake"
HOLD = "warehouse_receipts_receipthold"
ENDORSEMENT = "warehouse_receipts_endorsement"


def trigger(name, table, event, *, checks=(), actions=(), when=None):
    """An AFTER (BEFORE when it only checks) row trigger for both databases.

    checks are (condition that must hold, message); actions are statements. Both are plain SQL over NEW and OLD.
    """
    timing = "AFTER" if actions else "BEFORE"
    condition = f"WHEN ({when})" if when else ""
    head = f'CREATE TRIGGER "{name}" {timing} {event} ON "{table}" FOR EACH ROW {condition}'
    sqlite = [f"SELECT RAISE(ABORT, '{message}') WHERE NOT ({rule});" for rule, message in checks]
    postgres = [
        f"IF NOT ({rule}) THEN RAISE EXCEPTION '{message}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        for rule, message in checks
    ]
    body = [f"{action};" for action in actions]
    forwards = {
        "sqlite": [f"{head} BEGIN {' '.join([*sqlite, *body])} END"],
        "postgresql": [
            f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ '
            f"BEGIN {' '.join([*postgres, *body])} RETURN NEW; END $body$",
            f'{head} EXECUTE FUNCTION "{name}"()',
        ],
    }
    backwards = {
        "sqlite": [f'DROP TRIGGER "{name}"'],
        "postgresql": [f'DROP TRIGGER "{name}" ON "{table}"', f'DROP FUNCTION "{name}"()'],
    }
    return VendorSQL(forwards, backwards)


movement_counts = trigger(
    "movement_counts",
    MOVEMENT,
    "INSERT",
    actions=(
        f'INSERT INTO "{STOCK}" (warehouse_id, product_number, physical_kg, receipted_kg) '
        "VALUES (NEW.warehouse_id, NEW.product_number, NEW.kg, 0) "
        "ON CONFLICT (warehouse_id, product_number) "
        f'DO UPDATE SET physical_kg = "{STOCK}".physical_kg + excluded.physical_kg',
        f'UPDATE "{WAREHOUSE}" SET stored_kg = stored_kg + NEW.kg WHERE id = NEW.warehouse_id',
    ),
)

receipt_starts_whole = trigger(
    "receipt_starts_whole",
    RECEIPT,
    "INSERT",
    checks=(
        (
            "NEW.kg = NEW.issued_kg AND NEW.split_kg = 0 AND NEW.held_kg = 0 AND NEW.state = 'issued'",
            "a receipt starts whole, free and valid",
        ),
    ),
)

root_takes_stock = trigger(
    "root_takes_stock",
    RECEIPT,
    "INSERT",
    when="NEW.parent_id IS NULL",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{MOVEMENT}" m WHERE m.intake_id = NEW.intake_id '
            "AND m.warehouse_id = NEW.warehouse_id AND m.product_number = NEW.product_number)",
            "the lot does not lie in this warehouse as goods of this cell",
        ),
    ),
    actions=(
        f'UPDATE "{STOCK}" SET receipted_kg = receipted_kg + NEW.issued_kg '
        "WHERE warehouse_id = NEW.warehouse_id AND product_number = NEW.product_number",
        f'UPDATE "{INTAKE}" SET receipted_kg = receipted_kg + NEW.issued_kg WHERE id = NEW.intake_id',
    ),
)

child_takes_from_parent = trigger(
    "child_takes_from_parent",
    RECEIPT,
    "INSERT",
    when="NEW.parent_id IS NOT NULL",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{RECEIPT}" p WHERE p.id = NEW.parent_id '
            "AND p.split_kg = NEW.parent_offset_kg AND p.state = 'issued' "
            "AND p.warehouse_id = NEW.warehouse_id AND p.product_number = NEW.product_number "
            "AND p.intake_id = NEW.intake_id AND p.inspection_id = NEW.inspection_id "
            "AND COALESCE(p.root_id, p.id) = NEW.root_id)",
            "a child takes the next kilograms of a valid parent of the same goods",
        ),
    ),
    actions=(
        f'UPDATE "{RECEIPT}" SET kg = kg - NEW.issued_kg, split_kg = split_kg + NEW.issued_kg '
        "WHERE id = NEW.parent_id",
    ),
)

weight_changes_by_split = trigger(
    "weight_changes_by_split",
    RECEIPT,
    "UPDATE OF kg, split_kg",
    when="NEW.kg <> OLD.kg OR NEW.split_kg <> OLD.split_kg",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{RECEIPT}" c WHERE c.parent_id = NEW.id '
            "AND c.parent_offset_kg = OLD.split_kg AND c.issued_kg = NEW.split_kg - OLD.split_kg)",
            "the weight of a receipt changes only by a split",
        ),
    ),
)

identity_fixed = VendorSQL(
    *refuse(
        name="receipt_identity_fixed",
        table=RECEIPT,
        event="UPDATE",
        message="what a receipt says about its goods cannot change",
        when=" OR ".join(
            f"NEW.{column} IS DISTINCT FROM OLD.{column}"
            for column in (
                "id no warehouse_id product_number issued_kg parent_id parent_offset_kg root_id "
                "intake_id inspection_id issued_at"
            ).split()
        ),
    )
)

state_moves_on = VendorSQL(
    *refuse(
        name="receipt_stays_cancelled",
        table=RECEIPT,
        event="UPDATE",
        message="a cancelled receipt cannot change",
        when="OLD.state <> 'issued'",
    )
)

cancel_frees_stock = trigger(
    "cancel_frees_stock",
    RECEIPT,
    "UPDATE OF state",
    when="NEW.state = 'cancelled' AND OLD.state = 'issued'",
    actions=(
        f'UPDATE "{STOCK}" SET receipted_kg = receipted_kg - OLD.kg '
        "WHERE warehouse_id = OLD.warehouse_id AND product_number = OLD.product_number",
    ),
)

holder_changes_by_endorsement = trigger(
    "holder_changes_by_endorsement",
    RECEIPT,
    "UPDATE OF holder_no, title_hash",
    when="NEW.holder_no <> OLD.holder_no OR NEW.title_hash <> OLD.title_hash",
    checks=(
        (
            f'NEW.held_kg = 0 AND EXISTS (SELECT 1 FROM "{ENDORSEMENT}" e WHERE e.receipt_id = NEW.id '
            "AND e.hash = NEW.title_hash AND e.prev_hash = OLD.title_hash AND e.kg = NEW.kg "
            "AND e.from_no = OLD.holder_no AND e.to_no = NEW.holder_no)",
            "a receipt changes hands only by endorsement",
        ),
    ),
)

hold_on_free_receipt = trigger(
    "hold_counts",
    HOLD,
    "INSERT",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{RECEIPT}" r WHERE r.id = NEW.receipt_id '
            "AND r.state = 'issued' AND r.locked_until IS NULL)",
            "only a valid receipt out of its resale lock can be held",
        ),
    ),
    actions=(f'UPDATE "{RECEIPT}" SET held_kg = held_kg + NEW.kg WHERE id = NEW.receipt_id',),
)

hold_changes = trigger(
    "hold_changes",
    HOLD,
    "UPDATE OF kg",
    when="NEW.kg <> OLD.kg",
    actions=(f'UPDATE "{RECEIPT}" SET held_kg = held_kg + NEW.kg - OLD.kg WHERE id = NEW.receipt_id',),
)

hold_ends = trigger(
    "hold_ends",
    HOLD,
    "DELETE",
    when="OLD.kg <> 0",
    actions=(f'UPDATE "{RECEIPT}" SET held_kg = held_kg - OLD.kg WHERE id = OLD.receipt_id',),
)

hold_stays_put = VendorSQL(
    *refuse(
        name="hold_stays_put",
        table=HOLD,
        event="UPDATE",
        message="a hold stays with its receipt and its order",
        when="NEW.receipt_id <> OLD.receipt_id OR NEW.order_id <> OLD.order_id",
    )
)


class Migration(migrations.Migration):
    # A later migration that makes SQLite copy one of these tables drops its triggers: create them again there.

    dependencies = [("warehouse_receipts", "0001_tables"), ("kernel", "0001_kernel")]

    operations = [
        movement_counts,
        *append_only(table=MOVEMENT, message="a stock movement is never changed: write another"),
        receipt_starts_whole,
        root_takes_stock,
        child_takes_from_parent,
        weight_changes_by_split,
        identity_fixed,
        state_moves_on,
        cancel_frees_stock,
        VendorSQL(*refuse(name="receipt_kept", table=RECEIPT, event="DELETE", message="a receipt is never deleted")),
        *append_only(table=ENDORSEMENT, message="an endorsement is never changed"),
        holder_changes_by_endorsement,
        *append_only(
            table="warehouse_receipts_inspection", message="an inspection report is never changed: inspect again"
        ),
        hold_on_free_receipt,
        hold_changes,
        hold_ends,
        hold_stays_put,
    ]
