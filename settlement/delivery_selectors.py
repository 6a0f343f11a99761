"""What others may know of deliveries, claims, breaches, disputes, charges, and of how well members keep
their word.

The operator sees everything (``account_no`` None), a member its own contracts; what is not theirs does not
exist.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from exchange.kernel.calendar import now_ns
from exchange.kernel.errors import NotFound
from settlement.evidence import EvidenceRow, content_of, evidence_of
from settlement.lives import subject_of
from settlement.models import (
    Breach,
    Charge,
    Claim,
    Contract,
    Delivery,
    DisputeCase,
    Evidence,
    LifeStep,
    Transfer,
)
from settlement.pickups import ShareRow, shares_of
from settlement.rescissions import RescissionRow, rescissions_of
from settlement.terms import breach_due_ns, late_fee_fen, terms_of
from settlement.timeline import Row, timeline
from settlement.types import ChargeState, DeliveryStage

OVER = (DeliveryStage.COMPLETED, DeliveryStage.BREACHED)


class DeliveryRow(NamedTuple):
    """One line of the delivery board."""

    contract_no: str
    day: date
    product_code: str
    product_name: str
    quantity_kg: int
    amount_fen: int
    seller_name: str
    buyer_name: str
    seller_no: int
    buyer_no: int
    stage: str
    payment: str
    next_due_ns: int | None
    overdue: bool


class StepRow(NamedTuple):
    """One step of a life."""

    subject: str
    from_state: str
    to_state: str
    event: str
    actor: str
    why: str
    at_ns: int


class MoneyLine(NamedTuple):
    """One transfer of a contract: from which account to which, how much, why."""

    key: str
    debit: str
    credit: str
    amount_fen: int
    kind: str
    posted_at_ns: int


class ChargeRow(NamedTuple):
    """Money a member owes or owed."""

    charge_key: str
    account_no: int
    amount_fen: int
    legs: list[Any]
    contract_no: str
    state: str
    attempts: int
    asked_at_ns: int


class ClaimRow(NamedTuple):
    """A claim."""

    claim_no: str
    contract_no: str
    kind: str
    text: str
    wanted_fen: int
    settled_fen: int
    state: str
    answer_due_ns: int
    reinspection_due_ns: int | None
    report_no: str
    filed_at_ns: int


class BreachRow(NamedTuple):
    """A breach."""

    breach_no: str
    contract_no: str
    party: str
    ground: str
    reason: str
    state: str
    damages_fen: int
    cure_due_ns: int
    replacement_no: str
    noticed_at_ns: int


class DisputeRow(NamedTuple):
    """A dispute case."""

    case_no: str
    contract_no: str
    seller_no: int
    buyer_no: int
    opened_by_no: int | None
    text: str
    state: str
    mediator: str
    mediation_due_ns: int
    payer: str
    award_fen: int
    award_text: str
    proposed_by: str
    seller_agrees: bool
    buyer_agrees: bool
    opened_at_ns: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """Everything about the delivery of one contract."""

    contract_no: str
    trade_id: int
    seller_no: int
    buyer_no: int
    stage: str
    payment: str
    balance_fen: int
    late_fee_fen: int
    """For paying the balance now."""
    payment_due_ns: int | None
    breach_due_ns: int | None
    """When an unpaid balance is a breach."""
    final_at_ns: int | None
    pickups: list[ShareRow]
    """Trucks that fetch or fetched its goods."""
    pickup_plate: str
    pickup_person: str
    pickup_at_ns: int | None
    net_kg: int | None
    over_short_fen: int
    adjustment_fen: int
    timeline: list[Row]
    steps: list[StepRow]
    money: list[MoneyLine]
    charges: list[ChargeRow]
    claims: list[ClaimRow]
    breaches: list[BreachRow]
    disputes: list[DisputeRow]
    rescissions: list[RescissionRow]
    evidence: list[EvidenceRow]


def deliveries(
    *, account_no: int | None = None, stage: str = "", overdue: bool = False, limit: int = 200
) -> list[DeliveryRow]:
    """Open deliveries (or those in one stage), the one due first on top."""
    rows = Delivery.objects.select_related("contract")
    if account_no is not None:
        rows = rows.filter(Q(seller_no=account_no) | Q(buyer_no=account_no))
    rows = rows.filter(stage=stage) if stage else rows.exclude(stage__in=OVER)
    now = now_ns()
    if overdue:
        rows = rows.filter(next_due_ns__lte=now)
    return [_delivery_row(row, now) for row in rows.order_by("next_due_ns", "pk")[:limit]]


def _delivery_row(row: Delivery, now: int) -> DeliveryRow:
    contract = row.contract
    return DeliveryRow(
        contract.contract_no,
        contract.day,
        contract.product_code,
        contract.product_name,
        contract.quantity_kg,
        contract.amount_fen,
        contract.seller_name,
        contract.buyer_name,
        contract.seller_no,
        contract.buyer_no,
        row.stage,
        contract.payment,
        row.next_due_ns,
        row.next_due_ns is not None and row.next_due_ns <= now,
    )


def delivery_figures() -> dict[str, int]:
    """How many deliveries stand in each stage."""
    counted = Delivery.objects.values_list("stage").annotate(count=Count("pk")).order_by("stage")
    return dict(counted)


def _breach_due_ns(contract: Contract) -> int | None:
    if contract.payment_due_ns is None:
        return None
    return breach_due_ns(contract.day, terms_of(contract.rulebook_version))


def _late_fee_fen(contract: Contract) -> int:
    if contract.payment_due_ns is None or contract.final_at_ns is not None:
        return 0
    balance = contract.amount_fen - contract.bond_fen
    return late_fee_fen(balance, contract.payment_due_ns, now_ns(), terms_of(contract.rulebook_version))


def access_delivery(contract_no: str, *, account_no: int | None) -> DeliveryDetail:
    """The delivery of a contract, for its parties and the operator (None). Raises NotFound."""
    delivery = Delivery.objects.select_related("contract").filter(contract_no=contract_no).first()
    if delivery is None or (
        account_no is not None and account_no not in (delivery.seller_no, delivery.buyer_no)
    ):
        raise NotFound(detail=contract_no)
    contract = delivery.contract
    claims = list(delivery.claims.all())
    disputes = list(delivery.disputes.all())
    subjects = [subject_of(row) for row in (*claims, *disputes)]
    ends = [*delivery.breaches.all(), *delivery.rescissions.all()]
    known = [subject_of(delivery), *subjects, *(subject_of(row) for row in ends)]
    return DeliveryDetail(
        contract_no=contract_no,
        trade_id=contract.trade_id,
        seller_no=delivery.seller_no,
        buyer_no=delivery.buyer_no,
        stage=delivery.stage,
        payment=contract.payment,
        balance_fen=contract.amount_fen - contract.bond_fen if contract.payment == "bond" else 0,
        late_fee_fen=_late_fee_fen(contract),
        payment_due_ns=contract.payment_due_ns,
        breach_due_ns=_breach_due_ns(contract),
        final_at_ns=contract.final_at_ns,
        pickups=shares_of(trade_id=contract.trade_id),
        pickup_plate=delivery.pickup_plate,
        pickup_person=delivery.pickup_person,
        pickup_at_ns=delivery.pickup_at_ns,
        net_kg=delivery.net_kg,
        over_short_fen=delivery.over_short_fen,
        adjustment_fen=delivery.adjustment_fen,
        timeline=timeline(delivery, now_ns()),
        steps=life_of(known),
        money=_money_of(contract.trade_id),
        charges=charges(contract_no=contract_no),
        claims=[_claim_row(row) for row in claims],
        breaches=[_breach_row(row) for row in delivery.breaches.all()],
        disputes=[_dispute_row(row) for row in disputes],
        rescissions=rescissions_of([delivery]),
        evidence=evidence_of(subjects),
    )


def life_of(subjects: list[str]) -> list[StepRow]:
    """History of rows, oldest first."""
    rows = LifeStep.objects.filter(subject__in=subjects).order_by("pk")
    return [StepRow._make(row) for row in rows.values_list(*StepRow._fields)]


def _money_of(trade_id: int) -> list[MoneyLine]:
    rows = Transfer.objects.filter(reference=f"trade:{trade_id}", phase__in=(1, 3)).order_by("pk")
    fields = (
        "transfer_key",
        "debit_account__code",
        "credit_account__code",
        "amount_fen",
        "kind",
        "posted_at_ns",
    )
    return [MoneyLine._make(row) for row in rows.values_list(*fields)]


def charges(
    *, account_no: int | None = None, contract_no: str = "", due_only: bool = False, limit: int = 100
) -> list[ChargeRow]:
    """Charges, newest first."""
    rows = Charge.objects.order_by("-pk")
    if account_no is not None:
        rows = rows.filter(account_no=account_no)
    if contract_no:
        rows = rows.filter(contract_no=contract_no)
    if due_only:
        rows = rows.filter(state=ChargeState.DUE)
    return [ChargeRow._make(row) for row in rows.values_list(*ChargeRow._fields)[:limit]]


def claims(*, open_only: bool = True, limit: int = 100) -> list[ClaimRow]:
    """Claims for the operator, newest first."""
    rows = Claim.objects.select_related("delivery").order_by("-pk")
    if open_only:
        rows = rows.filter(state__in=("filed", "reinspecting"))
    return [_claim_row(row) for row in rows[:limit]]


def breaches(*, limit: int = 100) -> list[BreachRow]:
    """Breaches for the operator, newest first."""
    return [_breach_row(row) for row in Breach.objects.select_related("delivery").order_by("-pk")[:limit]]


def disputes(*, open_only: bool = True, limit: int = 100) -> list[DisputeRow]:
    """Cases for the operator, newest first."""
    rows: QuerySet[DisputeCase] = DisputeCase.objects.select_related("delivery").order_by("-pk")
    if open_only:
        rows = rows.filter(state__in=("open", "mediation", "arbitration"))
    return [_dispute_row(row) for row in rows[:limit]]


def access_dispute(case_no: str, *, account_no: int | None) -> DisputeRow:
    """One case, for its parties and the operator. Raises NotFound."""
    case = DisputeCase.objects.select_related("delivery").filter(case_no=case_no).first()
    if case is None or (
        account_no is not None and account_no not in (case.delivery.seller_no, case.delivery.buyer_no)
    ):
        raise NotFound(detail=case_no)
    return _dispute_row(case)


def access_evidence(evidence_id: int, *, account_no: int | None) -> tuple[str, str, bytes]:
    """(file name, media type, content) of a file, for the parties and the operator. Raises NotFound."""
    stored = Evidence.objects.filter(pk=evidence_id).first()
    if stored is None or (account_no is not None and account_no not in _parties_of(stored.subject)):
        raise NotFound(detail=str(evidence_id))
    return stored.file_name, stored.media_type, content_of(evidence_id)


def _parties_of(subject: str) -> tuple[int, ...]:
    kind, _, key = subject.partition(":")
    model: Any = {"claim": Claim, "dispute": DisputeCase, "breach": Breach}.get(kind)
    row = None if model is None else model.objects.select_related("delivery").filter(pk=key).first()
    return () if row is None else (row.delivery.seller_no, row.delivery.buyer_no)


def _claim_row(row: Claim) -> ClaimRow:
    values = {name: getattr(row, name) for name in ClaimRow._fields if name != "contract_no"}
    return ClaimRow(contract_no=row.delivery.contract_no, **values)


def _breach_row(row: Breach) -> BreachRow:
    values = {name: getattr(row, name) for name in BreachRow._fields if name != "contract_no"}
    return BreachRow(contract_no=row.delivery.contract_no, **values)


def _dispute_row(row: DisputeCase) -> DisputeRow:
    skip = ("contract_no", "seller_no", "buyer_no", "overdue")
    values = {name: getattr(row, name) for name in DisputeRow._fields if name not in skip}
    delivery = row.delivery
    waiting = row.state in ("open", "mediation") and row.mediation_due_ns <= now_ns()
    return DisputeRow(
        contract_no=delivery.contract_no,
        seller_no=delivery.seller_no,
        buyer_no=delivery.buyer_no,
        overdue=waiting,
        **values,
    )
