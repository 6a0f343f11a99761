"""Delivery 交收: from the deal to the goods past the gate, step by step, each by who may take it.

The buyer pays a balance, gives notice of pickup, accepts; the warehouse weighs out and lets go; the clock
does what silence and deadlines do. Who looks at one's own contract only: others' contracts are not found.
"""

import re
import secrets

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_DAY, now_ns, trading_day
from exchange.kernel.errors import BadTransition, NotFound
from settlement.accounts import STORAGE_PAYABLE, bond_of, cash_of, quality_deposit_of
from settlement.amended import over_short_bps, release_day, storage_fee_from
from settlement.charges import FOLLOW_UPS, Leg, ask, tell_credits
from settlement.completion import complete
from settlement.cushion import pay_buyer
from settlement.errors import BadPickup, BadWeighOut, OverTolerance, PickupMismatch
from settlement.ledger import post
from settlement.lives import step
from settlement.locks import locked_delivery
from settlement.models import Charge, Contract, Delivery
from settlement.terms import NS_PER_HOUR, late_fee_fen, silence_ns, storage_fee_fen, terms_of
from settlement.types import DeliveryStage, NewTransfer, TransferKind

BALANCE = "balance"
"""Purpose of the charge that pays a balance."""

PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}")
PERSON = re.compile(r"[\u4e00-\u9fff·A-Za-z ]{2,30}")
LAST_FOUR = re.compile(r"\d{3}[\dX]")
LONGEST_NOTICE_DAYS = 30
SANE_FACTOR = 2
"""A net weight beyond twice or below half the contract's is a slip of the pen, not a delivery."""


