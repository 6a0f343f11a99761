"""What must be true before anything is written on the board. Nothing here writes."""

from datetime import date, datetime, timedelta

from django.db.models import Q

from exchange.bulletin.supply_errors import (
    BadDelivery,
    BadIntentionQuantity,
    BadIntentionValidity,
    BadSpec,
    Blocked,
    OwnIntention,
    ReceiptNotFree,
    ReceiptShownAlready,
    TooManyChanges,
    TooManyIntentions,
    TooManyMessages,
)
from exchange.bulletin.supply_models import (
    AbuseReport,
    Inquiry,
    InquiryMessage,
    Intention,
    IntentionStep,
    MemberBlock,
)
from exchange.bulletin.supply_text import plain_text
from exchange.bulletin.supply_types import (
    GRADE_RANK,
    HIGHEST_PRICE,
    LEAST_KG,
    LEAST_SSC_TENTHS,
    MAX_A_DAY,
    MAX_CHANGES_A_DAY,
    MAX_INQUIRIES_A_DAY,
    MAX_MESSAGES_A_DAY,
    MAX_MESSAGES_A_MINUTE,
    MAX_NOTE,
    MAX_OPEN,
    MAX_PLACE,
    MAX_REPORTS_A_DAY,
    MAX_VALID_DAYS,
    MAX_VARIETY,
    MOST_KG,
    MOST_SSC_TENTHS,
    SIZES_MM,
    IntentionState,
    NewIntention,
    Spec,
)
from exchange.kernel import calendar
from exchange.kernel.calendar import day_bounds_ns
from exchange.kernel.errors import BadParameter, BadPrice, MemberSuspended
from exchange.markets.selectors import product_by_number, products, varieties
from exchange.markets.types import ProductRow
from exchange.members.selectors import member_by_account_no, members_by_account_no
from exchange.members.types import MemberRow
from matching.types import Side
from warehouse_receipts.errors import UnknownReceipt
from warehouse_receipts.selectors import receipt_detail
from warehouse_receipts.types import ReceiptDetail, StoreType

ACTIVE = "active"
CHANGES = ("edited", "renewed")
"""Steps that give an intention another version."""
FARTHEST_DELIVERY = timedelta(days=366)


def good_standing(account_no: int) -> MemberRow:
    """A member that may act on the board. Raises UnknownMember, MemberSuspended."""
    member = member_by_account_no(account_no)
    if member.status != ACTIVE:
        raise MemberSuspended
    return member


def checked_terms(terms: NewIntention, account_no: int) -> NewIntention:
    """The terms trimmed and, where a product is named, with its spec. Raises what is wrong."""
    if terms.side not in (Side.BUY, Side.SELL):
        raise BadParameter(name="side")
    spec = _checked_spec(terms)
    check_kg(terms.least_kg, terms.most_kg)
    check_price(terms.price)
    _check_days(terms)
    place = plain_text(terms.place, name=("交货地点", "The place"), most=MAX_PLACE, empty=True)
    note = plain_text(terms.note, name=("说明", "The note"), most=MAX_NOTE, empty=True)
    checked = NewIntention(
        side=terms.side,
        spec=spec,
        least_kg=terms.least_kg,
        most_kg=terms.most_kg,
        valid_until=terms.valid_until,
        product_number=terms.product_number,
        price=terms.price,
        place=place,
        deliver_from=terms.deliver_from,
        deliver_until=terms.deliver_until,
        note=note,
        receipt_no=terms.receipt_no,
    )
    if checked.receipt_no:
        _check_receipt(checked, account_no)
    return checked


def spec_of_product(product: ProductRow, ssc_tenths: int = 0) -> Spec:
    """The spec of a product; soluble solids are no part of one."""
    return Spec(
        variety=product.variety.code,
        size_mm=product.size_mm,
        grade=product.grade.value,
        ssc_tenths=ssc_tenths,
        counties=(product.county,),
        store_type=product.store_type.value,
    )


def _checked_spec(terms: NewIntention) -> Spec:
    spec = terms.spec
    if spec.ssc_tenths and not LEAST_SSC_TENTHS <= spec.ssc_tenths <= MOST_SSC_TENTHS:
        raise BadSpec(name="糖度", name_en="soluble solids")
    if terms.product_number is not None:
        return spec_of_product(product_by_number(terms.product_number), spec.ssc_tenths)
    variety = spec.variety.strip()
    if variety not in {row.code for row in varieties()}:
        variety = plain_text(variety, name=("品种", "The variety"), most=MAX_VARIETY)
        variety = _code_of(variety)
    if spec.size_mm not in (0, *SIZES_MM):
        raise BadSpec(name="果径", name_en="size")
    if spec.grade not in ("", *GRADE_RANK):
        raise BadSpec(name="等级", name_en="grade")
    if not set(spec.counties) <= known_counties():
        raise BadSpec(name="产地", name_en="origin")
    if spec.store_type not in ("", *StoreType.values):
        raise BadSpec(name="贮藏方式", name_en="storage")
    return Spec(
        variety, spec.size_mm, spec.grade, spec.ssc_tenths, tuple(sorted(set(spec.counties))), spec.store_type
    )


def _code_of(variety: str) -> str:
    """A variety written in words by its code, if the exchange lists it."""
    known = {name.casefold(): row.code for row in varieties() for name in (row.name_zh, row.name_en)}
    return known.get(variety.casefold(), variety)


def known_counties() -> set[str]:
    """Origins there are: those of the products."""
    return {row.county for row in products(delisted=True)}


def check_kg(least_kg: int, most_kg: int) -> None:
    """Raises BadIntentionQuantity."""
    if not LEAST_KG <= least_kg <= most_kg <= MOST_KG:
        raise BadIntentionQuantity(least=LEAST_KG)


