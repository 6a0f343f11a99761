"""Changing the markets: varieties, products, sessions, halts, reference prices, fees.

Each change is one transaction: the row, its audit entry, and the command that tells the floor, through the
outbox. What a session or a halt does to a product is one row of PhaseChange, with who and why.
"""

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from simple_history.utils import update_change_reason

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadPrice
from exchange.kernel.ids import next_number
from exchange.markets.errors import (
    AlreadyHalted,
    DuplicateProduct,
    NoOpenSession,
    NotHalted,
    SessionAlreadyOpen,
)
from exchange.markets.locks import lock_listed_products, lock_open_session, lock_product
from exchange.markets.models import FeeSchedule, PhaseChange, Product, TradingSession, Variety
from exchange.markets.selectors import fees_for, product_by_code
from exchange.markets.types import (
    PHASE_TRANSITIONS,
    PHASE_WORDS,
    NewProduct,
    ProductRow,
    ProductStatus,
    SessionState,
    band,
)
from exchange.members import services as members
from exchange.members.selectors import list_members
from matching.types import BASIS, MAX_PRICE, Command, CommandKind, Phase
from warehouse_receipts.types import VarietyGroup

# Products --------------------------------------------------------------------------------------------


@transaction.atomic
def add_variety(
    *,
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    group: VarietyGroup,
    colour_zh: str,
    shelf_life_days: int | None = None,
) -> None:
    """Adds a variety products can be made of."""
    Variety.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        group=group,
        colour_zh=colour_zh,
        shelf_life_days=shelf_life_days,
    )
    audit.record(
        actor=actor,
        action="variety.add",
        subject=f"variety:{code}",
        after={"name": name_zh, "group": group.value},
    )


def define_product(*, actor: Actor, new: NewProduct) -> ProductRow:
    """Gives a product its number and tells the floor; it trades from the next session on.

    Raises DuplicateProduct, BadPrice, BadParameter.
    """
    _check_price(new.reference_price)
    variety = Variety.objects.filter(code=new.variety_code).first()
    if variety is None:
        raise BadParameter(name="variety_code")
    try:
        with transaction.atomic():
            product = Product.objects.create(
                number=next_number("product"),
                code=new.code,
                name_zh=new.name_zh,
                name_en=new.name_en,
                pinyin=new.pinyin,
                variety=variety,
                bagging=new.bagging,
                size_mm=new.size_mm,
                grade=new.grade,
                county=new.county,
                crop_year=new.crop_year,
                store_type=new.store_type,
                reference_price=new.reference_price,
                premium_discount_fen=new.premium_discount_fen,
                is_base=new.is_base,
                band_bps=new.band_bps,
                step_kg=new.step_kg,
                min_kg=new.min_kg,
                resale_lock_days=new.resale_lock_days,
            )
            _tell_product(product)
            audit.record(
                actor=actor,
                action="product.define",
                subject=f"product:{new.code}",
                after={
                    "number": product.number,
                    "name": new.name_zh,
                    "reference_price": new.reference_price,
                },
            )
    except IntegrityError as error:
        raise DuplicateProduct(product=new.code) from error
    return product_by_code(new.code)


@transaction.atomic
def set_reference_price(*, actor: Actor, code: str, price: int, reason: str) -> ProductRow:
    """Moves the reference price, and with it the band the floor accepts from the next order on."""
    _check_price(price)
    _check_reason(reason)
    product = lock_product(code)
    before, product.reference_price = product.reference_price, price
    if before != price:
        product.save(update_fields=["reference_price"])
        update_change_reason(product, reason)
        _tell_product(product)
        audit.record(
            actor=actor,
            action="product.set_reference_price",
            subject=f"product:{code}",
            reason=reason,
            before={"reference_price": before},
            after={"reference_price": price},
        )
    return product_by_code(code)


@transaction.atomic
def delist_product(*, actor: Actor, code: str, reason: str) -> None:
    """Ends trading in a product for good, at the end of its crop; its open orders are cancelled."""
    _check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if product.status == ProductStatus.DELISTED:
        return
    if product.phase != Phase.CLOSED:
        _change_phases([product], Phase.CLOSED, session, actor, reason)
    product.status = ProductStatus.DELISTED
    product.save(update_fields=["status"])
    update_change_reason(product, reason)
    audit.record(actor=actor, action="product.delist", subject=f"product:{code}", reason=reason)


def _check_price(price: int) -> None:
    if not 0 < price <= MAX_PRICE:
        raise BadPrice


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadParameter(name="reason")


def _tell_product(product: Product) -> None:
    low, high = band(product.reference_price, product.band_bps)
    command = Command(
        kind=CommandKind.PRODUCT,
        product=product.number,
        price=low,
        quantity=min(high, MAX_PRICE),
        amount=product.step_kg,
        order_id=product.min_kg,
    )
    telling = next_number(f"product:{product.number}")
    outbox.enqueue(command, f"product:{product.number}:{telling}")


# Sessions and halts ----------------------------------------------------------------------------------


