"""Which trade brought a receipt's kilograms to its holder, read from the chain of title.

A trade passes whole receipts or the next kilograms of one; a holder splits and merges what it has bought. So
each kilogram of a receipt is followed back, through splits by interval and through successions in the order
of the predecessors, to the endorsement by which its holder got it. Goods still with who brought them in came
from no trade.
"""

from collections.abc import Iterable
from typing import NamedTuple

from warehouse_receipts.models import Endorsement, Receipt
from warehouse_receipts.splitting import title_split_from
from warehouse_receipts.types import ReceiptState

NO_TRADE = 0
"""Trade of goods that were brought in by their holder."""


class Origin(NamedTuple):
    """Kilograms of a receipt, and the trade its holder got them by (NO_TRADE: brought in)."""

    trade_id: int
    kg: int


class HeldOfTrade(NamedTuple):
    """A receipt in which a buyer still has goods of a trade."""

    receipt_no: str
    kg: int
    """All kilograms of the receipt."""
    of_trade_kg: int
    in_business: bool


def origins_of(receipt: Receipt) -> list[Origin]:
    """Where the kilograms of a receipt came from, in their order; they sum to it exactly."""
    return _joined(_origins(receipt, receipt.split_kg, receipt.issued_kg, receipt.title_hash))


def trades_of(receipt_nos: Iterable[str]) -> list[int]:
    """The trades by which the holders of these receipts got them, in order."""
    receipts = Receipt.objects.filter(no__in=list(receipt_nos)).order_by("pk")
    found = {origin.trade_id for receipt in receipts for origin in origins_of(receipt)}
    return sorted(found - {NO_TRADE})


def held_of_trade(trade_id: int) -> list[HeldOfTrade]:
    """What the buyer of a trade still has of its goods in valid receipts, oldest first."""
    bought = Endorsement.objects.filter(trade_id=trade_id)
    buyers = set(bought.values_list("to_no", flat=True))
    wave = set(bought.values_list("receipt_id", flat=True))
    seen: set[int] = set()
    while wave := wave - seen:
        seen |= wave
        children = Receipt.objects.filter(parent_id__in=wave).values_list("pk", flat=True)
        successors = Receipt.objects.filter(pk__in=wave, successor__isnull=False)
        wave = {*children, *(pk for pk in successors.values_list("successor_id", flat=True) if pk)}
    valid = Receipt.objects.filter(pk__in=seen, state=ReceiptState.ISSUED, holder_no__in=buyers)
    rows = []
    for receipt in valid.order_by("pk"):
        kg = sum(origin.kg for origin in origins_of(receipt) if origin.trade_id == trade_id)
        if kg:
            rows.append(HeldOfTrade(receipt.no, receipt.kg, kg, receipt.set_aside_id is not None))
    return rows


def shared_out(kg: int, parts_kg: list[int]) -> list[int]:
    """kg shared out over parts by their weight; sums to it exactly, none a whole kilogram from its due."""
    total = sum(parts_kg)
    shares = [kg * part // total for part in parts_kg]
    by_remainder = sorted(range(len(parts_kg)), key=lambda at: (-(kg * parts_kg[at] % total), at))
    for at in by_remainder[: kg - sum(shares)]:
        shares[at] += 1
    return shares


def _origins(receipt: Receipt, start: int, end: int, title: str) -> list[Origin]:
    """Of the kilograms start … end a receipt was issued for, when its chain of title ended in ``title``."""
    row = Endorsement.objects.filter(receipt=receipt, hash=title).first()
    if row is not None:
        return [Origin(row.trade_id, end - start)]
    if receipt.parent is not None:
        assert receipt.parent_offset_kg is not None
        born_of = title_split_from(receipt, title)
        if born_of is None:
            return [Origin(NO_TRADE, end - start)]
        offset = receipt.parent_offset_kg
        return _origins(receipt.parent, offset + start, offset + end, born_of)
    found, at = [], 0
    for before in receipt.predecessors.order_by("pk"):
        low, high = max(start, at), min(end, at + before.kg)
        if low < high:
            shift = before.split_kg - at
            found += _origins(before, low + shift, high + shift, before.title_hash)
        at += before.kg
    return found or [Origin(NO_TRADE, end - start)]


def _joined(origins: list[Origin]) -> list[Origin]:
    """Neighbours of one trade as one."""
    joined: list[Origin] = []
    for origin in origins:
        if joined and joined[-1].trade_id == origin.trade_id:
            joined[-1] = Origin(origin.trade_id, joined[-1].kg + origin.kg)
        else:
            joined.append(origin)
    return joined
