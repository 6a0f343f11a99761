"""What SQL typed by hand cannot do: the database keeps the ledger, contracts, statements and history."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.kernel.audit import SYSTEM
from settlement import services
from settlement.accounts import CLIENT_MONEY, cash_of
from settlement.ledger import post
from settlement.lives import TRANSITIONS as LIVES
from settlement.models import BankMovement, Contract, LedgerAccount, Transfer
from settlement.transitions import TRANSITIONS
from settlement.types import MovementState, TransferPhase
from settlement.verify import verify_settlement
from tests.settlement.market import DAY, DEALER, PRODUCTS, goods, open_market, run_sql, trade, transfer

pytestmark = pytest.mark.django_db

COLUMNS = (
    "transfer_key, debit_account_id, credit_account_id, amount_fen, phase, pending_id, released_fen, "
    "kind, reference, seq, day, posted_at_ns"
)
TRANSFER = (
    f"INSERT INTO settlement_transfer ({COLUMNS}) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, 'correction', 'x:1', NULL, '2026-11-20', 1)"
)


def settled_market() -> None:
    open_market()
    services.settle_trades([trade(1)])
    services.form_contracts([(trade(1), goods())], PRODUCTS)
    services.build_statements(DAY)
    post([transfer("p1", cash_of(1), CLIENT_MONEY, 50, phase=TransferPhase.PENDING)])


def run_checked(statement: str, *parameters: object) -> None:
    """Run it, and what the end of the transaction would ask."""
    run_sql(statement, *parameters)
    connection.check_constraints()


def refused(statement: str, *parameters: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run_checked(statement, *parameters)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement_transfer SET amount_fen = amount_fen + 1",
        "UPDATE settlement_transfer SET kind = 'deposit' WHERE transfer_key = 'p1'",
        "UPDATE settlement_transfer SET phase = 1 WHERE phase = 2",
        "DELETE FROM settlement_transfer WHERE transfer_key = 'p1'",
        "UPDATE settlement_ledgeraccount SET credits_posted = credits_posted + 1",
        "UPDATE settlement_ledgeraccount SET debits_pending = 0",
        "UPDATE settlement_ledgeraccount SET last_transfer_id = last_transfer_id + 1",
        "UPDATE settlement_ledgeraccount SET normal = 'none'",
        "UPDATE settlement_ledgeraccount SET code = 'x' WHERE code = 'fees:income'",
        "UPDATE settlement_ledgeraccount SET member_account_no = 7 WHERE code = 'fees:income'",
        "DELETE FROM settlement_ledgeraccount WHERE code = 'fees:income'",
        "INSERT INTO settlement_ledgeraccount (code, kind, normal, debits_posted, credits_posted,"
        " debits_pending, credits_pending, last_transfer_id) VALUES ('x', 'cash', 'credit', 0, 5, 0, 0, 0)",
        "UPDATE settlement_contract SET price_fen = 1, amount_fen = quantity_kg",
        "UPDATE settlement_contract SET receipt_nos = '[]'",
        "UPDATE settlement_contract SET document_hash = 'x'",
        "DELETE FROM settlement_contract",
        "UPDATE settlement_dailystatement SET trades = 0",
        "DELETE FROM settlement_dailystatement",
        "UPDATE settlement_bankmovementstep SET why = 'x'",
        "DELETE FROM settlement_bankmovementstep",
        "UPDATE settlement_bankmovement SET amount_fen = 1",
        "UPDATE settlement_bankmovement SET state = 'requested'",
        "DELETE FROM settlement_bankmovement",
    ],
)
def test_what_is_final_stays(statement: str) -> None:
    settled_market()
    refused(statement)
    assert verify_settlement() == []


def test_a_transfer_by_hand_moves_the_balances_as_any_other() -> None:
    settled_market()
    ids = dict(LedgerAccount.objects.values_list("code", "id"))
    run_sql(TRANSFER, "by hand", ids[cash_of(1)], ids[cash_of(2)], 5, 1, None, None)
    assert verify_settlement() == []


def test_a_transfer_by_hand_obeys_every_rule() -> None:
    settled_market()
    ids = dict(LedgerAccount.objects.values_list("code", "id"))
    one, two = ids[cash_of(1)], ids[cash_of(2)]
    pending = Transfer.objects.get(transfer_key="p1").pk
    refused(TRANSFER, "too much", one, two, 10**12, 1, None, None)
    refused(TRANSFER, "nothing", one, two, 0, 1, None, None)
    refused(TRANSFER, "to itself", one, one, 5, 1, None, None)
    refused(TRANSFER, "p1", one, two, 5, 1, None, None)
    refused(TRANSFER, "another phase", one, two, 5, 9, None, None)
    refused(TRANSFER, "posts nothing", one, two, 5, 3, None, None)
    refused(TRANSFER, "posts another", one, two, 50, 3, pending, 5)
    refused(TRANSFER, "posts what is not pending", one, two, 5, 3, pending - 1, 5)
    refused(TRANSFER, "posted with pending", one, two, 5, 1, pending, None)
    refused(TRANSFER, "releases too little", one, ids[CLIENT_MONEY], 40, 3, pending, 40)
    refused(TRANSFER, "posts more than was pending", one, ids[CLIENT_MONEY], 51, 3, pending, 50)
    refused(TRANSFER, "voids a part", one, ids[CLIENT_MONEY], 40, 4, pending, 50)
    refused(TRANSFER, "expires what does not", one, ids[CLIENT_MONEY], 50, 5, pending, 50)
    run_sql(TRANSFER, "resolves", one, ids[CLIENT_MONEY], 50, 4, pending, 50)
    refused(TRANSFER, "resolves again", one, ids[CLIENT_MONEY], 50, 3, pending, 50)
    assert verify_settlement() == []


def test_a_transfer_names_accounts_that_exist_and_stay() -> None:
    settled_market()
    one = LedgerAccount.objects.get(code=cash_of(1)).pk
    for debit, credit in ((one, 10**9), (10**9, one)):
        refused(TRANSFER, "to nobody", debit, credit, 5, 1, None, None)
    if connection.vendor == "postgresql":
        refused("TRUNCATE settlement_ledgeraccount CASCADE")
    assert verify_settlement() == []


def test_replacing_a_row_is_changing_it() -> None:
    settled_market()
    if connection.vendor == "sqlite":
        refused(
            f"INSERT OR REPLACE INTO settlement_transfer (id, {COLUMNS}) "
            f"SELECT id, {COLUMNS.replace('amount_fen', 'amount_fen + 1')} FROM settlement_transfer"
        )
        refused(
            "INSERT OR REPLACE INTO settlement_ledgeraccount SELECT id, code, kind, 'none',"
            " member_account_no, 0, 0, 0, 0, 0 FROM settlement_ledgeraccount"
        )
    else:
        refused(
            "INSERT INTO settlement_transfer SELECT * FROM settlement_transfer"
            " ON CONFLICT (id) DO UPDATE SET amount_fen = 1"
        )
    assert verify_settlement() == []


WAYS = {
    ("deposit", "requested"): [],
    ("deposit", "sent"): ["sent"],
    ("deposit", "confirmed"): ["sent", "confirmed"],
    ("deposit", "failed"): ["sent", "failed"],
    ("withdrawal", "requested"): [],
    ("withdrawal", "held"): ["held"],
    ("withdrawal", "refused"): ["refused"],
    ("withdrawal", "sent"): ["held", "sent"],
    ("withdrawal", "confirmed"): ["held", "sent", "confirmed"],
    ("withdrawal", "failed"): ["held", "sent", "failed"],
}
"""How to get a movement of a direction into a state; there is no other."""


@pytest.mark.parametrize(("direction", "before"), WAYS)
def test_the_database_allows_exactly_the_steps_of_the_table(direction: str, before: str) -> None:
    open_market()
    allowed = {to for (of, state, _), to in TRANSITIONS.items() if (of, state) == (direction, before)}
    for after in MovementState:
        movement = movement_in(direction, before)
        if after in allowed or after == before:
            run_sql(
                "UPDATE settlement_bankmovement SET state = %s, bank_ref = %s WHERE id = %s",
                after.value,
                f"YH{movement}",
                movement,
            )
        else:
            refused("UPDATE settlement_bankmovement SET state = %s WHERE id = %s", after.value, movement)


def movement_in(direction: str, state: str) -> int:
    """A movement led to a state, without the services."""
    request = services.request_deposit if direction == "deposit" else services.request_withdrawal
    view = request(actor=SYSTEM, account_no=DEALER, amount_fen=100)
    for step in WAYS[direction, state]:
        BankMovement.objects.filter(pk=view.id).update(state=step, bank_ref=f"YH{view.id}")
    return view.id


def test_a_movement_begins_as_requested() -> None:
    open_market()
    refused(
        "INSERT INTO settlement_bankmovement (movement_no, direction, account_no, bank_account_id,"
        " amount_fen, state, bank_ref, failure, day, requested_at_ns, requested_by)"
        " SELECT 'x', direction, account_no, bank_account_id, amount_fen, 'confirmed', 'y', '', day, 1, 'x'"
        " FROM settlement_bankmovement"
    )


def test_the_status_of_a_contract_may_go_forward_only() -> None:
    settled_market()
    Contract.objects.update(status="completed")
    refused("UPDATE settlement_contract SET status = 'effective'")
    refused("UPDATE settlement_contract SET status = 'torn up'")


TABLES = {
    "charge": "settlement_charge",
    "proposal": "settlement_moneyproposal",
    "contract": "settlement_contract",
    "delivery": "settlement_delivery",
    "claim": "settlement_claim",
    "breach": "settlement_breach",
    "dispute": "settlement_disputecase",
    "invoice": "settlement_invoice",
    "terms": "settlement_termsversion",
    "amendment": "settlement_amendment",
    "rescission": "settlement_rescission",
}


def test_the_triggers_of_the_lives_are_made_from_the_tables_of_the_lives() -> None:
    steps = {
        **import_module("settlement.migrations.0005_delivery_triggers")._STEPS,
        **import_module("settlement.migrations.0010_contract_terms")._STEPS,
    }
    renewed = import_module("settlement.migrations.0008_contract_pickups")._STEPS
    steps["settlement_delivery", "stage"] = renewed
    for life, table in TABLES.items():
        allowed = {
            (line.split()[0], after)
            for (of, _), lines in steps.items()
            if of == table
            for line in lines
            for after in line.split()[1:]
        }
        assert allowed == {(before, after) for (before, _), after in LIVES[life].items()}, life


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement_delivery SET stage = 'awaiting_payment'",
        "UPDATE settlement_delivery SET buyer_no = 3",
        "UPDATE settlement_delivery SET deposit_used_fen = -1",
        "DELETE FROM settlement_delivery",
        "UPDATE settlement_lifestep SET actor = 'x'",
        "DELETE FROM settlement_lifestep",
        "UPDATE settlement_invoice SET net_fen = 1",
        "UPDATE settlement_invoice SET state = 'reversed'",
        "DELETE FROM settlement_invoice",
        "UPDATE settlement_contract SET payment = 'escrow'",
        "UPDATE settlement_contract SET lots = NULL",
        "UPDATE settlement_contract SET status = 'effective' WHERE status = 'completed'",
    ],
)
def test_the_lives_of_delivery_are_kept_too(statement: str) -> None:
    settled_market()
    services.accept(actor=SYSTEM, account_no=DEALER, contract_no="HT20261120-00000001")
    refused(statement)
