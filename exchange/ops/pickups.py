"""One pickup 提货: what the register of receipts and the contracts both need to know of it, said once.

The buyer books from a contract or from its receipts, gets one code, and the keeper weighs once. The register
does the pickup; the chain of title says which kilograms came by which trade; settlement moves the deliveries
of those contracts along, in the same transaction: all of it happens, or none.

Short weight is paid by the seller while the contract runs, and borne by the holder otherwise; what is short
beyond the store's loss allowance the store makes good to whoever bore it. Goods over, without a contract that
runs, belong to who fetched them: the scale may be 2 % away.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import ns_of
from exchange.markets.selectors import product_by_number
from settlement import services as settlement
from settlement.pickups import LoadedShare, forgotten_pickups, shares_of
from settlement.types import PickupShareState
from warehouse_receipts import business_selectors as business
from warehouse_receipts import services as receipts
from warehouse_receipts.loads import TradeLoad, loads_by_trade
from warehouse_receipts.origins import NO_TRADE, held_of_trade, trades_of
from warehouse_receipts.picking_up import NewPickup
from warehouse_receipts.viewing import Viewer
from warehouse_receipts.weight_corrections import CorrectionRow, corrections, decide_correction

OPERATOR = Viewer(operator=True)


class Fetchable(NamedTuple):
    """A receipt a contract's goods lie in, with what of it is the contract's."""

    receipt_no: str
    kg: int
    of_contract_kg: int
    free: bool
    """Whether it is in no other business, so that a pickup can be booked for it."""


def fetchable(trade_id: int) -> list[Fetchable]:
    """The receipts in which a buyer still has the goods of a contract, oldest first."""
    return [Fetchable(*row[:3], free=not row.in_business) for row in held_of_trade(trade_id)]


@transaction.atomic
def book_pickup(
    *,
    holder_no: int,
    receipt_nos: Sequence[str],
    plate: str,
    person: str,
    id_no: str,
    slot_at: datetime,
    actor: Actor,
) -> NewPickup:
    """The holder books a truck for whole receipts; the code to be told at the gate.

    The notice of pickup of each contract they were bought under. Raises as request_pickup does, GoodsUnpaid,
    GoodsContested.
    """
    booked = receipts.request_pickup(
        holder_no=holder_no,
        receipt_nos=receipt_nos,
        plate=plate,
        person=person,
        id_no=id_no,
        slot_at=slot_at,
        actor=actor,
    )
    settlement.pickup_booked(
        actor=actor,
        pickup_no=booked.no,
        trade_ids=trades_of(receipt_nos),
        plate=plate.strip().upper(),
        person=f"{person.strip()} {id_no.strip().upper()[-4:]}",
        at_ns=ns_of(slot_at),
    )
    return booked


@transaction.atomic
def cancel_pickup(no: str, *, holder_no: int, reason: str, actor: Actor) -> None:
    """The holder calls a pickup off before anything was loaded. Raises UnknownPickup, BadPickup."""
    receipts.cancel_pickup(no, holder_no=holder_no, reason=reason, actor=actor)
    settlement.pickup_cancelled(actor=actor, pickup_no=no)


@transaction.atomic
def weigh_out(no: str, *, warehouse_code: str, kg: int, weighed_kg: int, actor: Actor) -> list[str]:
    """The keeper reads the scale, once for register and contracts; the numbers of the receipts it ended.

    Raises as the register's weigh_out does, GoodsUnpaid, GoodsContested, OverTolerance.
    """
    ended = receipts.weigh_out(no, warehouse_code=warehouse_code, kg=kg, weighed_kg=weighed_kg, actor=actor)
    shares = [
        LoadedShare(row.trade_id, row.kg, row.weighed_kg)
        for row in loads_by_trade(no, ended)
        if row.trade_id != NO_TRADE
    ]
    settlement.goods_loaded(actor=actor, pickup_no=no, shares=shares)
    return ended


@transaction.atomic
def finish_pickup(no: str, *, warehouse_code: str, actor: Actor) -> str:
    """The truck leaves; the number of its gate pass 出门证. Over and short weight is paid.

    Raises UnknownPickup, BadPickup (nothing was loaded).
    """
    gate_pass = receipts.finish_pickup(no, warehouse_code=warehouse_code, actor=actor)
    shares = shares_of(pickup_no=no)
    waiting = {share.trade_id: _still_held_kg(share.trade_id) for share in shares}
    settlement.goods_left(actor=actor, pickup_no=no, waiting_kg=waiting)
    _make_good(no)
    return gate_pass


def _still_held_kg(trade_id: int) -> int:
    return sum(row.of_trade_kg for row in held_of_trade(trade_id))


@transaction.atomic
def decide_weight(no: str, *, approve: bool, actor: Actor) -> CorrectionRow:
    """Decides a correction of a weight; approved, contracts and the store pay the difference as new entries.

    Raises UnknownCase, SamePerson.
    """
    pickup_no = next((row.pickup_no for row in _waiting_corrections() if row.correction_no == no), "")
    before = {row.trade_id: row.weighed_kg for row in loads_by_trade(pickup_no)} if pickup_no else {}
    row = decide_correction(no, approve=approve, actor=actor)
    if approve:
        changed = {
            each.trade_id: each.weighed_kg - before[each.trade_id] for each in loads_by_trade(row.pickup_no)
        }
        settlement.weight_corrected(actor=actor, pickup_no=row.pickup_no, correction_no=no, shares=changed)
        if business.pickup(row.pickup_no, OPERATOR).gate_pass_no:
            _make_good(row.pickup_no)
    return row


def _waiting_corrections() -> list[CorrectionRow]:
    return corrections(OPERATOR, waiting=True)


def _make_good(pickup_no: str) -> None:
    """What the store answers for of a pickup's short weight, to whoever bore it."""
    contracts = {share.trade_id: share for share in shares_of(pickup_no=pickup_no) if share.kg}
    for row in loads_by_trade(pickup_no):
        share = contracts.get(row.trade_id)
        ran = share is not None and share.state == PickupShareState.LEFT and share.kg == row.kg
        bearer, price_fen = (
            (share.seller_no, share.price_fen)
            if ran and share is not None
            else (row.holder_no, _market_price(row))
        )
        settlement.owe_loss(
            pickup_no=pickup_no,
            trade_id=row.trade_id,
            store_code=row.warehouse_code,
            account_no=bearer,
            kg=row.answered_for_kg,
            price_fen=price_fen,
        )


def _market_price(row: TradeLoad) -> int:
    """Fen per kg of goods without a contract that runs: the product's reference price."""
    return product_by_number(row.product_number).reference_price


# For the clock -----------------------------------------------------------------------------------------


def finish_forgotten(until_ns: int, actor: Actor) -> int:
    """Trucks that were weighed out and got no gate pass in time have left; how many."""
    done = 0
    for no in forgotten_pickups(until_ns):
        row = business.pickup(no, OPERATOR)
        if row.delivered_kg and not row.gate_pass_no:
            finish_pickup(no, warehouse_code=row.warehouse_code, actor=actor)
            done += 1
    return done
