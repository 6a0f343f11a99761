"""What the pickups of receipts mean for the contracts their goods were bought under.

The register knows trucks, codes and scales, and from the chain of title which kilograms of a load came from
which trade; whoever knows both (``exchange.ops.pickups``) tells it here, in the transaction of the register:

    pickup_booked → goods_loaded (each time the scale is read) → goods_left | pickup_cancelled

A pickup may fetch goods of several contracts, and a contract be fetched by several trucks. Of each pickup the
goods over or short are paid once, at the contract's price, when the truck leaves, or before that when the
contract ends. A contract that is over is not touched any more: what its buyer fetches then is its own.

Goods the buyer sold on are not fetched under this contract: passing the receipt on is taking them, at the
weight the receipt stands for, and the contract ends by acceptance or silence like any other.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_DAY, day_bounds_ns, now_ns
from settlement.accounts import cash_of
from settlement.amended import delivery_until, over_short_bps, release_day
from settlement.charges import Leg, ask
from settlement.credit import record_contracts
from settlement.cushion import pay_buyer
from settlement.errors import GoodsContested, GoodsUnpaid, OverTolerance
from settlement.lives import OPEN_STAGES, step
from settlement.locks import locked_deliveries, locked_due_deliveries
from settlement.models import Contract, ContractPickup, Delivery
from settlement.terms import NS_PER_HOUR, silence_ns, terms_of
from settlement.types import DeliveryStage, PickupShareState, TransferKind

CONTESTED = (DeliveryStage.CLAIMED, DeliveryStage.DISPUTED)


class LoadedShare(NamedTuple):
    """Kilograms of a load that came from one trade: what the receipt stood for, and what the scale said."""

    trade_id: int
    kg: int
    weighed_kg: int


class ShareRow(NamedTuple):
    """What one pickup fetched of one contract."""

    trade_id: int
    contract_no: str
    pickup_no: str
    seller_no: int
    buyer_no: int
    price_fen: int
    state: str
    kg: int
    weighed_kg: int
    over_short_fen: int
    """Paid by the buyer (+) or to it (−) for this pickup so far."""
    booked_at_ns: int


def pickup_booked(
    *, actor: Actor, pickup_no: str, trade_ids: Sequence[int], plate: str, person: str, at_ns: int
) -> None:
    """提货通知: a pickup was asked for that fetches goods of these trades at an instant.

    In the caller's transaction. Raises GoodsUnpaid, GoodsContested.
    """
    now = now_ns()
    for delivery in _open(locked_deliveries(trade_ids)):
        _check_may_leave(delivery)
        _share(delivery, pickup_no, now)
        if delivery.stage == DeliveryStage.TITLED:
            step(delivery, "book_pickup", actor=actor.name, at_ns=now, why=f"{pickup_no} {plate}")
        delivery.pickup_plate, delivery.pickup_person, delivery.pickup_at_ns = plate, person, at_ns
        if delivery.stage == DeliveryStage.PICKUP_BOOKED:
            delivery.next_due_ns = due_ns(delivery)
        delivery.save()
        _audit(actor, "pickup.book", delivery.contract_no, {"pickup": pickup_no})


def pickup_cancelled(*, actor: Actor, pickup_no: str) -> None:
    """A pickup will fetch nothing: called off, or the market kept the goods. Told twice, it is told once."""
    now = now_ns()
    for delivery in _of_pickup(pickup_no):
        row = delivery.pickups.get(pickup_no=pickup_no)
        if row.state != PickupShareState.OPEN:
            continue
        _end(row, PickupShareState.CANCELLED, now)
        if delivery.stage == DeliveryStage.PICKUP_BOOKED and not _others(delivery):
            step(delivery, "cancel_pickup", actor=actor.name, at_ns=now, why=pickup_no)
            delivery.pickup_plate = delivery.pickup_person = ""
            delivery.pickup_at_ns = None
            delivery.next_due_ns = due_ns(delivery)
            delivery.save()


def goods_loaded(*, actor: Actor, pickup_no: str, shares: Sequence[LoadedShare]) -> None:
    """出库过磅: the scale was read for goods of these trades.

    Raises GoodsUnpaid, GoodsContested (they stay in the store), OverTolerance.
    """
    now = now_ns()
    by_trade = {share.trade_id: share for share in shares}
    assert len(by_trade) == len(shares)
    for delivery in _open(locked_deliveries(by_trade)):
        _check_may_leave(delivery)
        share, row = by_trade[delivery.pk], _share(delivery, pickup_no, now)
        most_kg = share.kg - (-share.kg * over_short_bps(delivery) // 10_000)
        if share.weighed_kg > most_kg:
            raise OverTolerance(net_kg=share.weighed_kg, most_kg=most_kg)
        row.kg += share.kg
        row.weighed_kg += share.weighed_kg
        row.save(update_fields=["kg", "weighed_kg"])
        why = f"{pickup_no} {share.weighed_kg} kg"
        if delivery.stage == DeliveryStage.TITLED:
            step(delivery, "book_pickup", actor=actor.name, at_ns=now, why=pickup_no)
            delivery.save(update_fields=["stage"])
        if delivery.stage == DeliveryStage.PICKUP_BOOKED:
            step(delivery, "weigh_out", actor=actor.name, at_ns=now, why=why)
        delivery.net_kg = (delivery.net_kg or 0) + share.weighed_kg
        delivery.weighed_at_ns = now
        if delivery.stage == DeliveryStage.WEIGHED_OUT:
            hours = terms_of(delivery.contract.rulebook_version).exit_hours
            delivery.next_due_ns = now + hours * NS_PER_HOUR
        delivery.save()
        _audit(actor, "delivery.weigh_out", delivery.contract_no, share._asdict())


def goods_left(*, actor: Actor, pickup_no: str, waiting_kg: Mapping[int, int]) -> None:
    """The truck is past the gate: what it took over or short is paid, hidden defects can be claimed.

    waiting_kg: by trade, what of the contract's goods its buyer still has in the store. With some left the
    delivery waits for the next truck.
    """
    now = now_ns()
    for delivery in _of_pickup(pickup_no):
        row = delivery.pickups.get(pickup_no=pickup_no)
        if row.state != PickupShareState.OPEN:
            continue
        settle_weight(delivery, row, actor=actor.name, at_ns=now)
        _end(row, PickupShareState.LEFT if row.kg else PickupShareState.CANCELLED, now)
        if row.kg:
            delivery.left_at_ns = now
        if delivery.stage in (DeliveryStage.WEIGHED_OUT, DeliveryStage.PICKUP_BOOKED):
            _go_on(delivery, waiting_kg.get(delivery.pk, 0), actor.name, now, pickup_no)
        elif delivery.stage == DeliveryStage.DEPARTED:
            delivery.next_due_ns = due_ns(delivery)
        delivery.save()
        if now > day_bounds_ns(delivery_until(delivery))[1]:
            record_contracts([delivery])
        _audit(actor, "delivery.leave", delivery.contract_no, {"pickup": pickup_no, "kg": row.weighed_kg})


def _go_on(delivery: Delivery, waiting_kg: int, actor: str, now: int, why: str) -> None:
    """Where a delivery stands when a truck has left: gone, at the scale, booked again, or waiting."""
    others = _others(delivery)
    if any(row.kg for row in others):
        return
    if delivery.stage == DeliveryStage.PICKUP_BOOKED:
        if not others:
            step(delivery, "cancel_pickup", actor=actor, at_ns=now, why=why)
    elif waiting_kg or others:
        step(delivery, "leave_in_part", actor=actor, at_ns=now, why=f"{why}, {waiting_kg} kg")
        if others:
            delivery.save(update_fields=["stage"])
            step(delivery, "book_pickup", actor=actor, at_ns=now, why=others[0].pickup_no)
    else:
        step(delivery, "leave", actor=actor, at_ns=now, why=why)
    delivery.next_due_ns = due_ns(delivery)


def weight_corrected(*, actor: Actor, pickup_no: str, correction_no: str, shares: Mapping[int, int]) -> None:
    """A weight was wrong: kg the scale should have said more (+) or less (−), by trade.

    What was paid stands; the difference is paid as an entry of its own, under the correction's number. A
    truck not yet gone is paid for as a whole when it goes.
    """
    now = now_ns()
    for delivery in _of_pickup(pickup_no):
        row = delivery.pickups.get(pickup_no=pickup_no)
        more = shares.get(delivery.pk, 0)
        if not more or not row.kg:
            continue
        row.weighed_kg += more
        row.save(update_fields=["weighed_kg"])
        delivery.net_kg = (delivery.net_kg or 0) + more
        if row.state == PickupShareState.LEFT:
            settle_weight(delivery, row, actor=actor.name, at_ns=now, again=correction_no)
        delivery.save()
        if delivery.stage == DeliveryStage.COMPLETED:
            record_contracts([delivery], because=correction_no)
        _audit(actor, "delivery.correct_weight", delivery.contract_no, {"pickup": pickup_no, "kg": more})


def settle_weight(
    delivery: Delivery, row: ContractPickup, *, actor: str, at_ns: int, again: str = ""
) -> None:
    """溢短: pays what a pickup took over or short and was not paid yet; the caller saves the delivery.

    again tells one payment for a pickup from the next.
    """
    contract = delivery.contract
    fen = (row.weighed_kg - row.kg) * contract.price_fen - row.over_short_fen
    if not fen or contract.buyer_no == contract.seller_no:
        return
    row.over_short_fen += fen
    row.save(update_fields=["over_short_fen"])
    delivery.over_short_fen += fen
    key = f"over_short:{contract.contract_no}:{row.pickup_no}" + (f":{again}" if again else "")
    if fen < 0 and delivery.stage in OPEN_STAGES:
        pay_buyer(delivery, -fen, TransferKind.OVER_SHORT, key=key, at_ns=at_ns, actor=actor)
    else:
        _charge(contract, fen, key, at_ns, actor)


def _charge(contract: Contract, fen: int, key: str, at_ns: int, actor: str) -> None:
    """Asks the buyer for what is over (+), the seller for what is short (−)."""
    payer, payee = contract.buyer_no, contract.seller_no
    if fen < 0:
        payer, payee = payee, payer
    ask(
        key=key,
        account_no=payer,
        legs=[Leg(cash_of(payee), abs(fen), TransferKind.OVER_SHORT)],
        reference=f"trade:{contract.trade_id}",
        at_ns=at_ns,
        contract_no=contract.contract_no,
        actor=actor,
    )


def settle_weights(deliveries: Sequence[Delivery], *, actor: str, at_ns: int) -> None:
    """Pays for loads on trucks not yet gone, before contracts end; the deliveries are saved."""
    at_scale = [each for each in deliveries if each.stage in (DeliveryStage.WEIGHED_OUT, *CONTESTED)]
    for delivery in at_scale:
        for row in delivery.pickups.filter(state=PickupShareState.OPEN, kg__gt=0):
            settle_weight(delivery, row, actor=actor, at_ns=at_ns, again="end")
        delivery.save(update_fields=["over_short_fen", "deposit_used_fen"])


# For the clock -----------------------------------------------------------------------------------------


def forgotten_pickups(until_ns: int, limit: int = 100) -> list[str]:
    """Pickups with goods on the scale whose gate pass nobody wrote in time."""
    rows = ContractPickup.objects.filter(
        state=PickupShareState.OPEN,
        kg__gt=0,
        delivery__stage=DeliveryStage.WEIGHED_OUT,
        delivery__next_due_ns__lte=until_ns,
    )
    return list(dict.fromkeys(rows.order_by("pk").values_list("pickup_no", flat=True)[:limit]))


def let_weighed_goods_leave(until_ns: int, limit: int = 500) -> int:
    """Deliveries still at the scale though no truck of theirs is (a claim was withdrawn) have left; how many.

    In the caller's transaction.
    """
    gone = 0
    for delivery in locked_due_deliveries(until_ns, [DeliveryStage.WEIGHED_OUT], limit):
        if any(row.kg for row in _others(delivery)):
            continue
        assert delivery.next_due_ns is not None
        at_ns = delivery.left_at_ns or delivery.next_due_ns
        step(delivery, "leave", actor="clock", at_ns=delivery.next_due_ns)
        delivery.left_at_ns = at_ns
        delivery.next_due_ns = due_ns(delivery)
        delivery.save(update_fields=["stage", "left_at_ns", "next_due_ns"])
        gone += 1
    return gone


# Deadlines and reading ------------------------------------------------------------------------------


def hidden_until_ns(delivery: Delivery) -> int:
    """Until when hidden defects can be claimed, once the goods (or the last part so far) have left."""
    assert delivery.left_at_ns is not None
    return delivery.left_at_ns + terms_of(delivery.contract.rulebook_version).hidden_hours * NS_PER_HOUR


def due_ns(delivery: Delivery) -> int:
    """When the clock looks at a delivery before acceptance, by its stage."""
    if delivery.stage == DeliveryStage.DEPARTED:
        return hidden_until_ns(delivery)
    moments = [silence_ns(release_day(delivery))]
    if delivery.left_at_ns is not None:
        moments.append(hidden_until_ns(delivery))
    if delivery.stage == DeliveryStage.PICKUP_BOOKED and delivery.pickup_at_ns is not None:
        moments.append(delivery.pickup_at_ns + NS_PER_DAY)
    return max(moments)


def shares_of(*, pickup_no: str = "", trade_id: int | None = None) -> list[ShareRow]:
    """What a pickup fetched, or what was fetched of a trade's contract, oldest first."""
    rows = ContractPickup.objects.select_related("delivery__contract").order_by("pk")
    rows = rows.filter(pickup_no=pickup_no) if pickup_no else rows.filter(delivery_id=trade_id)
    return [
        ShareRow(
            trade_id=row.delivery_id,
            contract_no=row.delivery.contract_no,
            pickup_no=row.pickup_no,
            seller_no=row.delivery.seller_no,
            buyer_no=row.delivery.buyer_no,
            price_fen=row.delivery.contract.price_fen,
            state=row.state,
            kg=row.kg,
            weighed_kg=row.weighed_kg,
            over_short_fen=row.over_short_fen,
            booked_at_ns=row.booked_at_ns,
        )
        for row in rows
    ]


