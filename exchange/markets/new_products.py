"""New products: defined at once by the system, from the console by two people.

A product is one grade cell of one crop, and its cell never changes: what was bought of it must stay what it
was. It gets its number with the approval, the floor is told of it, and it trades from the next session on.
"""

import re
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.kernel.proposal_errors import ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WITHDRAWN, decide
from exchange.markets.changing import check_limits, check_rules, check_terms, tell_version
from exchange.markets.desks import tell_desk
from exchange.markets.errors import DuplicateProduct
from exchange.markets.models import NewProductProposal, Product, Variety
from exchange.markets.selectors import product_by_code
from exchange.markets.sessions import check_reason
from exchange.markets.types import NewProduct, NewProductRow, NewProductState, ProductRow
from matching.types import MAX_QUANTITY
from warehouse_receipts.types import Bagging, Grade, StoreType

STEPS: dict[str, tuple[str, ...]] = {"waiting": ("refused", "withdrawn", "approved")}
"""Which state may follow which; triggers of migration 0011 keep it."""
SIZES_MM = (55, 100)
"""Smallest and largest least diameter; GB/T 10651 grades apples from 60 mm up."""
MAX_ROWS = 1_000
LONGEST_NAME_ZH, LONGEST_NAME_EN, LONGEST_COUNTY = 60, 80, 30
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{1,22}[A-Z0-9])")
_PINYIN = re.compile(r"[A-Z0-9]{2,24}")


def define_product(*, actor: Actor, new: NewProduct) -> ProductRow:
    """Gives a product its number and tells the floor; it trades from the next session on.

    Raises DuplicateProduct, BadPrice, BadParameter.
    """
    check_numbers(new)
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


# By two people ---------------------------------------------------------------------------------------


@transaction.atomic
def propose_product(*, actor: Actor, new: NewProduct, reason: str) -> int:
    """Proposes a product that is not the base; returns the proposal's id.

    Raises BadParameter, BadPrice, DuplicateProduct, ChangeWaits.
    """
    check_reason(reason)
    check_new(new)
    values = asdict(new)
    del values["code"], values["rules"]
    try:
        with transaction.atomic():
            row = NewProductProposal.objects.create(
                code=new.code,
                values=values,
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
    except IntegrityError:
        raise ChangeWaits(subject=new.code) from None
    _audit("product.propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_product(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> ProductRow | None:
    """Approves or refuses what another person proposed; the product, None if refused.

    Raises UnknownChange, ChangeDecided, OwnChange, and what defining it is refused with, which leaves the
    proposal waiting.
    """
    check_reason(reason)
    row = _lock(proposal_id)
    product = None
    if approve and row.state == NewProductState.WAITING and row.proposed_by != actor.name:
        new = _new(row)
        check_new(new)
        product = define_product(actor=actor, new=new)
        row.product_id = product.number
    state = NewProductState.APPROVED.value if approve else REFUSED
    decide(row, state=state, actor=actor, reason=reason.strip(), also=["product"])
    _audit("product.approve" if approve else "product.refuse", row, actor, reason)
    return product


@transaction.atomic
def withdraw_product(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("product.withdraw", row, actor, reason)


def check_new(new: NewProduct) -> None:
    """Whether a person may define it so. Raises BadParameter, BadPrice, DuplicateProduct."""
    check_numbers(new)
    year = calendar.today().year
    fits = {
        "code": _CODE.fullmatch(new.code) is not None,
        "name_zh": _is_name(new.name_zh, LONGEST_NAME_ZH),
        "name_en": new.name_en.isascii() and _is_name(new.name_en, LONGEST_NAME_EN),
        "pinyin": _PINYIN.fullmatch(new.pinyin) is not None,
        "county": _is_name(new.county, LONGEST_COUNTY),
        "size_mm": SIZES_MM[0] <= new.size_mm <= SIZES_MM[1],
        "crop_year": year - 1 <= new.crop_year <= year + 1,
        "is_base": not new.is_base,
        "variety_code": Variety.objects.filter(code=new.variety_code).exists(),
    }
    for name, good in fits.items():
        if not good:
            raise BadParameter(name=name)
    cell = {name: getattr(new, name) for name in ("bagging", "size_mm", "grade", "county", "crop_year")}
    same = Product.objects.filter(variety__code=new.variety_code, store_type=new.store_type, **cell).first()
    if same is not None or Product.objects.filter(code=new.code).exists():
        raise DuplicateProduct(product=same.code if same else new.code)


def check_numbers(new: NewProduct) -> None:
    """Raises BadParameter, BadPrice."""
    if not 0 < new.step_kg <= MAX_QUANTITY:
        raise BadParameter(name="step_kg")
    check_terms(new.resale_lock_days, new.premium_discount_fen, is_base=new.is_base)
    check_limits(new.limits, new.rules, step_kg=new.step_kg)
    check_rules(new.rules, new.limits)


def _is_name(text: str, longest: int) -> bool:
    return 2 <= len(text) <= longest and text == text.strip() and text.isprintable()


def _lock(proposal_id: int) -> NewProductProposal:
    row = NewProductProposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def _new(row: NewProductProposal) -> NewProduct:
    values: dict[str, Any] = dict(row.values)
    for name, kind in (("bagging", Bagging), ("grade", Grade), ("store_type", StoreType)):
        values[name] = kind(values[name])
    return NewProduct(code=row.code, **values)


def _audit(action: str, row: NewProductProposal, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"product:{row.code}",
        reason=reason,
        after={**row.values, "proposal": row.pk, "state": row.state},
    )


def new_products(*, before: int | None = None, limit: int = 50) -> list[NewProductRow]:
    """Proposals, newest first."""
    rows = NewProductProposal.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        NewProductRow(
            id=row.pk,
            new=_new(row),
            state=NewProductState(row.state),
            number=row.product_id,
            reason=row.reason,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
        )
        for row in rows[: max(1, min(limit, MAX_ROWS))]
    ]


def products_waiting() -> int:
    """How many proposals wait."""
    return NewProductProposal.objects.filter(state=NewProductState.WAITING).count()
