"""解除: undoing a broken contract, as far as it is a matter of money and paper.

One person proposes, another approves. The goods are asked of the floor first, then the price of the seller;
when the seller's money comes, price and title go back in one transaction, and who broke the contract makes
the other one's fee good in it (ADR 11). Settlement knows nothing of
receipts: ``exchange.trading.rescission`` joins the two halves and calls what stands here in order.

proposed → goods_asked → money_asked → done; or rejected, refused (orders hold the goods), abandoned.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns, trading_day
from exchange.kernel.ids import next_number
from settlement.accounts import cash_of, escrow_of
from settlement.charges import FOLLOW_UPS, Leg, ask, tell_credits, waive
from settlement.checks import check_reason
from settlement.credit import record_contracts
from settlement.errors import SamePerson
from settlement.ledger import post
from settlement.lives import begin, step
from settlement.locks import locked_delivery, locked_rescission
from settlement.models import Charge, Delivery, Invoice, Rescission
from settlement.terms_errors import AlreadyRescinding, GoodsHaveLeft, InvoiceStands, NoGroundToRescind
from settlement.types import (
    BreachState,
    DeliveryStage,
    DisputeState,
    InvoiceState,
    NewTransfer,
    PaymentVariant,
    RescissionState,
    TransferKind,
)

RESCISSION = "rescission"
"""Purpose of the charge that brings the price back, and kind of what set-asides refer to."""
BREACH, AWARD = "breach", "award"
SELLER, BUYER = "seller", "buyer"
STANDING = (
    RescissionState.PROPOSED,
    RescissionState.GOODS_ASKED,
    RescissionState.MONEY_ASKED,
    RescissionState.DONE,
)


class Undoing(NamedTuple):
    """What goes back, from whom to whom."""

    rescission_no: str
    contract_no: str
    trade_id: int
    seller_no: int
    buyer_no: int
    product_number: int
    receipt_nos: tuple[str, ...]
    quantity_kg: int
    refund_fen: int
    fee_fen: int
    """Fee of the party that kept the contract; the one that broke it makes it good."""
    seller_pays_fen: int
    """What is asked of the seller: price, and fee if it broke the contract."""
    seq: int


class RescissionRow(NamedTuple):
    """A rescission, as both parties and the operator see it."""

    rescission_no: str
    contract_no: str
    ground: str
    reason: str
    refund_fen: int
    fee_fen: int
    fee_bearer: str
    """seller | buyer, or "" when nobody makes a fee good."""
    state: str
    proposed_by: str
    proposed_at_ns: int
    decided_by: str
    decided_at_ns: int | None
    finished_at_ns: int | None


def propose_rescission(*, actor: Actor, contract_no: str, reason: str) -> Undoing:
    """One person of staff proposes; what would go back.

    Raises NotFound, BadReason, NoGroundToRescind, GoodsHaveLeft, InvoiceStands, AlreadyRescinding.
    """
    check_reason(reason)
    with transaction.atomic():
        delivery = locked_delivery(contract_no)
        standing = delivery.rescissions.filter(state__in=STANDING).first()
        if standing is not None:
            raise AlreadyRescinding(number=standing.rescission_no)
        ground, refund_fen = _ground(delivery), _refund_fen(delivery)
        bearer, fee_fen = _fee(delivery, refund_fen)
        _check_goods_and_papers(delivery)
        at_ns = now_ns()
        row = Rescission.objects.create(
            rescission_no=f"JC{trading_day(at_ns):%Y%m%d}-{next_number('rescission'):06d}",
            delivery=delivery,
            ground=ground,
            reason=reason.strip(),
            refund_fen=refund_fen,
            fee_fen=fee_fen,
            fee_bearer=bearer,
            proposed_by=actor.name,
            proposed_at_ns=at_ns,
        )
        begin(row, actor=actor.name, at_ns=at_ns, why=reason)
        _audit(actor, "rescission.propose", row, reason)
    return _undoing(row)


def approve_rescission(*, actor: Actor, rescission_no: str) -> Undoing:
    """A second person agrees: the goods are asked for. In the caller's transaction.

    Raises NotFound, SamePerson, BadTransition, GoodsHaveLeft, InvoiceStands.
    """
    row = locked_rescission(rescission_no)
    if row.proposed_by == actor.name:
        raise SamePerson
    _check_goods_and_papers(row.delivery)
    _step(row, "approve", actor.name, now_ns())
    row.decided_by, row.decided_at_ns = actor.name, now_ns()
    row.save(update_fields=["state", "decided_by", "decided_at_ns"])
    _audit(actor, "rescission.approve", row, "")
    return _undoing(row)


def reject_rescission(*, actor: Actor, rescission_no: str, reason: str) -> None:
    """Turns it down; whoever proposed it may take it back so. Raises NotFound, BadReason, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        row = locked_rescission(rescission_no)
        _step(row, "reject", actor.name, now_ns(), reason)
        row.decided_by, row.decided_at_ns = actor.name, now_ns()
        row.save(update_fields=["state", "decided_by", "decided_at_ns"])
        _audit(actor, "rescission.reject", row, reason)


