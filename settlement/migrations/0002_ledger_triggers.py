"""What the ledger keeps by itself, whoever writes SQL.

Transfers are final. Balances move with the transfers inserted and with nothing else. A pending transfer is
resolved by one of the same accounts and amount. On SQLite the triggers run per row; on PostgreSQL one statement
moves the balances of all accounts a statement touched, so that bulk inserts stay fast. Both are safe against raw
SQL: a balance changed by hand is refused (SQLite: unless it is exactly the movement of a newer transfer;
PostgreSQL: unless a trigger does it).
"""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse

_MOVED = "(t.phase IN (1, 3))"
_RESERVED = "((t.phase = 2) - (t.phase IN (3, 4)))"

_SQLITE_LEDGER = [
    # INSERT OR REPLACE deletes without firing DELETE triggers, so a known key or number is refused first.
    """CREATE TRIGGER settlement_transfer_is_new BEFORE INSERT ON settlement_transfer FOR EACH ROW
    WHEN EXISTS (SELECT 1 FROM settlement_transfer WHERE transfer_key = NEW.transfer_key)
      OR EXISTS (SELECT 1 FROM settlement_transfer WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'transfers are final'); END""",
    """CREATE TRIGGER settlement_transfer_resolves BEFORE INSERT ON settlement_transfer FOR EACH ROW
    WHEN NEW.phase IN (3, 4) AND NOT EXISTS (
        SELECT 1 FROM settlement_transfer p WHERE p.id = NEW.pending_id AND p.phase = 2
        AND p.debit_account_id = NEW.debit_account_id AND p.credit_account_id = NEW.credit_account_id
        AND p.amount_fen = NEW.amount_fen)
    BEGIN SELECT RAISE(ABORT, 'a resolution matches its pending transfer'); END""",
    """CREATE TRIGGER settlement_transfer_moves AFTER INSERT ON settlement_transfer FOR EACH ROW
    BEGIN
        UPDATE settlement_ledgeraccount SET
            debits_posted = debits_posted + NEW.amount_fen * (NEW.phase IN (1, 3)),
            debits_pending = debits_pending + NEW.amount_fen * ((NEW.phase = 2) - (NEW.phase IN (3, 4))),
            last_transfer_id = NEW.id
        WHERE id = NEW.debit_account_id;
        UPDATE settlement_ledgeraccount SET
            credits_posted = credits_posted + NEW.amount_fen * (NEW.phase IN (1, 3)),
            credits_pending = credits_pending + NEW.amount_fen * ((NEW.phase = 2) - (NEW.phase IN (3, 4))),
            last_transfer_id = NEW.id
        WHERE id = NEW.credit_account_id;
    END""",
    f"""CREATE TRIGGER settlement_ledgeraccount_moves BEFORE UPDATE ON settlement_ledgeraccount FOR EACH ROW
    WHEN NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.kind <> OLD.kind OR NEW.normal <> OLD.normal
      OR NEW.member_account_no IS NOT OLD.member_account_no OR NEW.last_transfer_id <= OLD.last_transfer_id
      OR NOT EXISTS (
        SELECT 1 FROM settlement_transfer t WHERE t.id = NEW.last_transfer_id
        AND (t.debit_account_id = NEW.id OR t.credit_account_id = NEW.id)
        AND NEW.debits_posted - OLD.debits_posted = (t.debit_account_id = NEW.id) * t.amount_fen * {_MOVED}
        AND NEW.credits_posted - OLD.credits_posted = (t.credit_account_id = NEW.id) * t.amount_fen * {_MOVED}
        AND NEW.debits_pending - OLD.debits_pending = (t.debit_account_id = NEW.id) * t.amount_fen * {_RESERVED}
        AND NEW.credits_pending - OLD.credits_pending = (t.credit_account_id = NEW.id) * t.amount_fen * {_RESERVED})
    BEGIN SELECT RAISE(ABORT, 'balances move with transfers only'); END""",
    """CREATE TRIGGER settlement_ledgeraccount_is_new BEFORE INSERT ON settlement_ledgeraccount FOR EACH ROW
    WHEN EXISTS (SELECT 1 FROM settlement_ledgeraccount WHERE id = NEW.id OR code = NEW.code)
    BEGIN SELECT RAISE(ABORT, 'accounts are opened once'); END""",
]

