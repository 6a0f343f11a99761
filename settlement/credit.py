"""What contracts say of their parties: credit facts, worked out from the rows of settlement.

There is one derivation, ``facts_of_contracts``, for both uses: the step that changes a contract records what
its rows now say, in its own transaction, and ``exchange.ops.credit_rebuild`` asks all contracts again. Money
owed outside of contracts (storage fees and the like) says only whether it was paid late.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import Q

from exchange.kernel.calendar import NS_PER_DAY, day_bounds_ns, trading_day
from exchange.members.credit import follow_contracts, record_facts
from exchange.members.credit_types import FactKind, NewFact
from settlement.amended import delivery_until, over_short_bps
from settlement.models import Breach, Charge, Claim, ContractPickup, Delivery, DisputeCase, Rescission
from settlement.types import (
    BreachState,
    ChargeState,
    ClaimState,
    DeliveryStage,
    DisputeState,
    PaymentVariant,
    PickupShareState,
    RescissionState,
)

SELLER, BUYER = "seller", "buyer"
BALANCE, WEIGHT = "balance", "weight"
CHUNK = 500


def record_contracts(deliveries: Iterable[Delivery], *, because: str = "") -> None:
    """Records what these contracts say now, in the caller's transaction.

    ``because``: number of a correction or rescission that may have unsaid something.
    """
    contract_nos = {delivery.pk: delivery.contract_no for delivery in deliveries}
    if contract_nos:
        follow_contracts(list(contract_nos.values()), facts_of_contracts(contract_nos), because=because)


def record_charge(charge: Charge) -> None:
    """Records what a charge just paid says. Most charges say nothing and cost no question."""
    if charge.attempts == 1 and charge.purpose != BALANCE and not charge.charge_key.startswith("breach:"):
        return
    if charge.contract_no:
        record_contracts(Delivery.objects.filter(contract_no=charge.contract_no))
    else:
        record_facts(list(_late_charges([charge])))


def facts_of_contracts(trade_ids: Iterable[int]) -> list[NewFact]:
    """Every fact that follows from the rows of these contracts as they are now, in a fixed order."""
    rows = Delivery.objects.select_related("contract").filter(pk__in=list(trade_ids)).order_by("pk")
    deliveries = {row.pk: row for row in rows if row.seller_no != row.buyer_no}
    facts: list[NewFact] = []
    facts += _kept(deliveries)
    facts += _breaches(deliveries)
    facts += _disputes(deliveries)
    facts += _claims(deliveries)
    facts += _pickups(deliveries)
    numbers = [delivery.contract_no for delivery in deliveries.values()]
    facts += _late_charges(Charge.objects.filter(contract_no__in=numbers).order_by("pk"))
    return facts


def all_contracts(account_no: int | None = None) -> Iterator[tuple[list[str], list[NewFact]]]:
    """Every contract, or a member's, by the hundred, oldest first: their numbers, and what they say."""
    last = -1
    chosen = Delivery.objects.order_by("pk")
    if account_no is not None:
        chosen = chosen.filter(Q(seller_no=account_no) | Q(buyer_no=account_no))
    while True:
        found = dict(chosen.filter(pk__gt=last).values_list("pk", "contract_no")[:CHUNK])
        if not found:
            return
        last = max(found)
        yield list(found.values()), facts_of_contracts(found)


def facts_outside_contracts() -> list[NewFact]:
    """Money owed beside contracts that was paid late."""
    late = Charge.objects.filter(contract_no="", attempts__gt=1, state=ChargeState.PAID).order_by("pk")
    return list(_late_charges(late))


# What each kind of row says ----------------------------------------------------------------------------


def _fact(
    delivery: Delivery, role: str, kind: FactKind, source: str, at_ns: int, *, kg: int = 0, fen: int = 0,
    detail: str = "", days_late: int = 0,
) -> NewFact:  # fmt: skip
    return NewFact(
        account_no=delivery.seller_no if role == SELLER else delivery.buyer_no,
        kind=kind,
        source=source,
        day=trading_day(at_ns),
        role=role,
        contract_no=delivery.contract_no,
        detail=detail,
        kg=kg,
        amount_fen=fen,
        days_late=days_late,
    )