def pay_balance(*, actor: Actor, account_no: int, contract_no: str) -> int:
    """The buyer pays the balance, with the late fee if it is late; what is asked of the floor, in fen.

    Paid, the price goes to the seller, its quality deposit is kept and title passes, all in one transaction;
    asked twice, it is one payment. Raises NotFound, BadTransition.
    """
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        if delivery.stage != DeliveryStage.AWAITING_PAYMENT:
            raise BadTransition(state=delivery.stage, event="pay")
        contract = delivery.contract
        at_ns = now_ns()
        fen = _owed_fen(contract, at_ns)
        pending = Charge.objects.filter(charge_key=f"balance:{contract_no}").first()
        if pending is not None:
            return pending.amount_fen
        ask(
            key=f"balance:{contract_no}",
            account_no=account_no,
            legs=[Leg(bond_of(account_no), fen, TransferKind.BOND_KEPT)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract_no,
            purpose=BALANCE,
            actor=actor.name,
        )
        _audit(actor, "balance.pay", contract_no, {"fen": fen})
    return fen


def _owed_fen(contract: Contract, at_ns: int) -> int:
    balance = contract.amount_fen - contract.bond_fen
    assert contract.payment_due_ns is not None
    terms = terms_of(contract.rulebook_version)
    return balance + late_fee_fen(balance, contract.payment_due_ns, at_ns, terms)


def _balance_paid(charge: Charge, at_ns: int) -> None:
    """The floor gave the balance up: everything else moves now, or goes back if it came too late."""
    delivery = locked_delivery(charge.contract_no)
    contract = delivery.contract
    buyer, seller = contract.buyer_no, contract.seller_no
    kept, key = bond_of(buyer), f"trade:{contract.trade_id}"
    if delivery.stage != DeliveryStage.AWAITING_PAYMENT:
        _post(
            contract,
            f"{key}:too_late",
            kept,
            cash_of(buyer),
            charge.amount_fen,
            TransferKind.BOND_RETURNED,
            at_ns,
        )
        tell_credits(f"too_late-{contract.trade_id}", [(cash_of(buyer), charge.amount_fen)])
        return
    late = charge.amount_fen - (contract.amount_fen - contract.bond_fen)
    paid = cash_of(seller)
    _post(contract, f"{key}:payment", kept, paid, contract.amount_fen, TransferKind.GOODS_PAYMENT, at_ns)
    _post(contract, f"{key}:late_fee", kept, paid, late, TransferKind.LATE_FEE, at_ns)
    deposit = contract.deposit_fen
    _post(
        contract,
        f"{key}:deposit",
        paid,
        quality_deposit_of(seller),
        deposit,
        TransferKind.QUALITY_DEPOSIT,
        at_ns,
    )
    tell_credits(f"paid-{contract.trade_id}", [(paid, contract.amount_fen + late - deposit)])
    step(contract, "pay", actor="floor", at_ns=at_ns)
    contract.final_at_ns = at_ns
    contract.save(update_fields=["status", "final_at_ns"])
    step(delivery, "pay", actor="floor", at_ns=at_ns)
    delivery.next_due_ns = silence_ns(release_day(delivery))
    delivery.save(update_fields=["stage", "next_due_ns"])


FOLLOW_UPS[BALANCE] = _balance_paid


def _post(
    contract: Contract, key: str, debit: str, credit: str, fen: int, kind: TransferKind, at_ns: int
) -> None:
    if fen:
        post(
            [
                NewTransfer(
                    key=key,
                    debit=debit,
                    credit=credit,
                    amount_fen=fen,
                    kind=kind,
                    reference=f"trade:{contract.trade_id}",
                    day=trading_day(at_ns),
                    posted_at_ns=at_ns,
                )
            ]
        )


# Pickup ----------------------------------------------------------------------------------------------


def book_pickup(
    *,
    actor: Actor,
    account_no: int,
    contract_no: str,
    plate: str,
    person: str,
    id_last_four: str,
    at_ns: int,
) -> str:
    """提货通知: the buyer says who fetches the goods, with what and when; the code to be told at the gate.

    Raises NotFound, BadTransition, BadPickup.
    """
    plate, person, id_last_four = plate.strip().upper(), person.strip(), id_last_four.strip().upper()
    now = now_ns()
    _check_pickup(plate, person, id_last_four, at_ns, now)
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        step(delivery, "book_pickup", actor=actor.name, at_ns=now, why=f"{plate} {person}")
        delivery.pickup_code = f"{secrets.randbelow(10**8):08d}"
        delivery.pickup_plate = plate
        delivery.pickup_person = f"{person} {id_last_four}"
        delivery.pickup_at_ns = at_ns
        delivery.next_due_ns = max(silence_ns(release_day(delivery)), at_ns + NS_PER_DAY)
        delivery.save()
        _audit(actor, "pickup.book", contract_no, {"plate": plate})
    return delivery.pickup_code


def _check_pickup(plate: str, person: str, id_last_four: str, at_ns: int, now: int) -> None:
    wrong = (
        (not PLATE.fullmatch(plate), "车牌号不正确", "the plate"),
        (not PERSON.fullmatch(person), "提货人姓名不正确", "the name"),
        (not LAST_FOUR.fullmatch(id_last_four), "身份证后四位不正确", "the last four of the identity card"),
        (at_ns <= now, "提货时间已过", "the time is past"),
        (at_ns > now + LONGEST_NOTICE_DAYS * NS_PER_DAY, "提货时间太远", "the time is too far away"),
    )
    for is_wrong, zh, en in wrong:
        if is_wrong:
            raise BadPickup(why_zh=zh, why_en=en)


def cancel_pickup(*, actor: Actor, account_no: int, contract_no: str) -> None:
    """The buyer takes its notice back. Raises NotFound, BadTransition."""
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        step(delivery, "cancel_pickup", actor=actor.name, at_ns=now_ns())
        delivery.pickup_code = delivery.pickup_plate = delivery.pickup_person = ""
        delivery.pickup_at_ns = None
        delivery.next_due_ns = silence_ns(release_day(delivery))
        delivery.save()


def weigh_out(*, actor: Actor, contract_no: str, code: str, plate: str, net_kg: int) -> int:
    """出库过磅, by the warehouse: what the goods weigh, and the over or short payment; fen the buyer pays
    (+).

    Within the tolerance of the contract both ways at its price. More may not leave; what is short is paid
    back whatever it is. Late pickup costs the buyer storage. Raises NotFound, PickupMismatch, BadTransition,
    BadWeighOut, OverTolerance.
    """
    with transaction.atomic():
        delivery = locked_delivery(contract_no)
        contract, at_ns = delivery.contract, now_ns()
        if delivery.stage == DeliveryStage.PICKUP_BOOKED:
            same_code = secrets.compare_digest(delivery.pickup_code, code.strip())
            if not same_code or delivery.pickup_plate != plate.strip().upper():
                raise PickupMismatch
        _check_weight(delivery, net_kg)
        step(delivery, "weigh_out", actor=actor.name, at_ns=at_ns, why=f"{net_kg} kg")
        delivery.net_kg, delivery.weighed_at_ns = net_kg, at_ns
        delivery.next_due_ns = at_ns + terms_of(contract.rulebook_version).exit_hours * NS_PER_HOUR
        fen = (net_kg - contract.quantity_kg) * contract.price_fen
        delivery.over_short_fen = fen
        _settle_over_short(delivery, fen, actor.name, at_ns)
        _charge_storage(delivery, at_ns, actor.name)
        delivery.save()
        _audit(actor, "delivery.weigh_out", contract_no, {"net_kg": net_kg, "over_short_fen": fen})
    return fen


def most_kg(delivery: Delivery) -> int:
    """The most that may leave: the contract's weight and its tolerance."""
    kg = delivery.contract.quantity_kg
    return kg + kg * over_short_bps(delivery) // 10_000


def _check_weight(delivery: Delivery, net_kg: int) -> None:
    kg = delivery.contract.quantity_kg
    if not kg <= net_kg * SANE_FACTOR or net_kg > kg * SANE_FACTOR:
        raise BadWeighOut(net_kg=net_kg, contract_kg=kg)
    if net_kg > most_kg(delivery):
        raise OverTolerance(net_kg=net_kg, most_kg=most_kg(delivery))


def _settle_over_short(delivery: Delivery, fen: int, actor: str, at_ns: int) -> None:
    contract = delivery.contract
    key = f"over_short:{contract.contract_no}"
    if fen > 0:
        ask(
            key=key,
            account_no=contract.buyer_no,
            legs=[Leg(cash_of(contract.seller_no), fen, TransferKind.OVER_SHORT)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract.contract_no,
            actor=actor,
        )
    elif fen < 0:
        pay_buyer(delivery, -fen, TransferKind.OVER_SHORT, key=key, at_ns=at_ns, actor=actor)


def _charge_storage(delivery: Delivery, at_ns: int, actor: str) -> None:
    """Storage from the day the buyer bears it until today."""
    contract = delivery.contract
    terms = terms_of(contract.rulebook_version)
    fen = storage_fee_fen(contract.quantity_kg, storage_fee_from(delivery), trading_day(at_ns), terms)
    if fen:
        ask(
            key=f"storage:{contract.contract_no}",
            account_no=contract.buyer_no,
            legs=[Leg(STORAGE_PAYABLE, fen, TransferKind.STORAGE_FEE)],
            reference=f"trade:{contract.trade_id}",
            at_ns=at_ns,
            contract_no=contract.contract_no,
            actor=actor,
        )


def record_exit(*, actor: Actor, contract_no: str) -> None:
    """The truck is past the gate: hidden defects can be claimed from now on.

    Raises NotFound, BadTransition.
    """
    with transaction.atomic():
        _leave(locked_delivery(contract_no), actor.name, now_ns())
        _audit(actor, "delivery.leave", contract_no, {})


def _leave(delivery: Delivery, actor: str, at_ns: int) -> None:
    step(delivery, "leave", actor=actor, at_ns=at_ns)
    delivery.left_at_ns = at_ns
    delivery.next_due_ns = hidden_until_ns(delivery)
    delivery.save(update_fields=["stage", "left_at_ns", "next_due_ns"])


def hidden_until_ns(delivery: Delivery) -> int:
    """Until when hidden defects can be claimed, once the goods have left."""
    assert delivery.left_at_ns is not None
    return delivery.left_at_ns + terms_of(delivery.contract.rulebook_version).hidden_hours * NS_PER_HOUR


def accept(*, actor: Actor, account_no: int, contract_no: str) -> None:
    """The buyer accepts the goods before its time is over. Raises NotFound, BadTransition."""
    with transaction.atomic():
        delivery = _of_buyer(contract_no, account_no)
        complete([delivery], event="accept", actor=actor.name, at_ns=now_ns())
        _audit(actor, "delivery.accept", contract_no, {})


def let_weighed_goods_leave(until_ns: int, limit: int = 500) -> int:
    """For the clock: a weigh-out nobody recorded the exit of counts as left; how many."""
    from settlement.locks import locked_due_deliveries

    with transaction.atomic():
        deliveries = locked_due_deliveries(until_ns, [DeliveryStage.WEIGHED_OUT], limit)
        for delivery in deliveries:
            assert delivery.next_due_ns is not None
            _leave(delivery, "clock", delivery.next_due_ns)
    return len(deliveries)


def _of_buyer(contract_no: str, account_no: int) -> Delivery:
    """The delivery, locked, for its buyer. Raises NotFound for what does not exist or is not theirs."""
    delivery = locked_delivery(contract_no)
    if delivery.buyer_no != account_no:
        raise NotFound(detail=contract_no)
    return delivery


def _audit(actor: Actor, action: str, contract_no: str, facts: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, subject=f"contract:{contract_no}", after=facts)
