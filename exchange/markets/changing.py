"""How a product changes: its trading rules, its limits, its end. Each change is the next version.

A version is whole: rules and limits together. The floor is told by one or two commands: PRODUCT
(``limits:product:version``) where the limits changed, and RULES (``rules:product:version``) always, because
the reference price is part of both. What the floor refuses is taken back (``floor_answered``), so that the
tables say what the floor does.
"""

from dataclasses import asdict, replace

from django.db import transaction
from simple_history.utils import update_change_reason

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, BadPrice, error_for_reason
from exchange.markets.desks import tell_desk
from exchange.markets.errors import ProductDelisted, ProductNotClosed
from exchange.markets.locks import lock_open_session, lock_product, lock_product_number
from exchange.markets.models import Product, ProductRules
from exchange.markets.selectors import (
    answer_to_all,
    limits_of,
    product_by_code,
    references_of,
    rules_of,
)
from exchange.markets.sessions import FLOOR, check_reason, end_trading
from exchange.markets.types import (
    ALL_MODES,
    CHOICES_OF_PAYMENTS,
    MAX_VOLATILITY_BPS,
    Limits,
    ProductRow,
    ProductStatus,
    TradingRules,
    band,
    volatility_fen,
)
from matching.types import MAX_PRICE, MAX_QUANTITY, Command, CommandKind, Phase

MAX_TICK_FEN = 1_000
"""Ten yuan per kg."""

MAX_LOCK_DAYS = 60
"""Trading days."""

MAX_BAND_BPS = 3_000
"""The rulebook's hard limit: 70 to 130 % of the reference price."""

RULES_COLUMNS = ["tick_fen", "tie_rule", "volatility_bps", "modes", "payments"]
LIMITS_COLUMNS = ["reference_price", "band_bps", "min_kg", "reference_rolls"]
TERMS_COLUMNS = ["resale_lock_days", "premium_discount_fen"]
"""What binds goods bought and compares prices; the floor knows neither."""
TOLD_KINDS = frozenset({"limits", "rules"})
"""Kinds of the outbox rows of a version."""


# Changes ---------------------------------------------------------------------------------------------


def set_reference_price(*, actor: Actor, code: str, price: int, reason: str) -> ProductRow:
    """Moves the reference price, and with it the band the floor accepts from the next order on."""
    with transaction.atomic():
        limits = replace(limits_of(lock_product(code)), reference_price=price)
        return set_limits(actor=actor, code=code, limits=limits, reason=reason)


@transaction.atomic
def set_limits(*, actor: Actor, code: str, limits: Limits, reason: str) -> ProductRow:
    """Other limits from the next order on. Raises BadPrice, BadParameter, ProductDelisted.

    Resting orders outside the new band are cancelled while the product is closed; while it is not, the floor
    refuses such a band and everything stays as it was.
    """
    check_reason(reason)
    change_limits(_lock_listed(code), limits, actor, reason)
    return product_by_code(code)


@transaction.atomic
def set_trading_rules(*, actor: Actor, code: str, rules: TradingRules, reason: str) -> ProductRow:
    """Other trading rules. Raises ProductNotClosed, ProductDelisted, BadParameter."""
    check_reason(reason)
    change_rules(_lock_listed(code), rules, actor, reason)
    return product_by_code(code)


@transaction.atomic
def delist_product(*, actor: Actor, code: str, reason: str) -> None:
    """Ends trading in a product for good, at the end of its crop; its open orders are cancelled."""
    check_reason(reason)
    lock_open_session()
    product = lock_product(code)
    if product.status != ProductStatus.DELISTED:
        end_product(product, actor, reason)


def _lock_listed(code: str) -> Product:
    product = lock_product(code)
    if product.status == ProductStatus.DELISTED:
        raise ProductDelisted(product=code)
    return product


# What a change does to a locked product; each returns the outbox references that tell the floor -------