def _open(deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if delivery.stage in OPEN_STAGES]


def _of_pickup(pickup_no: str) -> list[Delivery]:
    rows = ContractPickup.objects.filter(pickup_no=pickup_no)
    return locked_deliveries(rows.values_list("delivery_id", flat=True))


def _others(delivery: Delivery) -> list[ContractPickup]:
    return list(delivery.pickups.filter(state=PickupShareState.OPEN).order_by("pk"))


def _share(delivery: Delivery, pickup_no: str, now: int) -> ContractPickup:
    row, _ = ContractPickup.objects.get_or_create(
        delivery=delivery, pickup_no=pickup_no, defaults={"booked_at_ns": now}
    )
    return row


def _end(row: ContractPickup, state: PickupShareState, now: int) -> None:
    row.state, row.ended_at_ns = state, now
    row.save(update_fields=["state", "ended_at_ns"])


def _check_may_leave(delivery: Delivery) -> None:
    if delivery.stage == DeliveryStage.AWAITING_PAYMENT:
        raise GoodsUnpaid(contract=delivery.contract_no)
    if delivery.stage in CONTESTED:
        raise GoodsContested(contract=delivery.contract_no)


def _audit(actor: Actor, action: str, contract_no: str, facts: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, subject=f"contract:{contract_no}", after=facts)
