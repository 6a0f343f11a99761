"""The whole chart of accounts and two-phase life: partial posts and expiry.

A resolution says in ``released_fen`` what it takes off the reservation (all of it), in ``amount_fen`` what it
moves; a pending transfer may expire. SQLite makes a table anew to change its constraints, which loses the
triggers, so all triggers of the ledger are taken down first and put up again after.
"""

from importlib import import_module

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only, refuse

_BEFORE = import_module("settlement.migrations.0002_ledger_triggers")

_MOVED = "(t.phase IN (1, 3))"
_RESERVED = "((t.phase = 2) * t.amount_fen - COALESCE(t.released_fen, 0))"
_MATCHES = """p.id = NEW.pending_id AND p.phase = 2
        AND p.debit_account_id = NEW.debit_account_id AND p.credit_account_id = NEW.credit_account_id
        AND p.amount_fen = NEW.released_fen
        AND CASE WHEN NEW.phase = 5 THEN p.expires_at_ns IS NOT NULL AND p.expires_at_ns <= NEW.posted_at_ns
            ELSE p.expires_at_ns IS NULL OR NEW.posted_at_ns < p.expires_at_ns END"""

_SQLITE = [
    _BEFORE._SQLITE_LEDGER[0],
    f"""CREATE TRIGGER settlement_transfer_resolves BEFORE INSERT ON settlement_transfer FOR EACH ROW
    WHEN NEW.phase IN (3, 4, 5) AND NOT EXISTS (SELECT 1 FROM settlement_transfer p WHERE {_MATCHES})
    BEGIN SELECT RAISE(ABORT, 'a resolution matches its pending transfer'); END""",
    """CREATE TRIGGER settlement_transfer_moves AFTER INSERT ON settlement_transfer FOR EACH ROW
    BEGIN
        UPDATE settlement_ledgeraccount SET
            debits_posted = debits_posted + NEW.amount_fen * (NEW.phase IN (1, 3)),
            debits_pending = debits_pending + NEW.amount_fen * (NEW.phase = 2) - COALESCE(NEW.released_fen, 0),
            last_transfer_id = NEW.id
        WHERE id = NEW.debit_account_id;
        UPDATE settlement_ledgeraccount SET
            credits_posted = credits_posted + NEW.amount_fen * (NEW.phase IN (1, 3)),
            credits_pending = credits_pending + NEW.amount_fen * (NEW.phase = 2) - COALESCE(NEW.released_fen, 0),
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
        AND NEW.debits_pending - OLD.debits_pending = (t.debit_account_id = NEW.id) * {_RESERVED}
        AND NEW.credits_pending - OLD.credits_pending = (t.credit_account_id = NEW.id) * {_RESERVED})
    BEGIN SELECT RAISE(ABORT, 'balances move with transfers only'); END""",
    _BEFORE._SQLITE_LEDGER[4],
]

_POSTGRES = [
    f"""CREATE OR REPLACE FUNCTION settlement_transfer_resolves() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM settlement_transfer p WHERE {_MATCHES}) THEN
            RAISE EXCEPTION 'a resolution matches its pending transfer'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $body$""",
    """CREATE TRIGGER settlement_transfer_resolves BEFORE INSERT ON settlement_transfer FOR EACH ROW
    WHEN (NEW.phase IN (3, 4, 5)) EXECUTE FUNCTION settlement_transfer_resolves()""",
    """CREATE OR REPLACE FUNCTION settlement_transfer_moves() RETURNS trigger LANGUAGE plpgsql AS $body$
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
                COALESCE(SUM(CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -released_fen END)
                    FILTER (WHERE is_debit), 0) AS debits_pending,
                COALESCE(SUM(CASE phase WHEN 1 THEN 0 WHEN 2 THEN amount_fen ELSE -released_fen END)
                    FILTER (WHERE NOT is_debit), 0) AS credits_pending,
                MAX(id) AS last_transfer_id
            FROM (
                SELECT debit_account_id AS account_id, TRUE AS is_debit, phase, amount_fen, released_fen, id
                FROM fresh
                UNION ALL
                SELECT credit_account_id, FALSE, phase, amount_fen, released_fen, id FROM fresh
            ) leg GROUP BY account_id
        ) moved WHERE account.id = moved.account_id;
        RETURN NULL;
    END $body$""",
]

