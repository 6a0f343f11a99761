"""Sessions, calls and halts: which phase each product is in, told to the floor and kept with who and why.

The phase in the tables is what the floor was last told, in the order of the outbox, with one exception: a
volatility call begins on the floor itself, and the projector brings it here (`follow_volatility_call`).

A call leaves a book in which orders could trade with each other, and continuous trading cannot begin before
they have. So a call ends by UNCROSS; a product halted in a call resumes in a call; and where a crossed book
was left after all (halted in a call and closed, good-till-date orders of it met the next direct opening), the
floor refuses CONTINUOUS and `floor_answered` tells it to uncross first.

A session opens what a product has: its desk, and its book with a call, in continuous trading, or not at all.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.desk_errors import ModeOff
from exchange.kernel.errors import BadParameter, NotInCall
from exchange.kernel.money import format_yuan
from exchange.markets.desks import close_desks, open_desks
from exchange.markets.errors import AlreadyHalted, NoOpenSession, NotContinuous, NotHalted, SessionAlreadyOpen
from exchange.markets.locks import lock_listed_products, lock_open_session, lock_product, lock_product_number
from exchange.markets.models import PhaseChange, Product, TradingSession
from exchange.markets.types import (
    BOOK_MODES,
    PHASE_TRANSITIONS,
    PHASE_WORDS,
    Mode,
    ProductStatus,
    SessionState,
)
from matching.types import CALL_PHASES, Command, CommandKind, Phase, Reason

FLOOR = Actor("floor")
"""In whose name a volatility call begins."""

PHASE_REFERENCE = "phase"
"""Kind of the outbox rows that change a phase: ``phase:product:change``."""


def check_reason(reason: str) -> None:
    """Raises BadParameter for an empty reason."""
    if not reason.strip():
        raise BadParameter(name="reason")


# Sessions --------------------------------------------------------------------------------------------


@transaction.atomic
def open_session(*, actor: Actor, reason: str, with_call: bool = False) -> int:
    """Opens every listed product, with a call or at once (a halted one halted); returns the session's id.

    A book that knows only calls opens with one in any case. Orders whose last day is over leave the books
    first. Raises SessionAlreadyOpen.
    """
    check_reason(reason)
    if lock_open_session() is not None:
        raise SessionAlreadyOpen
    products = lock_listed_products()
    now = calendar.now()
    _end_earlier_days(products, now.date())
    session = TradingSession.objects.create(
        day=now.date(),
        number=TradingSession.objects.filter(day=now.date()).count() + 1,
        opened_at=now,
        opened_by=actor.name,
        open_reason=reason,
    )
    open_desks(products)
    opening = Phase.CALL if with_call else Phase.CONTINUOUS
    books = [p for p in products if p.modes & BOOK_MODES]
    for phase in (Phase.CONTINUOUS, Phase.CALL):
        opened = [p for p in books if not p.halted and _opening(p, with_call=with_call) == phase]
        _change_phases(opened, phase, session, actor, reason)
    _change_phases([p for p in books if p.halted], Phase.HALTED, session, actor, reason)
    audit.record(
        actor=actor,
        action="session.open",
        subject=f"session:{session}",
        reason=reason,
        after={"phase": PHASE_WORDS[opening]},
    )
    return session.pk


def _opening(product: Product, *, with_call: bool) -> Phase:
    """How the book of a product that has one opens or goes on."""
    can_call, can_go_on = product.modes & Mode.CALL, product.modes & Mode.CONTINUOUS
    return Phase.CALL if can_call and (with_call or not can_go_on) else Phase.CONTINUOUS


def _end_earlier_days(products: Iterable[Product], today: date) -> None:
    """Orders good until a day before today: its last close may have been forgotten, or a holiday moved."""
    last = TradingSession.objects.order_by("-pk").first()
    if last is None or last.day >= today:
        return
    over = calendar.day_number(today) - 1
    outbox.enqueue_many(
        (
            Command(kind=CommandKind.PHASE, product=p.number, flags=Phase.CLOSED, amount=over),
            f"expiry:{p.number}:{over}:{last.pk}",
        )
        for p in products
    )


@transaction.atomic
def close_session(*, actor: Actor, reason: str, day_ends: bool = True) -> int:
    """Closes every product: a call under way finds its price, orders that end with the session are cancelled.

    Orders good until a later day stay; with day_ends = False (the midday break) those of today do too.
    Raises NoOpenSession.
    """
    check_reason(reason)
    session = lock_open_session()
    if session is None:
        raise NoOpenSession
    products = lock_listed_products()
    close_desks(products)
    open_products = [p for p in products if p.phase != Phase.CLOSED]
    session.state = SessionState.CLOSED
    session.closed_at = calendar.now()
    session.closed_by, session.close_reason = actor.name, reason
    session.save(update_fields=["state", "closed_at", "closed_by", "close_reason"])
    day = calendar.day_number(session.day) - (not day_ends)
    _change_phases(open_products, Phase.CLOSED, session, actor, reason, day=day)
    audit.record(
        actor=actor,
        action="session.close",
        subject=f"session:{session}",
        reason=reason,
        after={"day_ends": day_ends},
    )
    return session.pk


def end_trading(product: Product, session: TradingSession | None, actor: Actor, reason: str) -> list[str]:
    """Ends trading in a locked product for good: every open order is cancelled, whatever its last day.

    Returns the outbox references that tell the floor.
    """
    close_desks([product])
    if product.phase == Phase.CLOSED:
        reference = f"delist:{product.number}"
        outbox.enqueue(_phase_command(product.number, Phase.CLOSED), reference)
        return [reference]
    return _change_phases([product], Phase.CLOSED, session, actor, reason, uncrossing=False)


# Calls -----------------------------------------------------------------------------------------------


@transaction.atomic
def begin_call(*, actor: Actor, code: str, reason: str) -> None:
    """Takes a product from continuous trading into a call. Raises NotContinuous, NoOpenSession, ModeOff."""
    check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if session is None:
        raise NoOpenSession
    if product.phase != Phase.CONTINUOUS:
        raise NotContinuous(product=code)
    if not product.modes & Mode.CALL:
        raise ModeOff
    _change_phases([product], Phase.CALL, session, actor, reason)
    audit.record(actor=actor, action="product.begin_call", subject=f"product:{code}", reason=reason)


@transaction.atomic
def end_call(*, actor: Actor, code: str, reason: str, change_id: int | None = None) -> None:
    """Ends a product's call: what can trade trades at one price; continuous trading follows, if there is any.

    change_id: only if it is still the call that this phase change began. Raises NotInCall.
    """
    check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if product.phase not in CALL_PHASES or change_id not in (None, _last_change(product).pk):
        raise NotInCall(product=code)
    before = PHASE_WORDS[Phase(product.phase)]
    if product.modes & Mode.CONTINUOUS:
        _change_phases([product], Phase.CONTINUOUS, session, actor, reason)
    else:
        today = calendar.day_number(session.day) if session is not None else 0
        _change_phases([product], Phase.CLOSED, session, actor, reason, day=today - 1)
    audit.record(
        actor=actor,
        action="product.end_call",
        subject=f"product:{code}",
        reason=reason,
        before={"phase": before},
    )


@transaction.atomic
def follow_volatility_call(*, product_number: int, price: int, at: datetime) -> None:
    """The floor began a volatility call because an order would have traded at this price, fen/kg.

    A phase the floor was told and has not reached yet will end the call: then it only enters the history.
    """
    session = lock_open_session()
    product = lock_product_number(product_number)
    superseded = outbox.waits(f"{PHASE_REFERENCE}:{product_number}:")
    if not superseded:
        Product.objects.filter(pk=product.pk).update(phase=Phase.VOLATILITY)
    reason = f"将以 {format_yuan(price)} 元/公斤成交，偏离参考价过大"
    row = PhaseChange(
        product=product, session=session, phase=Phase.VOLATILITY, reason=reason, actor=FLOOR.name, at=at
    )
    row.save()
    audit.record(
        actor=FLOOR,
        action="product.volatility_call",
        subject=f"product:{product.code}",
        reason=reason,
        after={"price": price, "superseded": superseded},
    )


def _last_change(product: Product) -> PhaseChange:
    change = PhaseChange.objects.filter(product=product).order_by("-pk").first()
    assert change is not None
    return change


# Halts -----------------------------------------------------------------------------------------------


@transaction.atomic
def halt(*, actor: Actor, code: str, reason: str) -> None:
    """Stops trading in one product until it is resumed; its orders stay in the book. Raises AlreadyHalted."""
    check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if product.halted:
        raise AlreadyHalted(product=code)
    close_desks([product])
    Product.objects.filter(pk=product.pk).update(halted=True)
    if session is not None and product.phase not in (Phase.CLOSED, Phase.HALTED):
        _change_phases([product], Phase.HALTED, session, actor, reason)
    audit.record(actor=actor, action="product.halt", subject=f"product:{code}", reason=reason)


@transaction.atomic
def resume(*, actor: Actor, code: str, reason: str, with_call: bool = False) -> None:
    """Ends a halt: if a session is open the product trades on, in a call if it was halted in one.

    with_call: in a call in any case. Raises NotHalted, ModeOff.
    """
    check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if not product.halted:
        raise NotHalted(product=code)
    if with_call and not product.modes & Mode.CALL:
        raise ModeOff
    Product.objects.filter(pk=product.pk).update(halted=False)
    product.halted = False
    if session is not None and product.status == ProductStatus.LISTED:
        open_desks([product])
    if session is not None and product.phase == Phase.HALTED:
        to_call = _halted_in_call(product, session) or _opening(product, with_call=with_call) == Phase.CALL
        _change_phases([product], Phase.CALL if to_call else Phase.CONTINUOUS, session, actor, reason)
    audit.record(actor=actor, action="product.resume", subject=f"product:{code}", reason=reason)


def _halted_in_call(product: Product, session: TradingSession) -> bool:
    """Whether the phase before the halt, in this session, was a call."""
    changes = PhaseChange.objects.filter(product=product, session=session).exclude(phase=Phase.HALTED)
    before = changes.order_by("-pk").first()
    return before is not None and before.phase in CALL_PHASES


# Telling the floor -----------------------------------------------------------------------------------


def _change_phases(
    products: Iterable[Product],
    phase: Phase,
    session: TradingSession | None,
    actor: Actor,
    reason: str,
    *,
    day: int = 0,
    uncrossing: bool = True,
) -> list[str]:
    """Takes locked products to a phase: their rows, their history and one command each for the floor.

    Returns the outbox references. day: the day that ends with a close. A call gives way to trading or to the
    close by uncrossing.
    """
    changed = list(products)
    for product in changed:
        assert phase in PHASE_TRANSITIONS[Phase(product.phase)], (
            f"{product} cannot go to {PHASE_WORDS[phase]}"
        )
    now = calendar.now()
    rows = PhaseChange.objects.bulk_create(
        PhaseChange(product=product, session=session, phase=phase, reason=reason, actor=actor.name, at=now)
        for product in changed
    )
    told = outbox.enqueue_many(
        (
            _phase_command(row.product_id, phase, day, uncross=uncrossing and _ends_call(row.product, phase)),
            f"{PHASE_REFERENCE}:{row.product_id}:{row.pk}",
        )
        for row in rows
    )
    Product.objects.filter(number__in=[p.number for p in changed]).update(phase=phase)
    return [row.reference for row in told]


def _ends_call(product: Product, phase: Phase) -> bool:
    return product.phase in CALL_PHASES and phase in (Phase.CONTINUOUS, Phase.CLOSED)


def _phase_command(number: int, phase: Phase, day: int = 0, *, uncross: bool = False) -> Command:
    kind = CommandKind.UNCROSS if uncross else CommandKind.PHASE
    return Command(kind=kind, product=number, flags=phase, amount=day)


def floor_answered(reference: str, reason: int) -> bool:
    """The floor's answer to an outbox row, in the projector's transaction; whether anything followed from it.

    A book that was crossed when continuous trading should begin is taken through a call that ends at once.
    """
    kind, _, key = reference.partition(":")
    if kind != PHASE_REFERENCE or reason != Reason.CROSSED_BOOK:
        return False
    number, _, change = key.partition(":")
    product = lock_product_number(int(number))
    if product.phase == Phase.CONTINUOUS and _last_change(product).pk == int(change):
        outbox.enqueue_many(
            [
                (_phase_command(product.number, Phase.CALL), f"{reference}:call"),
                (_phase_command(product.number, Phase.CONTINUOUS, uncross=True), f"{reference}:uncross"),
            ]
        )
        audit.record(actor=FLOOR, action="product.uncross_first", subject=f"product:{product.code}")
    return True
