"""Test orders: everything an order is checked for, without the order.

The floor tries it between two batches (``matching/trial.py``), so a test is refused with the code the order
would be refused with, and counts against the same rate limit: nobody gets a second, free way to ask.
"""

from typing import Literal

import msgspec

from exchange.kernel.money import format_yuan
from exchange.members.selectors import related_accounts
from exchange.members.types import MemberIdentity
from exchange.trading.queries import TrialAnswer, TrialQuery
from matching.trial import Trial
from matching.types import CALL_PHASES, Reason, Side
from web.ws.codec import Message, Order
from web.ws.order_entry import OrderEntry, refusal
from web.ws.tables import in_tables

NOTE = Message(
    "这只是试算：没有发出任何委托，也没有冻结资金或货物",
    "A test only: no order was sent and nothing is on hold",
)
Outcome = Literal["trades", "trades_in_part", "rests", "cancelled", "waits_for_call"]


class TrialMoney(msgspec.Struct, gc=False):
    """Money of a trade on the member's side, in yuan."""

    amount: str
    """Price times quantity."""
    fee: str
    deposit: str
    """Quality deposit kept back from a seller's proceeds for a while; 0 for a buyer."""
    total: str
    """A buyer pays amount and fee; a seller gets the amount less fee and deposit."""


class TrialHold(msgspec.Struct, gc=False):
    """What the order would hold when it comes in: a purchase funds, a sale goods."""

    funds: str | None
    goods_kg: int | None


class AtOnce(msgspec.Struct, gc=False):
    """What would trade at once, with the book as it is."""

    quantity_kg: int
    money: TrialMoney


class OrderTrial(msgspec.Struct, gc=False):
    """What an order would do if it were placed now. Nothing was sent."""

    sent: Literal[False]
    note: Message
    seq: int
    """The market was as after this command."""
    client_order_id: str
    client_order_id_used: bool
    """An order with this id was placed before: placing it again would only give that one's result."""
    outcome: Outcome
    reason: str | None
    """Why what did not trade would be cancelled."""
    hold: TrialHold
    worst: TrialMoney
    """The most a purchase can cost, or the least a sale brings if all of it trades."""
    best_price: str | None
    """Best price of the other side now."""
    at_once: AtOnce
    """At least; more only where orders of the member's own party stand among others at one price."""
    rest_kg: int
    rest_price: str | None
    own_orders: int
    """Open orders of the member or its related parties it would cancel or make smaller."""
    volatility_call: bool
    """Whether it would bring about a volatility call."""


async def order_trial(entry: OrderEntry, member: MemberIdentity, order: Order) -> OrderTrial:
    """Try an order. Raises the JinguoError that would refuse it."""
    command = entry.checked_order(member, order)
    related = await in_tables(related_accounts, member.account_no)
    answer = await entry.try_order(TrialQuery(command, order.client_order_id, related))
    if answer.trial.refused:
        raise refusal(answer.trial.refused)
    return told(answer, order)


def told(answer: TrialAnswer, order: Order) -> OrderTrial:
    """The answer as the client sees it."""
    found, buys = answer.trial, order.side == Side.BUY.name.lower()
    return OrderTrial(
        sent=False,
        note=NOTE,
        seq=answer.seq,
        client_order_id=order.client_order_id,
        client_order_id_used=answer.client_id_used,
        outcome=_outcome(found),
        reason=found.ended.name.lower() if found.ended else None,
        hold=TrialHold(format_yuan(found.hold) if buys else None, None if buys else found.hold),
        worst=_money(found.worst_amount, found.worst_fee, found.worst_deposit, buys=buys),
        best_price=_price(found.best_price),
        at_once=AtOnce(
            found.traded_kg,
            _money(found.traded_amount, found.traded_fee, found.traded_deposit, buys=buys),
        ),
        rest_kg=found.rest_kg,
        rest_price=_price(found.rest_price),
        own_orders=found.own_orders,
        volatility_call=found.volatility,
    )


def _outcome(found: Trial) -> Outcome:
    if found.phase in CALL_PHASES:
        return "waits_for_call"
    if found.traded_kg:
        return "trades_in_part" if found.rest_kg or found.ended != Reason.NONE else "trades"
    return "rests" if found.rest_kg else "cancelled"


def _money(amount: int, fee: int, deposit: int, *, buys: bool) -> TrialMoney:
    total = amount + fee if buys else amount - fee - deposit
    return TrialMoney(format_yuan(amount), format_yuan(fee), format_yuan(deposit), format_yuan(total))


def _price(price: int) -> str | None:
    return format_yuan(price) if price else None
