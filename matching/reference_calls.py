"""Phases and calls: PHASE, UNCROSS, and what a close leaves. The rules: ``matching/reference.py``."""

from matching.call_auction import Interest, Uncrossing, uncross
from matching.reference_checks import check_day, known_product, refuse_if
from matching.reference_events import Events
from matching.reference_matching import drop_resting, trade
from matching.reference_state import BookSide, Product, State
from matching.types import CALL_PHASES, MAX_PRICE, Command, Phase, Reason

COMMANDED = frozenset(Phase) - {Phase.VOLATILITY}
"""Phases a PHASE may ask for; a volatility call begins by itself."""

AFTER_A_CALL = frozenset({Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED})
"""Phases an UNCROSS may lead to."""


def change_phase(state: State, events: Events, command: Command) -> None:
    """A product's phase changes; nothing trades by it."""
    product = known_product(state, command.product)
    refuse_if(command.flags not in COMMANDED, Reason.BAD_PARAMETER)
    check_day(command.amount)
    refuse_if(command.flags == Phase.CONTINUOUS and product.crossed, Reason.CROSSED_BOOK)
    product.phase = Phase(command.flags)
    events.applied(command)
    if product.phase == Phase.CLOSED:
        close(state, events, product, command.amount)


def end_call(state: State, events: Events, command: Command) -> None:
    """A call ends: what can trade trades at one price, and the next phase begins."""
    product = known_product(state, command.product)
    refuse_if(product.phase not in CALL_PHASES, Reason.NOT_IN_CALL)
    refuse_if(command.flags not in AFTER_A_CALL, Reason.BAD_PARAMETER)
    refuse_if(not 0 <= command.price <= MAX_PRICE, Reason.BAD_PARAMETER)
    check_day(command.amount)
    reference = command.price or product.reference
    found = call_price(product, reference)
    product.phase = Phase(command.flags)
    events.uncrossed(product, reference, found)
    if found is not None:
        allocate(state, events, product, found)
        product.reference = found.price
    if product.phase == Phase.CLOSED:
        close(state, events, product, command.amount)


def call_price(product: Product, reference: int) -> Uncrossing | None:
    """The price a call would find in the book as it is; None if nothing could trade."""
    return uncross(
        interests(product.bids),
        interests(product.asks),
        rule=product.tie_rule,
        reference=reference,
        tick=product.tick,
    )


def interests(side: BookSide) -> list[Interest]:
    """What one side of the book wants, best first."""
    return [Interest(order.price, order.remaining) for order in side]


def allocate(state: State, events: Events, product: Product, found: Uncrossing) -> None:
    """First buy with first sell, by price and time, until the call's volume is done."""
    left = found.executed
    while left > 0:
        buy, sell = product.bids.first(), product.asks.first()
        assert buy is not None
        assert sell is not None
        kg = min(buy.remaining, sell.remaining, left)
        trade(state, events, buy, sell, price=found.price, kg=kg, reason=Reason.CALL)
        left -= kg


def close(state: State, events: Events, product: Product, day: int) -> None:
    """Orders that end with the session or the day leave the book; without a day all do."""
    for order in list(product.open_orders()):
        if day == 0 or order.expires == 0:
            drop_resting(state, events, order, Reason.SESSION_END)
        elif order.expires <= day:
            drop_resting(state, events, order, Reason.EXPIRED)
