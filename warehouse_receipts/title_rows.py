"""Rows a transfer of title writes: endorsements, each hashed with the one before, and child receipts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from exchange.kernel.calendar import datetime_of
from exchange.kernel.canonical import hash_of_checked
from exchange.kernel.ids import day_digits
from matching.types import Command, CommandKind
from warehouse_receipts.locks import LockedReceipt
from warehouse_receipts.models import SetAside
from warehouse_receipts.types import Business, ReceiptState, SetAsideState, TitleTrade


def receipt_no(day: date, number: int) -> str:
    """Number of a receipt, in the order of issue: JG, day, place in the series."""
    return f"JG{day_digits(day)}{number:08d}"


@dataclass(slots=True)
class LiveReceipt:
    """A receipt while a batch works on it."""

    row: LockedReceipt
    kg: int
    free: int
    split_kg: int
    title_hash: str


@dataclass(frozen=True, slots=True)
class Move:
    """Goods that changed hands, until they are written."""

    trade: TitleTrade
    source: LiveReceipt
    kg: int
    offset_kg: int | None
    """Where in the parent the child begins; None when the whole receipt went."""
    from_set_aside: bool = False


@dataclass(slots=True)
class SetAsideInBatch:
    """A set-aside while a batch works on it."""

    id: int
    holder_no: int
    product_number: int
    business: str
    state: SetAsideState
    kg: int
    floor_kg: int
    left_kg: int
    lines: dict[int, int]
    """Its open receipts, oldest first, and what they weighed when they were chosen."""
    requested: bool
    """Whether it waited for the floor when the batch read it."""
    changed: bool = False

    @classmethod
    def of(cls, row: SetAside, lines: dict[int, int]) -> "SetAsideInBatch":
        """As the tables have it."""
        return cls(
            id=row.pk,
            holder_no=row.holder_no,
            product_number=row.product_number,
            business=row.business,
            state=SetAsideState(row.state),
            kg=row.kg,
            floor_kg=row.floor_kg,
            left_kg=row.left_kg,
            lines=lines,
            requested=row.state == SetAsideState.REQUESTED,
        )

    def settle(self) -> None:
        """What it is now has been written."""
        self.changed, self.requested = False, False


def goods_command(account_no: int, product_number: int, kg: int) -> Command:
    """Tells the floor of goods that came in (kg above zero) or are to be given up."""
    return Command(CommandKind.GOODS, account=account_no, product=product_number, quantity=kg)


def endorse(move: Move, receipt_id: int, no: str, endorsements: list[tuple[Any, ...]]) -> str:
    """Appends the endorsement of a move; returns its hash, the new head of the receipt's chain."""
    trade, previous = move.trade, move.source.title_hash
    digest = endorsement_hash(
        no, trade.seller_no, trade.buyer_no, move.kg, trade.contract_no, trade.trade_id, trade.seq, previous
    )
    endorsements.append(
        (
            receipt_id,
            trade.seller_no,
            trade.buyer_no,
            move.kg,
            trade.contract_no,
            trade.trade_id,
            trade.seq,
            datetime_of(trade.at_ns),
            previous,
            digest,
        )
    )
    return digest


def endorsement_hash(
    no: str,
    from_no: int,
    to_no: int,
    kg: int,
    contract_no: str,
    trade_id: int,
    seq: int,
    prev_hash: str,
) -> str:
    """SHA-256 over what an endorsement says and the hash of the one before."""
    return hash_of_checked([no, from_no, to_no, kg, contract_no, trade_id, seq, prev_hash])


def child_row(
    move: Move, receipt_id: int, no: str, locked_until: date | None, title_hash: str
) -> tuple[Any, ...]:
    """A child receipt in the column order of RECEIPTS."""
    row, trade = move.source.row, move.trade
    return (
        receipt_id,
        no,
        row.warehouse_id,
        row.product_number,
        trade.buyer_no,
        move.kg,
        move.kg,
        0,
        0,
        ReceiptState.ISSUED.value,
        row.id,
        move.offset_kg,
        row.root_id or row.id,
        row.intake_id,
        row.inspection_id,
        datetime_of(trade.at_ns),
        locked_until,
        row.expires_on,
        title_hash,
        Business.NONE.value,
        None,
        "",
        None,
    )