def _kept(deliveries: dict[int, Delivery]) -> Iterator[NewFact]:
    """Contracts that came to their end and were not undone, for both sides."""
    rescinded = set(
        Rescission.objects.filter(delivery__in=list(deliveries), state=RescissionState.DONE).values_list(
            "delivery_id", flat=True
        )
    )
    for delivery in deliveries.values():
        if delivery.stage != DeliveryStage.COMPLETED or delivery.pk in rescinded:
            continue
        assert delivery.completed_at_ns is not None
        for role in (SELLER, BUYER):
            yield _fact(
                delivery,
                role,
                FactKind.FULFILLED,
                delivery.contract_no,
                delivery.completed_at_ns,
                kg=delivery.contract.quantity_kg,
                fen=delivery.contract.amount_fen,
            )


def _breaches(deliveries: dict[int, Delivery]) -> Iterator[NewFact]:
    """Confirmed breaches, and damages once they are paid in full."""
    rows = list(
        Breach.objects.filter(delivery__in=list(deliveries), state=BreachState.CONFIRMED).order_by("pk")
    )
    keys = [f"breach:{row.breach_no}" for row in rows]
    charges = {charge.charge_key: charge for charge in Charge.objects.filter(charge_key__in=keys)}
    for row in rows:
        delivery = deliveries[row.delivery_id]
        assert row.finished_at_ns is not None
        yield _fact(
            delivery,
            row.party,
            FactKind.BREACH,
            row.breach_no,
            row.finished_at_ns,
            fen=row.damages_fen,
            detail=row.ground,
        )
        charge = charges.get(f"breach:{row.breach_no}")
        paid_at_ns = row.finished_at_ns if charge is None else charge.finished_at_ns
        if row.damages_fen and paid_at_ns and (charge is None or charge.state == ChargeState.PAID):
            yield _fact(
                delivery, row.party, FactKind.DAMAGES_PAID, row.breach_no, paid_at_ns, fen=row.damages_fen
            )


def _disputes(deliveries: dict[int, Delivery]) -> Iterator[NewFact]:
    """Who opened a case, who had to pay by award, who agreed to pay, who got nothing."""
    for row in DisputeCase.objects.filter(delivery__in=list(deliveries)).order_by("pk"):
        delivery = deliveries[row.delivery_id]
        opener = {delivery.seller_no: SELLER, delivery.buyer_no: BUYER}.get(row.opened_by_no or 0, "")
        if opener:
            yield _fact(delivery, opener, FactKind.DISPUTE_OPENED, row.case_no, row.opened_at_ns)
        if row.finished_at_ns is None:
            continue
        payer = row.payer if row.award_fen else ""
        if row.state == DisputeState.AWARDED and payer:
            yield _fact(
                delivery, payer, FactKind.DISPUTE_UPHELD, row.case_no, row.finished_at_ns, fen=row.award_fen
            )
        if row.state == DisputeState.AWARDED and opener and payer in ("", opener):
            yield _fact(delivery, opener, FactKind.DISPUTE_DISMISSED, row.case_no, row.finished_at_ns)
        if row.state == DisputeState.SETTLED and payer:
            yield _fact(delivery, payer, FactKind.SETTLED, row.case_no, row.finished_at_ns, detail="dispute")