def goods_refused(rescission_no: str, reason: str) -> None:
    """The buyer's open orders hold the goods: nothing has moved. In the caller's transaction."""
    row = locked_rescission(rescission_no)
    _step(row, "refuse_goods", "floor", now_ns(), reason)
    _finish(row)


def goods_given(rescission_no: str) -> Undoing:
    """The goods are set aside: the price is asked of the seller, if it got any. In the caller's transaction.

    With nothing to ask (no refund, and no fee it has to make good) the caller passes the title at once.
    """
    row = locked_rescission(rescission_no)
    at_ns = now_ns()
    _step(row, "give_goods", "floor", at_ns)
    row.save(update_fields=["state"])
    delivery = row.delivery
    legs = _legs(row)
    if legs:
        ask(
            key=_charge_key(rescission_no),
            account_no=delivery.seller_no,
            legs=legs,
            reference=f"trade:{delivery.contract.trade_id}",
            at_ns=at_ns,
            contract_no=delivery.contract_no,
            purpose=RESCISSION,
        )
    return _undoing(row)


def _legs(row: Rescission) -> list[Leg]:
    """What the seller is asked for. Where the buyer broke the contract, the seller's fee stays out of the
    buyer's reach on its way, for the seller (`_make_good`)."""
    buyer = row.delivery.buyer_no
    fee = row.fee_fen or 0
    of_buyer = fee if row.fee_bearer == BUYER else 0
    legs = [
        Leg(cash_of(buyer), row.refund_fen - of_buyer, TransferKind.REFUND),
        Leg(escrow_of(buyer), of_buyer, TransferKind.REFUND),
        Leg(cash_of(buyer), fee if row.fee_bearer == SELLER else 0, TransferKind.FEE_REFUND),
    ]
    return [leg for leg in legs if leg.amount_fen]


def price_returned(rescission_no: str) -> Undoing:
    """The price is back: the caller passes the title in this same transaction."""
    row = locked_rescission(rescission_no)
    at_ns = now_ns()
    if row.fee_bearer == BUYER and row.fee_fen:
        _make_good(row, row.fee_fen, at_ns)
    _step(row, "pay", "floor", at_ns)
    _finish(row)
    record_contracts([row.delivery], because=row.rescission_no)
    return _undoing(row)


def _make_good(row: Rescission, fee_fen: int, at_ns: int) -> None:
    """The seller gets its fee out of the price that goes back to the buyer, who broke the contract."""
    delivery = row.delivery
    seller = cash_of(delivery.seller_no)
    post(
        [
            NewTransfer(
                key=f"{_charge_key(row.rescission_no)}:fee",
                debit=escrow_of(delivery.buyer_no),
                credit=seller,
                amount_fen=fee_fen,
                kind=TransferKind.FEE_REFUND,
                reference=f"trade:{delivery.contract.trade_id}",
                day=trading_day(at_ns),
                posted_at_ns=at_ns,
            )
        ]
    )
    tell_credits(f"{row.rescission_no}-fee", [(seller, fee_fen)])


def abandon_rescission(*, actor: Actor, rescission_no: str, reason: str) -> None:
    """The price does not come: the charge is given up. The caller hands the goods back.

    In the caller's transaction. Raises NotFound, BadReason, and BadTransition while the floor is being asked.
    """
    check_reason(reason)
    waive(actor=actor, charge_key=_charge_key(rescission_no), reason=reason)
    row = locked_rescission(rescission_no)
    _step(row, "abandon", actor.name, now_ns(), reason)
    _finish(row)
    _audit(actor, "rescission.abandon", row, reason)


_PASS_TITLE: list[Callable[[Undoing], None]] = []


def when_price_is_back(pass_title: Callable[[Undoing], None]) -> None:
    """Tells settlement how title goes back in the transaction in which the price does."""
    _PASS_TITLE[:] = [pass_title]


def _price_came(charge: Charge, _at_ns: int) -> None:
    (pass_title,) = _PASS_TITLE
    pass_title(price_returned(charge.charge_key.removeprefix(f"{RESCISSION}:")))


