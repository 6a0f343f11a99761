"""An authority's freeze over a receipt that is in another business: the order is in force at once.

It is registered (ORDERED) whatever the receipt is doing. From then on every further step is refused, here and
by a trigger; what can be ended is ended (an offer is pulled, a pickup called off), deals already in the
journal pass title first, and whatever the holder has left is frozen in the transaction that brings it back.
So the order waits for nobody, and takes from no buyer what the floor had sold before.

While an order waits, `Freeze.set_aside` is the business it waits for: its holder is whom it is against.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM
from warehouse_receipts.case_errors import ReceiptUnderOrder
from warehouse_receipts.models import Freeze, Receipt, SetAsideLine
from warehouse_receipts.states import DisposalKind, DisposalState, FreezeKind, FreezeState
from warehouse_receipts.types import SELLING, Business

PULLERS: list[Callable[[], int]] = []
"""How offers of goods under an order are pulled: the halls, which know offers, say it when they load."""


class WaitingOrder(NamedTuple):
    """An order over goods that are for sale."""

    set_aside_id: int
    reason: str
    """Why the offer is pulled, for the audit log; the same every time it is asked."""


class OrderRow(NamedTuple):
    """A freeze in force or on its way, as whoever may see the receipt is told."""

    kind: FreezeKind
    state: FreezeState
    authority: str
    document_no: str


def orders_over(receipts: Iterable[Receipt]) -> dict[int, Freeze]:
    """Orders that wait over these receipts, by receipt; not over what has passed to somebody else."""
    holders = {receipt.pk: receipt.holder_no for receipt in receipts}
    found = Freeze.objects.filter(state=FreezeState.ORDERED, receipt_id__in=holders)
    return {
        freeze.receipt_id: freeze
        for freeze in found.select_related("set_aside")
        if freeze.set_aside is not None and freeze.set_aside.holder_no == holders[freeze.receipt_id]
    }


def check_no_order(receipts: Iterable[Receipt]) -> None:
    """Raises ReceiptUnderOrder when an authority has ordered one of them frozen."""
    known = list(receipts)
    ordered = orders_over(known)
    for receipt in known:
        if receipt.pk in ordered:
            raise ReceiptUnderOrder(receipt=receipt.no)


def set_aside_under_order(set_aside_id: int) -> bool:
    """Whether an order waits for the end of this business."""
    return Freeze.objects.filter(state=FreezeState.ORDERED, set_aside_id=set_aside_id).exists()


def orders_over_offers() -> list[WaitingOrder]:
    """Orders over goods that are offered, or about to be; and goods that are to be another product."""
    waiting = Freeze.objects.filter(state=FreezeState.ORDERED, set_aside__business__in=SELLING)
    orders = [
        WaitingOrder(set_aside_id, f"冻结令 {document_no}".strip())
        for set_aside_id, document_no in waiting.order_by("pk").values_list("set_aside_id", "document_no")
        if set_aside_id is not None
    ]
    regraded = SetAsideLine.objects.filter(
        open=True,
        set_aside__business__in=SELLING,
        receipt__disposals__state=DisposalState.WAITING,
        receipt__disposals__kind=DisposalKind.REGRADE,
    )
    lines = regraded.order_by("pk").values_list("set_aside_id", "receipt__no")
    return orders + [WaitingOrder(set_aside_id, f"换级 {no}") for set_aside_id, no in lines]


def pull_offers() -> int:
    """Asks the floor to end every offer of goods under an order; how many it was asked for."""
    return sum(pull() for pull in PULLERS)


def orders_on(receipt_nos: Iterable[str]) -> dict[str, OrderRow]:
    """Freezes over receipts by number: ordered, on their way, or in force."""
    states = (FreezeState.ORDERED, FreezeState.ASKED, FreezeState.ACTIVE)
    found = Freeze.objects.filter(receipt__no__in=list(receipt_nos), state__in=states)
    rows = found.values_list("receipt__no", "kind", "state", "authority", "document_no")
    return {
        no: OrderRow(FreezeKind(kind), FreezeState(state), authority, document_no)
        for no, kind, state, authority, document_no in rows
    }


def is_ordered(receipt_no: str) -> bool:
    """Whether an order over this receipt is in force while its business ends."""
    found = orders_on([receipt_no]).get(receipt_no)
    return found is not None and found.state == FreezeState.ORDERED


def mark(freeze: Freeze, state: FreezeState, set_aside_id: int | None = None) -> None:
    """An order goes on: its goods are frozen, or the floor has been asked, or there is nothing to freeze."""
    freeze.state = state
    if set_aside_id is not None:
        freeze.set_aside_id = set_aside_id
    freeze.save(update_fields=["state", "set_aside"])
    audit.record(
        actor=SYSTEM,
        action=f"freeze.{state.value}",
        subject=f"receipt:{freeze.receipt.no}",
        reason=freeze.reason,
        after={"freeze": freeze.pk, "document": freeze.document_no},
    )


def reference_of(freeze: Freeze) -> str:
    """What a freeze's set-aside is asked for under."""
    return f"freeze:{freeze.pk}"


FREEZES = frozenset({Business.FROZEN, Business.DISPUTED})
"""Businesses that carry out a freeze: an order does not stand in their way."""