def _claims(deliveries: dict[int, Delivery]) -> Iterator[NewFact]:
    """Claims the seller paid for: found right by re-inspection, or agreed without one."""
    rows = Claim.objects.filter(
        delivery__in=list(deliveries), state=ClaimState.SETTLED, settled_fen__gt=0
    ).order_by("pk")
    for row in rows:
        delivery = deliveries[row.delivery_id]
        if delivery.completed_at_ns is None:
            continue
        kind = FactKind.SETTLED
        if row.report_no:
            kind = FactKind.SHORT_WEIGHT if row.kind == WEIGHT else FactKind.CLAIM_UPHELD
        yield _fact(
            delivery,
            SELLER,
            kind,
            row.claim_no,
            delivery.completed_at_ns,
            fen=row.settled_fen,
            detail=row.kind,
        )


def _pickups(deliveries: dict[int, Delivery]) -> Iterator[NewFact]:
    """Goods fetched after the last day, and weight short beyond the tolerance once the contract is over."""
    loads: dict[int, list[ContractPickup]] = defaultdict(list)
    rows = ContractPickup.objects.filter(delivery__in=list(deliveries), kg__gt=0).order_by("pk")
    for row in rows.exclude(state=PickupShareState.CANCELLED):
        loads[row.delivery_id].append(row)
    for key, fetched in loads.items():
        delivery = deliveries[key]
        until_ns = day_bounds_ns(delivery_until(delivery))[1]
        for row in fetched:
            if row.ended_at_ns is not None and row.ended_at_ns > until_ns:
                yield _fact(
                    delivery,
                    BUYER,
                    FactKind.LATE_PICKUP,
                    f"{delivery.contract_no}:{row.pickup_no}",
                    row.ended_at_ns,
                    days_late=_days(until_ns, row.ended_at_ns),
                )
        kg, weighed_kg = sum(row.kg for row in fetched), sum(row.weighed_kg for row in fetched)
        if delivery.completed_at_ns is None or weighed_kg * 10_000 >= kg * (
            10_000 - over_short_bps(delivery)
        ):
            continue
        yield _fact(
            delivery,
            SELLER,
            FactKind.SHORT_WEIGHT,
            delivery.contract_no,
            delivery.completed_at_ns,
            kg=kg - weighed_kg,
        )


def _late_charges(charges: Iterable[Charge]) -> Iterator[NewFact]:
    """Money paid late: a balance after its hour, anything else a day or more after the floor first refused.

    A balance counts as paid when it was asked for, if the money was there then.
    """
    paid = [charge for charge in charges if charge.state == ChargeState.PAID and charge.finished_at_ns]
    numbers = {charge.contract_no for charge in paid if charge.contract_no}
    of_contract = {
        row.contract_no: row
        for row in Delivery.objects.select_related("contract").filter(contract_no__in=numbers)
    }
    for charge in paid:
        delivery = of_contract.get(charge.contract_no)
        asked_ns, paid_ns = charge.asked_at_ns, charge.finished_at_ns or 0
        late_from_ns, paid_at_ns = asked_ns + NS_PER_DAY, paid_ns if charge.attempts > 1 else asked_ns
        if charge.purpose == BALANCE:
            assert delivery is not None
            if delivery.contract.payment != PaymentVariant.BOND or delivery.contract.final_at_ns is None:
                continue
            late_from_ns = delivery.contract.payment_due_ns or 0
        if paid_at_ns <= late_from_ns:
            continue
        due_ns = late_from_ns if charge.purpose == BALANCE else asked_ns
        yield NewFact(
            account_no=charge.account_no,
            kind=FactKind.LATE_PAYMENT,
            source=charge.charge_key,
            day=trading_day(paid_at_ns),
            role=_role(delivery, charge.account_no),
            contract_no=charge.contract_no,
            detail=charge.charge_key.partition(":")[0][:24],
            amount_fen=charge.amount_fen,
            days_late=_days(due_ns, paid_at_ns),
        )


def _role(delivery: Delivery | None, account_no: int) -> str:
    if delivery is None:
        return ""
    return {delivery.seller_no: SELLER, delivery.buyer_no: BUYER}.get(account_no, "")


def _days(from_ns: int, to_ns: int) -> int:
    """Days begun."""
    return -(-(to_ns - from_ns) // NS_PER_DAY)
