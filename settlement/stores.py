"""Money between members and warehouses: fees the exchange collects for a store, and what a store makes good.

Fees are charges like any other (the floor is asked first) and wait in the store's own account
``payable:storage:<code>`` until the finance desk pays them out. What a store owes for goods short beyond its
allowance is paid out of the same account as soon as that covers it; a store whose account does not reach pays
in, which comes by suspense. Nothing is paid out to a store that still owes.
"""

from itertools import chain
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Sum

from exchange.kernel.calendar import now_ns, trading_day
from settlement.accounts import cash_of, storage_payable_of
from settlement.charges import Leg, ask, tell_credits
from settlement.errors import StoreOwes
from settlement.ledger import post
from settlement.locks import lock_ledger
from settlement.models import Charge, LedgerAccount, StoreLoss
from settlement.types import NewTransfer, TransferKind

FEE = "fee"
"""Kind of key of charges for a store's fees: fee:<id in the register>."""


class StoreLossRow(NamedTuple):
    """What a store owes for goods of one pickup, or what was asked back (fen < 0)."""

    id: int
    pickup_no: str
    trade_id: int
    store_code: str
    account_no: int
    kg: int
    price_fen: int
    fen: int
    at_ns: int
    paid_at_ns: int | None


class StoreEntry(NamedTuple):
    """One movement on a store's account: in (+) or out (−), fen."""

    key: str
    kind: str
    reference: str
    fen: int
    posted_at_ns: int


class FeeState(NamedTuple):
    """How far the charge for a fee is, and the entry that paid it."""

    state: str
    transfer_key: str
    """Empty until it is paid."""


def ask_fee(*, fee_id: int, account_no: int, store_code: str, fen: int, pickup_no: str) -> str:
    """Asks a member for a store's fee, once per fee; where the ledger has it. In the caller's transaction."""
    key = f"{FEE}:{fee_id}"
    ask(
        key=key,
        account_no=account_no,
        legs=[Leg(storage_payable_of(store_code), fen, TransferKind.STORAGE_FEE)],
        reference=f"pickup:{pickup_no}",
        at_ns=now_ns(),
        actor="clock",
    )
    return key


def fee_states(fee_ids: list[int]) -> dict[int, FeeState]:
    """How far the charges for these fees are; fees not asked for yet are missing."""
    keys = {f"{FEE}:{fee_id}": fee_id for fee_id in fee_ids}
    rows = Charge.objects.filter(charge_key__in=keys).values_list("charge_key", "pk", "state")
    return {
        keys[key]: FeeState(state, f"charge:{charge_id}:0" if state == "paid" else "")
        for key, charge_id, state in rows
    }


# What a store makes good ---------------------------------------------------------------------------


def owe_loss(
    *, pickup_no: str, trade_id: int, store_code: str, account_no: int, kg: int, price_fen: int
) -> int:
    """Sets what a store owes for a pickup's goods of a trade (0: of none) to kg at a price; fen it changed.

    The price is the one of the first time: told again with other kilograms, the difference is owed or asked
    back as an entry of its own. In the caller's transaction.
    """
    lock_ledger()
    before = list(StoreLoss.objects.filter(pickup_no=pickup_no, trade_id=trade_id).order_by("pk"))
    price = before[0].price_fen if before else price_fen
    account_no = before[0].account_no if before else account_no
    fen = kg * price - sum(row.fen for row in before)
    if not fen:
        return 0
    at_ns = now_ns()
    row = StoreLoss.objects.create(
        pickup_no=pickup_no,
        trade_id=trade_id,
        number=len(before),
        store_code=store_code,
        account_no=account_no,
        kg=kg,
        price_fen=price,
        fen=fen,
        at_ns=at_ns,
    )
    if fen < 0:
        ask(
            key=f"loss:{row.pk}",
            account_no=account_no,
            legs=[Leg(storage_payable_of(store_code), -fen, TransferKind.COMPENSATION)],
            reference=f"pickup:{pickup_no}",
            at_ns=at_ns,
        )
    return fen


def pay_losses(limit: int = 200) -> int:
    """Pays what stores owe out of what they have here, the oldest first; how many were paid."""
    paid = 0
    with transaction.atomic():
        lock_ledger()
        owed = StoreLoss.objects.select_for_update().filter(paid_at_ns__isnull=True, fen__gt=0)
        stuck: set[str] = set()
        for row in owed.order_by("pk")[:limit]:
            if row.store_code in stuck or balance_fen(row.store_code) < row.fen:
                stuck.add(row.store_code)
                continue
            _pay(row)
            paid += 1
    return paid


def _pay(row: StoreLoss) -> None:
    at_ns, cash = now_ns(), cash_of(row.account_no)
    post(
        [
            NewTransfer(
                key=f"loss:{row.pk}",
                debit=storage_payable_of(row.store_code),
                credit=cash,
                amount_fen=row.fen,
                kind=TransferKind.COMPENSATION,
                reference=f"pickup:{row.pickup_no}",
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
        ]
    )
    tell_credits(f"loss-{row.pk}", [(cash, row.fen)])
    row.paid_at_ns = at_ns
    row.save(update_fields=["paid_at_ns"])


def check_store_may_be_paid(code: str, fen: int) -> None:
    """Whether fen may be paid out of a store's account. Raises StoreOwes."""
    store_code = code.removeprefix(storage_payable_of(""))
    if store_code == code:
        return
    owed = owed_fen(store_code)
    if owed and balance_fen(store_code) - fen < owed:
        raise StoreOwes(store=store_code)


# Reading ---------------------------------------------------------------------------------------------


def balance_fen(store_code: str) -> int:
    """What the exchange has collected for a store and not paid out."""
    account = LedgerAccount.objects.filter(code=storage_payable_of(store_code))
    return (
        account.annotate(fen=F("credits_posted") - F("debits_posted")).values_list("fen", flat=True).first()
        or 0
    )


def owed_fen(store_code: str) -> int:
    """What a store owes members for goods short beyond its allowance."""
    rows = StoreLoss.objects.filter(store_code=store_code, paid_at_ns__isnull=True, fen__gt=0)
    return rows.aggregate(sum=Sum("fen"))["sum"] or 0


def entries(store_code: str, limit: int = 100) -> list[StoreEntry]:
    """Movements on a store's account, newest first."""
    code = storage_payable_of(store_code)
    account = LedgerAccount.objects.filter(code=code).first()
    if account is None:
        return []
    lists = (
        account.credits.order_by("-id")[:limit],
        account.debits.order_by("-id")[:limit],
    )
    found = sorted(chain(*lists), key=lambda row: -row.pk)
    return [
        StoreEntry(
            row.transfer_key,
            row.kind,
            row.reference,
            row.amount_fen if row.credit_account_id == account.pk else -row.amount_fen,
            row.posted_at_ns,
        )
        for row in found[:limit]
    ]


def losses(*, store_code: str = "", account_no: int | None = None, limit: int = 100) -> list[StoreLossRow]:
    """What stores owe or owed for goods, newest first."""
    rows = StoreLoss.objects.order_by("-pk")
    if store_code:
        rows = rows.filter(store_code=store_code)
    if account_no is not None:
        rows = rows.filter(account_no=account_no)
    return [StoreLossRow._make(row) for row in rows.values_list(*StoreLossRow._fields)[:limit]]