def change_limits(product: Product, limits: Limits, actor: Actor, reason: str) -> list[str]:
    """Nothing if the limits are these already."""
    check_limits(limits, rules_of(product), step_kg=product.step_kg)
    before = limits_of(product)
    if before == limits:
        return []
    _write(product, LIMITS_COLUMNS, asdict(limits), reason)
    references = tell_version(product, actor, reason, limits=True)
    # a change of the price alone keeps the name it always had in the audit trail
    only_price = replace(before, reference_price=limits.reference_price) == limits
    audit.record(
        actor=actor,
        action="product.set_reference_price" if only_price else "product.set_limits",
        subject=f"product:{product.code}",
        reason=reason,
        before={"reference_price": before.reference_price} if only_price else asdict(before),
        after={"reference_price": limits.reference_price} if only_price else asdict(limits),
    )
    return references


def change_rules(product: Product, rules: TradingRules, actor: Actor, reason: str) -> list[str]:
    """Nothing if the rules are these already. Raises ProductNotClosed."""
    check_rules(rules, limits_of(product))
    if product.phase != Phase.CLOSED or product.desk_open:
        raise ProductNotClosed(product=product.code)
    before = rules_of(product)
    if before == rules:
        return []
    _write(product, RULES_COLUMNS, asdict(rules), reason)
    references = tell_version(product, actor, reason, limits=False)
    if (before.modes, before.payments) != (rules.modes, rules.payments):
        references.append(tell_desk(product))
    audit.record(
        actor=actor,
        action="product.set_trading_rules",
        subject=f"product:{product.code}",
        reason=reason,
        before=asdict(before),
        after=asdict(rules),
    )
    return references


def change_terms(product: Product, values: dict[str, int], actor: Actor, reason: str) -> list[str]:
    """Other resale lock or premium, for what is dealt from now on; the floor is told nothing."""
    before = {name: getattr(product, name) for name in TERMS_COLUMNS}
    after = before | values
    check_terms(after["resale_lock_days"], after["premium_discount_fen"], is_base=product.is_base)
    _write(product, TERMS_COLUMNS, dict(after), reason)
    audit.record(
        actor=actor,
        action="product.set_terms",
        subject=f"product:{product.code}",
        reason=reason,
        before=before,
        after=after,
    )
    return []


def end_product(product: Product, actor: Actor, reason: str) -> list[str]:
    """Delists. The open session is locked before."""
    references = end_trading(product, lock_open_session(), actor, reason)
    product.status = ProductStatus.DELISTED
    product.save(update_fields=["status"])
    update_change_reason(product, reason)
    audit.record(actor=actor, action="product.delist", subject=f"product:{product.code}", reason=reason)
    return references


def check_terms(resale_lock_days: int, premium_discount_fen: int, *, is_base: bool) -> None:
    """Raises BadParameter; prices are compared with the base cell, which has no premium."""
    if not 0 <= resale_lock_days <= MAX_LOCK_DAYS:
        raise BadParameter(name="resale_lock_days")
    if abs(premium_discount_fen) > MAX_PRICE or (is_base and premium_discount_fen):
        raise BadParameter(name="premium_discount_fen")


def check_limits(limits: Limits, rules: TradingRules, *, step_kg: int) -> None:
    """Raises BadPrice, BadParameter."""
    if not 0 < limits.reference_price <= MAX_PRICE:
        raise BadPrice
    if not 0 < limits.band_bps <= MAX_BAND_BPS:
        raise BadParameter(name="band_bps")
    if not 0 < limits.min_kg <= MAX_QUANTITY or limits.min_kg % step_kg:
        raise BadParameter(name="min_kg")
    if not takes_some_price(limits, rules.tick_fen):
        raise BadParameter(name="reference_price")


def check_rules(rules: TradingRules, limits: Limits) -> None:
    """Raises BadParameter."""
    if not 0 < rules.tick_fen <= MAX_TICK_FEN:
        raise BadParameter(name="tick_fen")
    if not 0 <= rules.volatility_bps <= MAX_VOLATILITY_BPS:
        raise BadParameter(name="volatility_bps")
    if not 0 < rules.modes <= ALL_MODES:
        raise BadParameter(name="modes")
    if rules.payments not in CHOICES_OF_PAYMENTS:
        raise BadParameter(name="payments")
    if not takes_some_price(limits, rules.tick_fen):
        raise BadParameter(name="tick_fen")


