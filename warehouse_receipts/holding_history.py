"""Whose the kilograms of a receipt were, kilogram by kilogram, through splits and mergers.

A child took certain kilograms of its parent (from `parent_offset_kg` on); what a parent has left are those
after its `split_kg`. A merged receipt stands for what its predecessors had left, laid end to end in the order
of the register. So every kilogram has one way back to the store's door, and those with the same way are one
part: the parts of a receipt add up to its weight, and no kilogram is in two.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from exchange.kernel.calendar import ns_of, trading_day
from warehouse_receipts.models import Endorsement, Receipt
from warehouse_receipts.splitting import title_split_from


class Transfer(NamedTuple):
    """Goods came to a holder on a day; by a sale, or back because a sale was undone (解除)."""

    day: date
    holder_no: int
    undone: bool = False


Transfers = tuple[Transfer, ...]
"""Oldest first."""


class Came(NamedTuple):
    """A receipt that goods came from, and which of its kilograms: from first_kg on, kg of them."""

    receipt_id: int
    head: str
    """Head of its chain of title when they left it."""
    first_kg: int
    kg: int


class Chapter(NamedTuple):
    """What one receipt adds to the history of its goods: its transfers, and where the goods came from."""

    transfers: Transfers
    came_from: tuple[Came, ...]
    """End to end, in its own kilograms from the first on; empty for what the store issued."""


class Part(NamedTuple):
    """Kilograms that passed through the same hands on the same days."""

    kg: int
    transfers: Transfers


def parts(read: Callable[[int, str], Chapter], whole: Came) -> list[Part]:
    """The parts of some kilograms of a receipt. read(receipt, head of its title) tells of one receipt."""
    found: dict[Transfers, int] = {}
    stack: list[tuple[Came, Transfers]] = [(whole, ())]
    while stack:
        goods, later = stack.pop()
        chapter = read(goods.receipt_id, goods.head)
        transfers = chapter.transfers + later
        if not chapter.came_from:
            found[transfers] = found.get(transfers, 0) + goods.kg
            continue
        at = 0
        for source in chapter.came_from:
            low, high = max(goods.first_kg, at), min(goods.first_kg + goods.kg, at + source.kg)
            if low < high:
                taken = source._replace(first_kg=source.first_kg + low - at, kg=high - low)
                stack.append((taken, transfers))
            at += source.kg
    return sorted(Part(kg, transfers) for transfers, kg in found.items())


def parts_of(receipt: Receipt) -> list[Part]:
    """The parts of all a receipt stands for; their kg add up to its kg."""
    return parts(_read, Came(receipt.pk, receipt.title_hash, receipt.split_kg, receipt.kg))


def _read(receipt_id: int, head: str) -> Chapter:
    """A receipt as the register has it."""
    receipt = Receipt.objects.select_related("parent").get(pk=receipt_id)
    rows = {row.hash: row for row in Endorsement.objects.filter(receipt=receipt)}
    transfers: list[Transfer] = []
    while head in rows:
        row = rows[head]
        transfers.append(Transfer(trading_day(ns_of(row.at)), row.to_no, undone=row.trade_id < 0))
        head = row.prev_hash
    if receipt.parent is not None and receipt.parent_offset_kg is not None:
        source = title_split_from(receipt, head) or head
        came = [Came(receipt.parent.pk, source, receipt.parent_offset_kg, receipt.issued_kg)]
    else:
        before = receipt.predecessors.order_by("pk")
        came = [Came(each.pk, each.title_hash, each.split_kg, each.kg) for each in before]
    return Chapter(tuple(transfers[::-1]), tuple(came))
