"""A member's contracts with where each stands, and what waits for the member: what, by when, about what.

Lists are newest first; errands are by what is due first.
"""

from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from exchange.kernel.calendar import day_bounds_ns, now_ns
from exchange.kernel.errors import BadParameter
from settlement.models import Breach, Charge, Claim, Contract, Delivery, DisputeCase, Invoice
from settlement.selectors import page_of
from settlement.shown import Page
from settlement.types import BreachState, ChargeState, ClaimState, DeliveryStage, DisputeState, InvoiceState

SIDES = ("buy", "sell")
MOST_TEXT = 40


class ContractLine(NamedTuple):
    """A contract in a member's list."""

    contract_no: str
    day: date
    mode: str
    side: str
    product_code: str
    product_name: str
    other_name: str
    quantity_kg: int
    price_fen: int
    amount_fen: int
    payment: str
    stage: str
    next_due_ns: int | None
    overdue: bool


class Errand(NamedTuple):
    """Something a member has to do, or to know of."""

    what: str
    """pay_balance, book_pickup, answer_claim, cure, agree, pay_charge, issue_invoice."""
    contract_no: str
    """Empty when it is about no contract."""
    due_ns: int | None
    overdue: bool
    fen: int


def contracts_with_stage(
    account_no: int,
    *,
    side: str = "",
    stage: str = "",
    text: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ContractLine]:
    """Contracts of a member: one side of it, in one stage, with a text in number, product or other party.

    Raises BadParameter, BadCursor.
    """
    if side not in ("", *SIDES):
        raise BadParameter(name="side")
    if stage and stage not in set(DeliveryStage):
        raise BadParameter(name="stage")
    buys, sells = Q(buyer_no=account_no), Q(seller_no=account_no)
    rows = Contract.objects.select_related("delivery").filter(
        {"buy": buys, "sell": sells}.get(side, buys | sells)
    )
    if stage:
        rows = rows.filter(delivery__stage=stage)
    if text:
        rows = _with_text(rows, text[:MOST_TEXT], buys, sells)
    now = now_ns()
    return page_of(rows, lambda row: _line(row, account_no, now), cursor, limit)


def _with_text(rows: "QuerySet[Contract]", text: str, buys: Q, sells: Q) -> "QuerySet[Contract]":
    if not text.isprintable():
        raise BadParameter(name="q")
    other = (buys & Q(seller_name__icontains=text)) | (sells & Q(buyer_name__icontains=text))
    goods = Q(product_name__icontains=text) | Q(product_code__istartswith=text)
    return rows.filter(Q(contract_no__icontains=text) | goods | other)


def _line(row: Contract, account_no: int, now: int) -> ContractLine:
    selling, delivery = row.seller_no == account_no, row.delivery
    due_ns: int | None = delivery.next_due_ns
    return ContractLine(
        contract_no=row.contract_no,
        day=row.day,
        mode=row.mode,
        side="sell" if selling else "buy",
        product_code=row.product_code,
        product_name=row.product_name,
        other_name=row.buyer_name if selling else row.seller_name,
        quantity_kg=row.quantity_kg,
        price_fen=row.price_fen,
        amount_fen=row.amount_fen,
        payment=row.payment,
        stage=delivery.stage,
        next_due_ns=due_ns,
        overdue=due_ns is not None and due_ns <= now,
    )


# What waits -------------------------------------------------------------------------------------------


def errands(account_no: int, *, limit: int = 20) -> list[Errand]:
    """What a member has to do now, what is due first on top; without a deadline at the end."""
    now = now_ns()
    found = [*_owed(account_no), *_of_deliveries(account_no), *_answers(account_no)]
    rows = [
        Errand(what, contract_no, due_ns, due_ns is not None and due_ns <= now, fen)
        for what, contract_no, due_ns, fen in found
    ]
    return sorted(rows, key=lambda row: (row.due_ns is None, row.due_ns or 0))[:limit]


_Found = list[tuple[str, str, int | None, int]]
_MOST = 50
"""Of one kind; nobody reads more."""


def _owed(account_no: int) -> _Found:
    charges = Charge.objects.filter(account_no=account_no, state=ChargeState.DUE).order_by("pk")
    drafts = Invoice.objects.filter(state=InvoiceState.DRAFT, issuer_no=account_no).order_by("pk")
    return [
        *(("pay_charge", row.contract_no, None, row.amount_fen) for row in charges[:_MOST]),
        *(
            ("issue_invoice", row.contract_no, day_bounds_ns(row.due_day)[1], row.net_fen + row.tax_fen)
            for row in drafts[:_MOST]
        ),
    ]


def _of_deliveries(account_no: int) -> _Found:
    mine = Delivery.objects.select_related("contract").filter(buyer_no=account_no).order_by("next_due_ns")
    unpaid = mine.filter(stage=DeliveryStage.AWAITING_PAYMENT)[:_MOST]
    unfetched = mine.filter(stage=DeliveryStage.TITLED)[:_MOST]
    return [
        *(
            (
                "pay_balance",
                row.contract_no,
                row.contract.payment_due_ns,
                row.contract.amount_fen - row.contract.bond_fen,
            )
            for row in unpaid
        ),
        *(("book_pickup", row.contract_no, row.next_due_ns, 0) for row in unfetched),
    ]


def _answers(account_no: int) -> _Found:
    sells, buys = Q(delivery__seller_no=account_no), Q(delivery__buyer_no=account_no)
    claims = Claim.objects.select_related("delivery").filter(sells, state=ClaimState.FILED)
    notices = Breach.objects.select_related("delivery").filter(
        (sells & Q(party="seller")) | (buys & Q(party="buyer")), state=BreachState.NOTICED
    )
    proposed = (
        DisputeCase.objects.select_related("delivery")
        .filter((sells & Q(seller_agrees=False)) | (buys & Q(buyer_agrees=False)))
        .filter(state=DisputeState.MEDIATION)
        .exclude(proposed_by="")
    )
    return [
        *(
            ("answer_claim", row.delivery.contract_no, row.answer_due_ns, row.wanted_fen)
            for row in claims[:_MOST]
        ),
        *(("cure", row.delivery.contract_no, row.cure_due_ns, row.damages_fen) for row in notices[:_MOST]),
        *(
            ("agree", row.delivery.contract_no, row.mediation_due_ns, row.award_fen)
            for row in proposed[:_MOST]
        ),
    ]