def takes_some_price(limits: Limits, tick_fen: int) -> bool:
    """Whether a multiple of the tick lies in the band; a product without one would take no order at all."""
    low, high = band(limits.reference_price, limits.band_bps)
    return tick_fen < 1 or low <= high // tick_fen * tick_fen


def _write(product: Product, columns: list[str], values: dict[str, object], reason: str) -> None:
    for column in columns:
        setattr(product, column, values[column])
    product.save(update_fields=columns)
    update_change_reason(product, reason)


# Telling the floor, and what it answers --------------------------------------------------------------


def tell_version(
    product: Product, actor: Actor, reason: str, *, limits: bool, restores: int | None = None
) -> list[str]:
    """Keeps what the locked row says as the next version and tells the floor; returns the references."""
    version = ProductRules.objects.filter(product=product).count() + 1
    columns = (*RULES_COLUMNS, *LIMITS_COLUMNS)
    values = {column: getattr(product, column) for column in columns}
    row = ProductRules(product=product, version=version, restores=restores, reason=reason, **values)
    row.created_by, row.created_at = actor.name, calendar.now()
    row.save(force_insert=True)
    of_limits, of_rules = references_of(product.number, version)
    commands = [(_product_command(product), of_limits)] if limits else []
    commands.append((_rules_command(product), of_rules))
    outbox.enqueue_many(commands)
    return [reference for _, reference in commands]


def _product_command(product: Product) -> Command:
    low, high = band(product.reference_price, product.band_bps)
    return Command(
        kind=CommandKind.PRODUCT,
        product=product.number,
        price=low,
        quantity=min(high, MAX_PRICE),
        amount=product.step_kg,
        order_id=product.min_kg,
    )


def _rules_command(product: Product) -> Command:
    return Command(
        kind=CommandKind.RULES,
        product=product.number,
        price=product.reference_price,
        quantity=volatility_fen(product.reference_price, product.volatility_bps),
        amount=product.tick_fen,
        flags=product.tie_rule,
    )


def floor_answered(reference: str, reason: int) -> bool:
    """The floor's answer to a command of a version; whether it was a refusal that was taken back.

    The row goes back to the newest version the floor accepted, told as a version of its own, unless a later
    one stands: that one has its own answer. A refused restoration is left to people.
    """
    kind, _, key = reference.partition(":")
    number, _, version = key.partition(":")
    if kind not in TOLD_KINDS or not reason:
        return False
    product = lock_product_number(int(number))
    refused = ProductRules.objects.filter(product=product, version=int(version)).first()
    if refused is None or refused.restores is not None:
        return False
    if ProductRules.objects.filter(product=product, version__gt=refused.version).exists():
        return True
    good = _last_accepted(product)
    if good is None:
        return False
    _restore(product, good, refused.version, reason)
    return True


def _last_accepted(product: Product) -> ProductRules | None:
    """The newest version of which the floor refused nothing and has answered everything."""
    versions = list(ProductRules.objects.filter(product=product).order_by("-version"))
    told = {row.version: references_of(product.number, row.version) for row in versions}
    answers = outbox.answers_to(reference for references in told.values() for reference in references)
    for row in versions:
        found = [answers[each] for each in told[row.version] if each in answers]
        if found and answer_to_all(found) == 0:
            return row
    return None


def _restore(product: Product, good: ProductRules, refused: int, reason: int) -> None:
    why = error_for_reason(reason)
    text = f"交易主机拒绝第 {refused} 版（{why.message('zh')}），恢复第 {good.version} 版"
    columns = [*RULES_COLUMNS, *LIMITS_COLUMNS]
    before = {column: getattr(product, column) for column in columns}
    after = {column: getattr(good, column) for column in columns}
    _write(product, columns, after, text)
    tell_version(product, FLOOR, text, limits=True, restores=good.version)
    if any(before[name] != after[name] for name in ("modes", "payments")):
        tell_desk(product)
    audit.record(
        actor=FLOOR,
        action="product.restore_rules",
        subject=f"product:{product.code}",
        reason=text,
        before=before,
        after={**after, "refused": refused, "code": why.code},
    )
