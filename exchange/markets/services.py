"""Changing the markets: varieties, products, sessions, calls, halts, trading rules, reference prices, fees.

Each change is one transaction: the row, its audit entry, and the command that tells the floor, through the
outbox. What a session, a call or a halt does to a product is one row of PhaseChange, with who and why; these
are in ``sessions``. Rules and limits change in ``changing``, by two people in ``proposals``; fees do
in ``fees`` and ``fee_proposals``.
"""

from dataclasses import asdict

from django.db import IntegrityError, transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.markets import changing, proposals, sessions
from exchange.markets.changing import (
    check_limits,
    check_rules,
    delist_product,
    set_limits,
    set_reference_price,
    set_trading_rules,
    tell_version,
)
from exchange.markets.desks import tell_desk
from exchange.markets.errors import DuplicateProduct
from exchange.markets.fee_proposals import decide_fees, propose_fees, withdraw_fees
from exchange.markets.fees import apply_fees, define_fees
from exchange.markets.models import Product, Variety
from exchange.markets.proposals import decide_change, propose_change, withdraw_change
from exchange.markets.reference_prices import roll_reference
from exchange.markets.selectors import product_by_code
from exchange.markets.sessions import (
    begin_call,
    close_session,
    end_call,
    follow_volatility_call,
    halt,
    resume,
)
from exchange.markets.types import Limits, NewProduct, ProductRow
from warehouse_receipts.types import VarietyGroup

__all__ = [
    "add_variety",
    "apply_fees",
    "begin_call",
    "close_session",
    "decide_change",
    "decide_fees",
    "define_fees",
    "define_product",
    "delist_product",
    "end_call",
    "floor_answered",
    "follow_volatility_call",
    "halt",
    "open_session",
    "propose_change",
    "propose_fees",
    "resume",
    "roll_reference",
    "set_limits",
    "set_reference_price",
    "set_trading_rules",
    "withdraw_change",
    "withdraw_fees",
]

# Sessions and the floor's answers --------------------------------------------------------------------


@transaction.atomic
def open_session(*, actor: Actor, reason: str, with_call: bool = False) -> int:
    """Opens every listed product once the changes approved for this session are made.

    See ``sessions.open_session``. Raises SessionAlreadyOpen.
    """
    proposals.carry_out_scheduled()
    return sessions.open_session(actor=actor, reason=reason, with_call=with_call)


def floor_answered(reference: str, reason: int) -> bool:
    """The floor's answer to an outbox row, in the projector's transaction; whether anything followed."""
    followed = sessions.floor_answered(reference, reason) or changing.floor_answered(reference, reason)
    return proposals.floor_answered(reference, reason) or followed


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
    limits = Limits(new.reference_price, new.band_bps, new.min_kg, new.reference_rolls)
    check_limits(limits, new.rules, step_kg=new.step_kg)
    check_rules(new.rules, limits)
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
                reference_rolls=new.reference_rolls,
                band_bps=new.band_bps,
                step_kg=new.step_kg,
                min_kg=new.min_kg,
                resale_lock_days=new.resale_lock_days,
                **asdict(new.rules),
            )
            tell_version(product, actor, "上市", limits=True)
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