_SQLITE_DOWN = [
    f"DROP TRIGGER settlement_{name}"
    for name in (
        "transfer_is_new",
        "transfer_resolves",
        "transfer_moves",
        "ledgeraccount_moves",
        "ledgeraccount_is_new",
        "transfer_no_update",
        "transfer_no_delete",
        "ledgeraccount_starts_empty",
        "ledgeraccount_stays",
    )
]
_POSTGRES_DOWN = [
    "DROP TRIGGER settlement_transfer_resolves ON settlement_transfer",
    "DROP TRIGGER settlement_transfer_no_update ON settlement_transfer",
]


def _guards(vendor: str) -> list[str]:
    """The triggers beside the ledger's own that SQLite lost."""
    kept = [
        *(operation.forwards for operation in append_only(table="settlement_transfer", message="transfers are final")),
        refuse(
            name="settlement_ledgeraccount_starts_empty",
            table="settlement_ledgeraccount",
            event="INSERT",
            when="NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0 "
            "OR NEW.credits_pending <> 0 OR NEW.last_transfer_id <> 0",
            message="accounts start empty",
        )[0],
        refuse(
            name="settlement_ledgeraccount_stays",
            table="settlement_ledgeraccount",
            event="DELETE",
            message="accounts stay",
        )[0],
    ]
    return [statement for forwards in kept for statement in forwards[vendor]]


_NO_UPDATE = (
    'CREATE TRIGGER settlement_transfer_no_update BEFORE UPDATE ON settlement_transfer '
    'FOR EACH ROW EXECUTE FUNCTION "settlement_transfer_no_update"()'
)

_TAKE_DOWN = VendorSQL(
    {"sqlite": _SQLITE_DOWN, "postgresql": _POSTGRES_DOWN},
    {
        "sqlite": [*_BEFORE._SQLITE_LEDGER, *_guards("sqlite")],
        "postgresql": [
            _NO_UPDATE,
            *(
                statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
                for statement in _BEFORE._POSTGRES_LEDGER[:3]
            ),
        ],
    },
)
_PUT_UP = VendorSQL(
    {"sqlite": [*_SQLITE, *_guards("sqlite")], "postgresql": [*_POSTGRES, _NO_UPDATE]},
    {"sqlite": _SQLITE_DOWN, "postgresql": _POSTGRES_DOWN},
)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0002_ledger_triggers")]

    operations = [
        _TAKE_DOWN,
        migrations.RemoveConstraint(
            model_name='ledgeraccount',
            name='ledger_account_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='transfer',
            name='transfer_phase_and_pending_agree',
        ),
        migrations.RemoveConstraint(
            model_name='transfer',
            name='transfer_kind_known',
        ),
        migrations.AddField(
            model_name='transfer',
            name='expires_at_ns',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='transfer',
            name='released_fen',
            field=models.BigIntegerField(null=True),
        ),
        migrations.RunSQL(
            "UPDATE settlement_transfer SET released_fen = amount_fen WHERE phase IN (3, 4)",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='ledgeraccount',
            name='kind',
            field=models.CharField(max_length=20),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(condition=models.Q(('expires_at_ns__isnull', False)), fields=['expires_at_ns'], name='transfer_expiring'),
        ),
        migrations.AddConstraint(
            model_name='ledgeraccount',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['cash', 'quality_deposit', 'bond', 'escrow', 'client_money', 'fees', 'delivery_fees', 'storage_payable', 'inspection_payable', 'tax_payable', 'risk_reserve', 'interest_payable', 'bank_charges', 'suspense'])), name='ledger_account_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pending__isnull', True), ('phase__in', [1, 2]), ('released_fen__isnull', True)), models.Q(('pending__isnull', False), ('phase', 3), ('released_fen__gte', models.F('amount_fen'))), models.Q(('pending__isnull', False), ('phase__in', [4, 5]), ('released_fen', models.F('amount_fen'))), _connector='OR'), name='transfer_phase_and_pending_agree'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at_ns__isnull', True), ('phase', 2), _connector='OR'), name='transfer_only_pending_expires'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__lte', 1000000000000000)), name='transfer_amount_bounded'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['goods_payment', 'buyer_fee', 'seller_fee', 'quality_deposit', 'quality_release', 'deposit', 'withdrawal', 'suspense', 'correction', 'bond_kept', 'bond_applied', 'bond_returned', 'escrow_kept', 'escrow_released', 'escrow_returned', 'forfeit', 'late_fee', 'over_short', 'quality_adjustment', 'compensation', 'refund', 'fee_refund', 'delivery_fee', 'storage_fee', 'storage_paid', 'inspection_fee', 'inspection_paid', 'tax', 'tax_refund', 'reserve_set_aside', 'reserve_used', 'interest', 'interest_shared', 'bank_charge', 'fees_taken'])), name='transfer_kind_known'),
        ),
        _PUT_UP,
    ]