@transaction.atomic
def open_session(*, actor: Actor, reason: str) -> int:
    """Opens trading in every listed product (a halted one opens halted); returns the session's id.

    Raises SessionAlreadyOpen.
    """
    _check_reason(reason)
    if lock_open_session() is not None:
        raise SessionAlreadyOpen
    products = lock_listed_products()
    now = calendar.now()
    session = TradingSession.objects.create(
        day=now.date(),
        number=TradingSession.objects.filter(day=now.date()).count() + 1,
        opened_at=now,
        opened_by=actor.name,
        open_reason=reason,
    )
    _change_phases([p for p in products if not p.halted], Phase.CONTINUOUS, session, actor, reason)
    _change_phases([p for p in products if p.halted], Phase.HALTED, session, actor, reason)
    audit.record(actor=actor, action="session.open", subject=f"session:{session}", reason=reason)
    return session.pk


@transaction.atomic
def close_session(*, actor: Actor, reason: str) -> int:
    """Closes trading in every product; the floor cancels what is open. Raises NoOpenSession."""
    _check_reason(reason)
    session = lock_open_session()
    if session is None:
        raise NoOpenSession
    open_products = [p for p in lock_listed_products() if p.phase != Phase.CLOSED]
    session.state = SessionState.CLOSED
    session.closed_at = calendar.now()
    session.closed_by, session.close_reason = actor.name, reason
    session.save(update_fields=["state", "closed_at", "closed_by", "close_reason"])
    _change_phases(open_products, Phase.CLOSED, session, actor, reason)
    audit.record(actor=actor, action="session.close", subject=f"session:{session}", reason=reason)
    return session.pk


@transaction.atomic
def halt(*, actor: Actor, code: str, reason: str) -> None:
    """Stops trading in one product until it is resumed; its orders stay in the book. Raises AlreadyHalted."""
    _check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if product.halted:
        raise AlreadyHalted(product=code)
    Product.objects.filter(pk=product.pk).update(halted=True)
    if session is not None and product.phase == Phase.CONTINUOUS:
        _change_phases([product], Phase.HALTED, session, actor, reason)
    audit.record(actor=actor, action="product.halt", subject=f"product:{code}", reason=reason)


@transaction.atomic
def resume(*, actor: Actor, code: str, reason: str) -> None:
    """Ends a halt; the product trades on if a session is open. Raises NotHalted."""
    _check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if not product.halted:
        raise NotHalted(product=code)
    Product.objects.filter(pk=product.pk).update(halted=False)
    if session is not None and product.phase == Phase.HALTED:
        _change_phases([product], Phase.CONTINUOUS, session, actor, reason)
    audit.record(actor=actor, action="product.resume", subject=f"product:{code}", reason=reason)


def _change_phases(
    products: Iterable[Product], phase: Phase, session: TradingSession | None, actor: Actor, reason: str
) -> None:
    """Takes products to a phase: their rows, their history and one command each for the floor."""
    changed = list(products)
    for product in changed:
        assert phase in PHASE_TRANSITIONS[Phase(product.phase)], (
            f"{product} cannot go to {PHASE_WORDS[phase]}"
        )
    Product.objects.filter(number__in=[p.number for p in changed]).update(phase=phase)
    now = calendar.now()
    rows = PhaseChange.objects.bulk_create(
        PhaseChange(product=product, session=session, phase=phase, reason=reason, actor=actor.name, at=now)
        for product in changed
    )
    outbox.enqueue_many(
        (
            Command(kind=CommandKind.PHASE, product=row.product_id, flags=phase),
            f"phase:{row.product_id}:{row.pk}",
        )
        for row in rows
    )


# Fees ------------------------------------------------------------------------------------------------


@transaction.atomic
def define_fees(
    *,
    actor: Actor,
    effective_from: date,
    buyer_bps: int,
    seller_bps: int,
    grower_bps: int,
    deposit_bps: int,
) -> int:
    """Makes the next version of the fees and returns its number; `apply_fees` brings it to the members."""
    if any(not 0 <= rate <= BASIS for rate in (buyer_bps, seller_bps, grower_bps, deposit_bps)):
        raise BadParameter(name="bps")
    version = next_number("fee_schedule")
    rates = {
        "buyer_bps": buyer_bps,
        "seller_bps": seller_bps,
        "grower_bps": grower_bps,
        "deposit_bps": deposit_bps,
    }
    FeeSchedule.objects.create(
        version=version,
        effective_from=effective_from,
        created_by=actor.name,
        created_at=calendar.now(),
        **rates,
    )
    audit.record(
        actor=actor,
        action="fees.define",
        subject=f"fees:{version}",
        after={"effective_from": effective_from.isoformat(), **rates},
    )
    return version


def apply_fees(*, actor: Actor, day: date, reason: str) -> None:
    """Gives every member the rates in force on a day, where they differ. Run daily, before the session."""
    cursor = None
    while True:
        page = list_members(cursor=cursor, limit=500)
        for member in page.rows:
            members.set_fees(actor=actor, code=member.code, fees=fees_for(member.kind, day), reason=reason)
        cursor = page.next_cursor
        if cursor is None:
            return