def check_price(price: int | None) -> None:
    """Raises BadPrice."""
    if price is not None and not 0 < price <= HIGHEST_PRICE:
        raise BadPrice


def _check_days(terms: NewIntention) -> None:
    today = calendar.today()
    check_valid_until(terms.valid_until)
    first, last = terms.deliver_from, terms.deliver_until
    within = all(today <= day <= today + FARTHEST_DELIVERY for day in (first, last) if day is not None)
    if not within or (first is not None and last is not None and first > last):
        raise BadDelivery


def check_valid_until(day: date) -> None:
    """Raises BadIntentionValidity."""
    today = calendar.today()
    if not today <= day <= today + timedelta(days=MAX_VALID_DAYS):
        raise BadIntentionValidity(most=MAX_VALID_DAYS)


def _check_receipt(terms: NewIntention, account_no: int) -> None:
    """A free receipt of the member's own over such goods."""
    no = terms.receipt_no
    if terms.side != Side.SELL:
        raise BadParameter(name="receipt")
    try:
        detail = receipt_detail(no, holder_no=account_no)
    except UnknownReceipt as error:
        raise ReceiptNotFree(receipt=no) from error
    receipt = detail.receipt
    other_goods = (
        detail.variety_code != terms.spec.variety
        if terms.product_number is None
        else receipt.product_number != terms.product_number
    )
    if other_goods or _claims_more(terms.spec, detail):
        raise ReceiptNotFree(receipt=no)
    if receipt.free_kg <= 0 or receipt.expires_on < calendar.today():
        raise ReceiptNotFree(receipt=no)


def _claims_more(spec: Spec, detail: ReceiptDetail) -> bool:
    """Whether size, soluble solids, origin or store are better than what was inspected and stored."""
    measured = detail.inspection.measurements
    return (
        measured.diameter_mm < spec.size_mm
        or measured.ssc_tenths < spec.ssc_tenths
        or bool(spec.counties and detail.county not in spec.counties)
        or bool(spec.store_type and detail.store_type.value != spec.store_type)
    )


def check_receipt_once(receipt_no: str, own_id: int) -> None:
    """Raises ReceiptShownAlready when another intention on the board names the receipt."""
    rows = Intention.objects.filter(
        receipt_no=receipt_no, state=IntentionState.OPEN, valid_until__gte=calendar.today()
    )
    if receipt_no and rows.exclude(pk=own_id).exists():
        raise ReceiptShownAlready(receipt=receipt_no)


# Limits: asked while the member has its turn ---------------------------------------------------------


def check_open_limit(account_no: int) -> None:
    """Raises TooManyIntentions when no more may stand."""
    rows = Intention.objects.filter(account_no=account_no, state=IntentionState.OPEN)
    if rows.filter(valid_until__gte=calendar.today()).count() >= MAX_OPEN:
        raise TooManyIntentions(open=MAX_OPEN, day=MAX_A_DAY)


def check_day_limit(account_no: int) -> None:
    """Raises TooManyIntentions when enough were published today."""
    rows = Intention.objects.filter(account_no=account_no, published_at__gte=_midnight())
    if rows.count() >= MAX_A_DAY:
        raise TooManyIntentions(open=MAX_OPEN, day=MAX_A_DAY)


def check_change_limit(account_no: int) -> None:
    """Raises TooManyChanges when enough was edited and renewed today."""
    rows = IntentionStep.objects.filter(intention__account_no=account_no, event__in=CHANGES)
    if rows.filter(at__gte=_midnight()).count() >= MAX_CHANGES_A_DAY:
        raise TooManyChanges(day=MAX_CHANGES_A_DAY)


def check_inquiry_limit(account_no: int) -> None:
    """Raises TooManyMessages."""
    if (
        Inquiry.objects.filter(account_no=account_no, opened_at__gte=_midnight()).count()
        >= MAX_INQUIRIES_A_DAY
    ):
        raise too_many()


def check_message_limit(account_no: int) -> None:
    """Raises TooManyMessages."""
    rows = InquiryMessage.objects.filter(sender_no=account_no, event="")
    lately = calendar.now() - timedelta(minutes=1)
    if (
        rows.filter(at__gt=lately).count() >= MAX_MESSAGES_A_MINUTE
        or rows.filter(at__gte=_midnight()).count() >= MAX_MESSAGES_A_DAY
    ):
        raise too_many()


def check_report_limit(account_no: int) -> None:
    """Raises TooManyMessages."""
    if AbuseReport.objects.filter(reporter_no=account_no, at__gte=_midnight()).count() >= MAX_REPORTS_A_DAY:
        raise too_many()


def too_many() -> TooManyMessages:
    """The refusal, with what may be done."""
    return TooManyMessages(
        minute=MAX_MESSAGES_A_MINUTE, inquiries=MAX_INQUIRIES_A_DAY, reports=MAX_REPORTS_A_DAY
    )


def _midnight() -> datetime:
    return calendar.datetime_of(day_bounds_ns(calendar.today())[0])


# Two members -----------------------------------------------------------------------------------------


def check_not_blocked(one: int, other: int) -> None:
    """Raises Blocked when either has blocked the other."""
    pair = Q(account_no=one, blocked_no=other) | Q(account_no=other, blocked_no=one)
    if MemberBlock.objects.filter(pair).exists():
        raise Blocked


def check_strangers(one: int, other: int) -> None:
    """Raises OwnIntention for one and the same member and for related parties."""
    if one == other:
        raise OwnIntention
    found = members_by_account_no((one, other))
    groups = {row.related_group for row in found.values()}
    if len(found) == 2 and len(groups) == 1 and groups != {""}:
        raise OwnIntention
