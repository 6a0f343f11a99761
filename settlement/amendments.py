"""合同变更: one party proposes to change what may change, the other agrees; the chain is kept by hashes.

What may change are the days until when goods are fetched, from when the buyer pays storage and until when it
can object, and the tolerance of the weight. Each agreed amendment names the hash of the one before (the first
that of the contract), so that none can be left out or slipped in. Price, goods and parties never change:
that is another deal.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import format_time, now_ns, trading_day
from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import BadTransition, NotFound
from settlement.amended import DAYS, RATES, release_day, value_now
from settlement.checks import check_reason
from settlement.credit import record_contracts
from settlement.lives import OPEN_STAGES, begin, step
from settlement.locks import locked_delivery
from settlement.models import Amendment, Contract, Delivery
from settlement.terms import days_later_ns, silence_ns
from settlement.terms_errors import (
    AmendmentExpired,
    AmendmentWaiting,
    AnotherDeal,
    BadAmendment,
    OwnAmendment,
    TooManyAmendments,
)
from settlement.types import AmendmentState, ContractStatus, DeliveryStage

ANSWER_DAYS = 3
MOST_AMENDMENTS = 20
"""Proposals one contract can have, agreed to or not."""
LONGEST_DAYS = 180
"""No amended day is further from the deal."""
NEVER = frozenset({"quantity_kg", "price_fen", "receipt_nos"})
"""What would be another deal."""
MOST_BPS = 500
"""溢短: rulebook §5."""

_BEFORE_LEAVING = (
    DeliveryStage.AWAITING_PAYMENT,
    DeliveryStage.TITLED,
    DeliveryStage.PICKUP_BOOKED,
)


class AmendmentRow(NamedTuple):
    """An amendment, as both parties and the operator see it."""

    amendment_no: str
    contract_no: str
    place: int | None
    changes: dict[str, Any]
    before: dict[str, Any]
    reason: str
    state: str
    proposed_by_no: int
    proposed_by: str
    proposed_at_ns: int
    answer_due_ns: int
    decided_by: str
    decided_at_ns: int | None
    prev_hash: str
    document_hash: str
    expired: bool


def propose_amendment(
    *, actor: Actor, account_no: int, contract_no: str, changes: Mapping[str, date | int], reason: str
) -> str:
    """A party proposes changes to DAYS and RATES; the amendment's number. The other one has three days.

    Raises NotFound, BadReason, BadAmendment, AnotherDeal, AmendmentWaiting, TooManyAmendments, BadTransition
    when the goods are weighed out already or the contract is over.
    """
    check_reason(reason)
    with transaction.atomic():
        delivery = _of_party(contract_no, account_no)
        if delivery.stage not in _BEFORE_LEAVING:
            raise BadTransition(state=delivery.stage, event="amend")
        contract, at_ns = delivery.contract, now_ns()
        _end_expired(contract, at_ns)
        before = {name: value_now(delivery, name) for name in changes if name in (*DAYS, *RATES)}
        _check_changes(contract, changes, before, trading_day(at_ns))
        count = Amendment.objects.filter(contract=contract).count()
        if count >= MOST_AMENDMENTS:
            raise TooManyAmendments(count=count)
        waiting = Amendment.objects.filter(contract=contract, state=AmendmentState.PROPOSED).first()
        if waiting is not None:
            raise AmendmentWaiting(number=waiting.amendment_no)
        row = Amendment.objects.create(
            amendment_no=f"BG{contract_no.removeprefix('HT')}-{count + 1:02d}",
            contract=contract,
            changes=_plain(changes),
            before=_plain(before),
            reason=reason.strip(),
            proposed_by_no=account_no,
            proposed_by=actor.name,
            proposed_at_ns=at_ns,
            answer_due_ns=days_later_ns(at_ns, ANSWER_DAYS),
        )
        begin(row, actor=actor.name, at_ns=at_ns, why=reason)
        _audit(actor, "amendment.propose", row, reason)
    return row.amendment_no


def agree_amendment(*, actor: Actor, account_no: int, amendment_no: str) -> None:
    """The other party agrees: from now on the contract says so.

    Raises NotFound, OwnAmendment, AmendmentExpired, BadTransition.
    """
    with transaction.atomic():
        row, delivery = _locked(amendment_no, account_no)
        if row.proposed_by_no == account_no:
            raise OwnAmendment
        at_ns = now_ns()
        if row.state == AmendmentState.PROPOSED and at_ns >= row.answer_due_ns:
            raise AmendmentExpired(deadline=format_time(row.answer_due_ns))
        if row.state == AmendmentState.PROPOSED and delivery.stage not in _BEFORE_LEAVING:
            raise BadTransition(state=delivery.stage, event="amend")
        step(row, "agree", actor=actor.name, at_ns=at_ns)
        last = _agreed(row.contract)[-1:]
        row.place = len(_agreed(row.contract)) + 1
        row.prev_hash = last[0].document_hash if last else row.contract.document_hash
        row.decided_by, row.decided_at_ns = actor.name, at_ns
        row.document_hash = canonical_hash(amendment_document(row))
        row.save()
        delivery.amended = {**(delivery.amended or {}), **row.changes}
        _reset_clock(delivery, at_ns)
        delivery.save(update_fields=["amended", "next_due_ns"])
        record_contracts([delivery], because=amendment_no)
        _audit(actor, "amendment.agree", row, "")


def decline_amendment(*, actor: Actor, account_no: int, amendment_no: str, reason: str = "") -> None:
    """The other party says no, or the proposer takes it back. Raises NotFound, BadTransition."""
    with transaction.atomic():
        row, _ = _locked(amendment_no, account_no)
        event = "withdraw" if row.proposed_by_no == account_no else "decline"
        step(row, event, actor=actor.name, at_ns=now_ns(), why=reason)
        row.decided_by, row.decided_at_ns = actor.name, now_ns()
        row.save(update_fields=["state", "decided_by", "decided_at_ns"])
        _audit(actor, f"amendment.{event}", row, reason)


def amendments_of(contract_no: str) -> list[AmendmentRow]:
    """All amendments of a contract, oldest first; who may see them is who may see the contract."""
    rows = Amendment.objects.select_related("contract").filter(contract__contract_no=contract_no)
    return [_row(row) for row in rows.order_by("pk")]


def amendment_by_no(amendment_no: str) -> AmendmentRow:
    """One amendment. Raises NotFound."""
    row = Amendment.objects.select_related("contract").filter(amendment_no=amendment_no).first()
    if row is None:
        raise NotFound(detail=amendment_no)
    return _row(row)


def chain_holds(contract: Contract) -> bool:
    """Whether the chain of agreed amendments is whole and says what the delivery goes by."""
    prev, amended = contract.document_hash, {}
    for place, row in enumerate(_agreed(contract), start=1):
        if (row.place, row.prev_hash) != (place, prev):
            return False
        if canonical_hash(amendment_document(row)) != row.document_hash:
            return False
        prev = row.document_hash
        amended.update(row.changes)
    return (contract.delivery.amended or {}) == amended


def amendment_document(row: Amendment) -> dict[str, Any]:
    """What is hashed of an agreed amendment."""
    return {
        "amendment_no": row.amendment_no,
        "contract_no": row.contract.contract_no,
        "place": row.place,
        "before": row.before,
        "changes": row.changes,
        "reason": row.reason,
        "proposed_by_no": row.proposed_by_no,
        "proposed_by": row.proposed_by,
        "proposed_at_ns": row.proposed_at_ns,
        "agreed_by": row.decided_by,
        "agreed_at_ns": row.decided_at_ns,
        "prev_hash": row.prev_hash,
    }


def _agreed(contract: Contract) -> Sequence[Amendment]:
    rows = Amendment.objects.select_related("contract").filter(contract=contract, state=AmendmentState.AGREED)
    return list(rows.order_by("place"))


def _check_changes(
    contract: Contract, changes: Mapping[str, date | int], before: Mapping[str, date | int], today: date
) -> None:
    if changes.keys() & NEVER:
        raise AnotherDeal
    if not changes or set(changes) - set(before) or dict(changes) == dict(before):
        raise BadAmendment(why_zh="没有可以变更的内容", why_en="there is nothing to change")
    for name in changes.keys() & set(RATES):
        value = changes[name]
        if type(value) is not int or not 0 <= value <= MOST_BPS:
            raise BadAmendment(why_zh="溢短范围须在 0 至 5% 之间", why_en="the tolerance is from 0 to 5 %")
    last = contract.day + timedelta(days=LONGEST_DAYS)
    for name in changes.keys() & set(DAYS):
        value = changes[name]
        if not isinstance(value, date) or not today < value <= last:
            raise BadAmendment(
                why_zh=f"日期须在今日之后、{last} 之前", why_en=f"days are after today and until {last}"
            )


def _reset_clock(delivery: Delivery, at_ns: int) -> None:
    """The instant silence accepts moves with the objection period; a pickup booked later comes first."""
    if delivery.stage == DeliveryStage.AWAITING_PAYMENT or delivery.next_due_ns is None:
        return
    delivery.next_due_ns = max(silence_ns(release_day(delivery)), delivery.pickup_at_ns or at_ns)


def _end_expired(contract: Contract, at_ns: int) -> None:
    for row in Amendment.objects.filter(
        contract=contract, state=AmendmentState.PROPOSED, answer_due_ns__lte=at_ns
    ):
        step(row, "expire", actor="clock", at_ns=at_ns)
        row.save(update_fields=["state"])


def _of_party(contract_no: str, account_no: int) -> Delivery:
    delivery = locked_delivery(contract_no)
    if account_no not in (delivery.seller_no, delivery.buyer_no):
        raise NotFound(detail=contract_no)
    if delivery.stage not in OPEN_STAGES or delivery.contract.status not in (
        ContractStatus.UNPAID,
        ContractStatus.EFFECTIVE,
    ):
        raise BadTransition(state=delivery.contract.status, event="amend")
    return delivery


def _locked(amendment_no: str, account_no: int) -> tuple[Amendment, Delivery]:
    known = Amendment.objects.filter(amendment_no=amendment_no).values_list("contract__contract_no").first()
    if known is None:
        raise NotFound(detail=amendment_no)
    delivery = locked_delivery(known[0])
    if account_no not in (delivery.seller_no, delivery.buyer_no):
        raise NotFound(detail=amendment_no)
    row = Amendment.objects.select_for_update().get(amendment_no=amendment_no)
    row.contract = delivery.contract
    return row, delivery


def _plain(values: Mapping[str, date | int]) -> dict[str, str | int]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _row(row: Amendment) -> AmendmentRow:
    skip = ("contract_no", "expired")
    values = {name: getattr(row, name) for name in AmendmentRow._fields if name not in skip}
    expired = row.state == AmendmentState.PROPOSED and row.answer_due_ns <= now_ns()
    return AmendmentRow(contract_no=row.contract.contract_no, expired=expired, **values)


def _audit(actor: Actor, action: str, row: Amendment, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"contract:{row.contract.contract_no}",
        reason=reason[:300],
        before=row.before,
        after={"amendment": row.amendment_no, **row.changes},
    )