FOLLOW_UPS[RESCISSION] = _price_came


def check_not_rescinded(contract_no: str) -> None:
    """Raises AlreadyRescinding when a contract is being undone, or was."""
    rows = Rescission.objects.filter(delivery__contract_no=contract_no, state__in=STANDING)
    standing = rows.first()
    if standing is not None:
        raise AlreadyRescinding(number=standing.rescission_no)


def rescissions_of(deliveries: Sequence[Delivery]) -> list[RescissionRow]:
    """Rescissions of these deliveries, oldest first."""
    rows = Rescission.objects.filter(delivery__in=deliveries).select_related("delivery").order_by("pk")
    return [_row(row) for row in rows]


def rescissions_waiting(limit: int = 50) -> list[RescissionRow]:
    """Those not at an end, newest first, for the board."""
    rows = Rescission.objects.filter(state__in=STANDING[:3]).select_related("delivery").order_by("-pk")
    return [_row(row) for row in rows[:limit]]


def _ground(delivery: Delivery) -> str:
    if delivery.breaches.filter(state=BreachState.CONFIRMED).exists():
        return BREACH
    if delivery.disputes.filter(state=DisputeState.AWARDED).exists():
        return AWARD
    raise NoGroundToRescind


def _refund_fen(delivery: Delivery) -> int:
    """The price the seller has got, without what it has paid back for quality."""
    contract = delivery.contract
    got = contract.amount_fen
    if contract.payment == PaymentVariant.BOND and contract.final_at_ns is None:
        got = 0
    if contract.payment == PaymentVariant.ESCROW and delivery.stage != DeliveryStage.COMPLETED:
        got = 0
    return max(0, got - delivery.adjustment_fen) if got else 0


def _fee(delivery: Delivery, refund_fen: int) -> tuple[str, int]:
    """Who makes a fee good, and how much: who broke the contract, the fee of who kept it (ADR 11).

    An award says itself who bears what, and is carried out by a money move.
    """
    broken = delivery.breaches.filter(state=BreachState.CONFIRMED).order_by("pk").last()
    if broken is None:
        return "", 0
    contract = delivery.contract
    if broken.party == SELLER:
        return SELLER, contract.buyer_fee_fen
    return BUYER, min(refund_fen, contract.seller_fee_fen if refund_fen else 0)


def _check_goods_and_papers(delivery: Delivery) -> None:
    if delivery.net_kg is not None or delivery.left_at_ns is not None:
        raise GoodsHaveLeft
    issued = Invoice.objects.filter(
        contract_no=delivery.contract_no,
        reverses=None,
        state__in=(InvoiceState.ISSUED, InvoiceState.RED_REQUESTED),
    ).first()
    if issued is not None:
        raise InvoiceStands(number=issued.invoice_no or issued.document_no)


def _charge_key(rescission_no: str) -> str:
    return f"{RESCISSION}:{rescission_no}"


def _step(row: Rescission, event: str, actor: str, at_ns: int, why: str = "") -> None:
    step(row, event, actor=actor, at_ns=at_ns, why=why)


def _finish(row: Rescission) -> None:
    row.finished_at_ns = now_ns()
    row.save(update_fields=["state", "finished_at_ns"])


def _undoing(row: Rescission) -> Undoing:
    contract = row.delivery.contract
    return Undoing(
        rescission_no=row.rescission_no,
        contract_no=contract.contract_no,
        trade_id=contract.trade_id,
        seller_no=contract.seller_no,
        buyer_no=contract.buyer_no,
        product_number=contract.product_number,
        receipt_nos=tuple(contract.receipt_nos),
        quantity_kg=contract.quantity_kg,
        refund_fen=row.refund_fen,
        fee_fen=row.fee_fen or 0,
        seller_pays_fen=sum(leg.amount_fen for leg in _legs(row)),
        seq=contract.seq,
    )


def _row(row: Rescission) -> RescissionRow:
    values = {name: getattr(row, name) for name in RescissionRow._fields if name != "contract_no"}
    values |= {"fee_fen": row.fee_fen or 0, "fee_bearer": row.fee_bearer if row.fee_fen else ""}
    return RescissionRow(contract_no=row.delivery.contract_no, **values)


def _audit(actor: Actor, action: str, row: Rescission, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{row.delivery.contract_no}",
        reason=reason[:300],
        after={
            "rescission": row.rescission_no,
            "state": row.state,
            "refund_fen": row.refund_fen,
            "fee_fen": row.fee_fen,
            "fee_bearer": row.fee_bearer,
        },
    )