_POSTGRES_LEDGER = [
    """CREATE FUNCTION settlement_transfer_resolves() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM settlement_transfer p WHERE p.id = NEW.pending_id AND p.phase = 2
            AND p.debit_account_id = NEW.debit_account_id AND p.credit_account_id = NEW.credit_account_id
            AND p.amount_fen = NEW.amount_fen) THEN
            RAISE EXCEPTION 'a resolution matches its pending transfer'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $body$""",
    """CREATE TRIGGER settlement_transfer_resolves BEFORE INSERT ON settlement_transfer FOR EACH ROW
    WHEN (NEW.phase IN (3, 4)) EXECUTE FUNCTION settlement_transfer_resolves()""",
    """CREATE FUNCTION settlement_transfer_moves() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        PERFORM 1 FROM settlement_ledgeraccount
        WHERE id IN (SELECT debit_account_id FROM fresh UNION SELECT credit_account_id FROM fresh)
        ORDER BY id FOR NO KEY UPDATE;
        UPDATE settlement_ledgeraccount account SET
            debits_posted = account.debits_posted + moved.debits_posted,
            credits_posted = account.credits_posted + moved.credits_posted,
            debits_pending = account.debits_pending + moved.debits_pending,
            credits_pending = account.credits_pending + moved.credits_pending,
            last_transfer_id = GREATEST(account.last_transfer_id, moved.last_transfer_id)
        FROM (
            SELECT account_id,
                COALESCE(SUM(amount_fen) FILTER (WHERE is_debit AND phase IN (1, 3)), 0) AS debits_posted,
                COALESCE(SUM(amount_fen) FILTER (WHERE NOT is_debit AND phase IN (1, 3)), 0) AS credits_posted,
                COALESCE(SUM(CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -amount_fen END)
                    FILTER (WHERE is_debit), 0) AS debits_pending,
                COALESCE(SUM(CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -amount_fen END)
                    FILTER (WHERE NOT is_debit), 0) AS credits_pending,
                MAX(id) AS last_transfer_id
            FROM (
                SELECT debit_account_id AS account_id, TRUE AS is_debit, phase, amount_fen, id FROM fresh
                UNION ALL
                SELECT credit_account_id, FALSE, phase, amount_fen, id FROM fresh
            ) leg GROUP BY account_id
        ) moved WHERE account.id = moved.account_id;
        RETURN NULL;
    END $body$""",
    """CREATE TRIGGER settlement_transfer_moves AFTER INSERT ON settlement_transfer
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION settlement_transfer_moves()""",
    """CREATE FUNCTION settlement_ledgeraccount_moves() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF pg_trigger_depth() < 2 OR (NEW.id, NEW.code, NEW.kind, NEW.normal, NEW.member_account_no)
            IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.normal, OLD.member_account_no) THEN
            RAISE EXCEPTION 'balances move with transfers only' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $body$""",
    """CREATE TRIGGER settlement_ledgeraccount_moves BEFORE UPDATE ON settlement_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION settlement_ledgeraccount_moves()""",
]

_LEDGER_BACK = {
    "sqlite": [
        f"DROP TRIGGER settlement_{name}"
        for name in (
            "transfer_is_new",
            "transfer_resolves",
            "transfer_moves",
            "ledgeraccount_moves",
            "ledgeraccount_is_new",
        )
    ],
    "postgresql": [
        "DROP TRIGGER settlement_transfer_resolves ON settlement_transfer",
        "DROP TRIGGER settlement_transfer_moves ON settlement_transfer",
        "DROP TRIGGER settlement_ledgeraccount_moves ON settlement_ledgeraccount",
        "DROP FUNCTION settlement_transfer_resolves()",
        "DROP FUNCTION settlement_transfer_moves()",
        "DROP FUNCTION settlement_ledgeraccount_moves()",
    ],
}

_ALLOWED_STEPS = " OR ".join(
    f"(OLD.direction = '{direction}' AND OLD.state = '{from_state}' AND NEW.state = '{to_state}')"
    for direction, from_state, to_state in (
        ("deposit", "requested", "sent"),
        ("deposit", "sent", "confirmed"),
        ("deposit", "sent", "failed"),
        ("withdrawal", "requested", "held"),
        ("withdrawal", "requested", "refused"),
        ("withdrawal", "held", "sent"),
        ("withdrawal", "sent", "confirmed"),
        ("withdrawal", "sent", "failed"),
    )
)

_CONTRACT_TERMS = (
    "contract_no trade_id mode rulebook_version formed_at_ns day seq seller_no seller_code seller_name seller_uscc "
    "seller_signatory buyer_no buyer_code buyer_name buyer_uscc buyer_signatory product_number product_code "
    "product_name spec quality_standard inspection_nos receipt_nos delivery_place quantity_kg price_fen amount_fen "
    "buyer_fee_fen seller_fee_fen deposit_fen deposit_release_day price_basis over_short_bps delivery_method "
    "storage_fee_from payment_schedule dispute_clause document_hash"
).split()


def _changed(columns: list[str]) -> str:
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_settlement")]

    operations = [
        *append_only(table="settlement_transfer", message="transfers are final"),
        *append_only(table="settlement_bankmovementstep", message="history is final"),
        *append_only(table="settlement_dailystatement", message="statements are final"),
        VendorSQL({"sqlite": _SQLITE_LEDGER, "postgresql": _POSTGRES_LEDGER}, _LEDGER_BACK),
        VendorSQL(
            *refuse(
                name="settlement_ledgeraccount_starts_empty",
                table="settlement_ledgeraccount",
                event="INSERT",
                when="NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0 "
                "OR NEW.credits_pending <> 0 OR NEW.last_transfer_id <> 0",
                message="accounts start empty",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_ledgeraccount_stays",
                table="settlement_ledgeraccount",
                event="DELETE",
                message="accounts stay",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_bankmovement_starts_requested",
                table="settlement_bankmovement",
                event="INSERT",
                when="NEW.state <> 'requested'",
                message="movements start as requested",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_bankmovement_steps",
                table="settlement_bankmovement",
                event="UPDATE",
                when=f"(NEW.state <> OLD.state AND NOT ({_ALLOWED_STEPS})) OR "
                + _changed(["movement_no", "direction", "account_no", "bank_account_id", "amount_fen"]),
                message="no such step in the life of a movement",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_bankmovement_stays",
                table="settlement_bankmovement",
                event="DELETE",
                message="movements stay",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_contract_terms_final",
                table="settlement_contract",
                event="UPDATE",
                when=f"(OLD.status = 'completed' AND NEW.status <> 'completed') OR {_changed(_CONTRACT_TERMS)}",
                message="the terms of a contract are final",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_contract_stays",
                table="settlement_contract",
                event="DELETE",
                message="contracts stay",
            )
        ),
    ]
