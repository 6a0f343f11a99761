"""Changing the markets: varieties, products, sessions, calls, halts, trading rules, reference prices, fees.

Each change is one transaction: the row, its audit entry, and the command that tells the floor, through the
outbox. What a session, a call or a halt does to a product is one row of PhaseChange, with who and why; these
are in ``sessions``.
"""

from dataclasses import asdict
from datetime import date

from django.db import IntegrityError, transaction
from simple_history.utils import update_change_reason

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadPrice
from exchange.kernel.ids import next_number
from exchange.markets.desks import tell_desk
from exchange.markets.errors import DuplicateProduct, ProductNotClosed
from exchange.markets.locks import lock_open_session, lock_product
from exchange.markets.models import FeeSchedule, Product, ProductRules, Variety
from exchange.markets.selectors import fees_for, product_by_code
from exchange.markets.sessions import (
    begin_call,
    check_reason,
    close_session,
    end_call,
    end_trading,
    floor_answered,
    follow_volatility_call,
    halt,
    open_session,
    resume,
)
from exchange.markets.types import (
    ALL_MODES,
    CHOICES_OF_PAYMENTS,
    MAX_VOLATILITY_BPS,
    NewProduct,
    ProductRow,
    ProductStatus,
    TradingRules,
    band,
    volatility_fen,
)
from exchange.members import services as members
from exchange.members.selectors import list_members
from matching.types import BASIS, MAX_PRICE, Command, CommandKind, Phase
from warehouse_receipts.types import VarietyGroup

__all__ = [
    "add_variety",
    "apply_fees",
    "begin_call",
    "close_session",
    "define_fees",
    "define_product",
    "delist_product",
    "end_call",
    "floor_answered",
    "follow_volatility_call",
    "halt",
    "open_session",
    "resume",
    "set_reference_price",
    "set_trading_rules",
]

MAX_TICK_FEN = 1_000
"""Ten yuan per kg."""

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
    _check_rules(new.rules)
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
                **asdict(new.rules),
            )
            _tell_product(product)
            _tell_rules(product, actor, "上市")
            tell_desk(product)
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
    check_reason(reason)
    product = lock_product(code)
    before, product.reference_price = product.reference_price, price
    if before != price:
        product.save(update_fields=["reference_price"])
        update_change_reason(product, reason)
        _tell_product(product)
        _tell_rules(product, actor, reason)
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
def set_trading_rules(*, actor: Actor, code: str, rules: TradingRules, reason: str) -> ProductRow:
    """Makes the next version of how a product trades. Raises ProductNotClosed, BadParameter."""
    _check_rules(rules)
    check_reason(reason)
    product = lock_product(code)
    if product.phase != Phase.CLOSED or product.desk_open:
        raise ProductNotClosed(product=code)
    before = product_by_code(code).rules
    if before != rules:
        product.tick_fen, product.tie_rule = rules.tick_fen, rules.tie_rule
        product.volatility_bps, product.modes = rules.volatility_bps, rules.modes
        product.payments = rules.payments
        product.save(update_fields=["tick_fen", "tie_rule", "volatility_bps", "modes", "payments"])
        update_change_reason(product, reason)
        _tell_rules(product, actor, reason)
        if (before.modes, before.payments) != (rules.modes, rules.payments):
            tell_desk(product)
        audit.record(
            actor=actor,
            action="product.set_trading_rules",
            subject=f"product:{code}",
            reason=reason,
            before=asdict(before),
            after=asdict(rules),
        )
    return product_by_code(code)


@transaction.atomic
def delist_product(*, actor: Actor, code: str, reason: str) -> None:
    """Ends trading in a product for good, at the end of its crop; its open orders are cancelled."""
    check_reason(reason)
    session = lock_open_session()
    product = lock_product(code)
    if product.status == ProductStatus.DELISTED:
        return
    end_trading(product, session, actor, reason)
    product.status = ProductStatus.DELISTED
    product.save(update_fields=["status"])
    update_change_reason(product, reason)
    audit.record(actor=actor, action="product.delist", subject=f"product:{code}", reason=reason)


def _check_price(price: int) -> None:
    if not 0 < price <= MAX_PRICE:
        raise BadPrice


def _check_rules(rules: TradingRules) -> None:
    if not 0 < rules.tick_fen <= MAX_TICK_FEN:
        raise BadParameter(name="tick_fen")
    if not 0 <= rules.volatility_bps <= MAX_VOLATILITY_BPS:
        raise BadParameter(name="volatility_bps")
    if not 0 < rules.modes <= ALL_MODES:
        raise BadParameter(name="modes")
    if rules.payments not in CHOICES_OF_PAYMENTS:
        raise BadParameter(name="payments")


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


def _tell_rules(product: Product, actor: Actor, reason: str) -> None:
    """The next version of the rules, kept and told. The reference price is part of it."""
    version = ProductRules.objects.filter(product=product).count() + 1
    rules = {"tick_fen": product.tick_fen, "tie_rule": product.tie_rule}
    ProductRules.objects.create(
        product=product,
        version=version,
        volatility_bps=product.volatility_bps,
        modes=product.modes,
        payments=product.payments,
        reference_price=product.reference_price,
        reason=reason,
        created_by=actor.name,
        created_at=calendar.now(),
        **rules,
    )
    command = Command(
        kind=CommandKind.RULES,
        product=product.number,
        price=product.reference_price,
        quantity=volatility_fen(product.reference_price, product.volatility_bps),
        amount=product.tick_fen,
        flags=product.tie_rule,
    )
    outbox.enqueue(command, f"rules:{product.number}:{version}")


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
