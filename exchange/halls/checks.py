"""What must be true of terms before anybody approves them. Nothing here writes.

The floor checks again, and has the last word; here people learn early, and with better words, what is wrong.
"""

from collections.abc import Iterable, Sequence

from exchange.halls.errors import (
    BadInvitation,
    BadMinimumTake,
    BadValidity,
    MoreThanReceipts,
    TermsMissing,
)
from exchange.halls.types import NewListing
from exchange.kernel import calendar
from exchange.kernel.calendar import add_trading_days, day_bounds_ns
from exchange.kernel.errors import (
    BadParameter,
    BadPrice,
    BadQuantity,
    OffTick,
    PriceBand,
    UnknownMember,
    UnknownProduct,
    error_for_reason,
)
from exchange.markets.selectors import product_by_number
from exchange.markets.types import PAYMENT_WORDS, ProductRow, ProductStatus
from exchange.members.selectors import member_by_code
from matching.desk_events import DeskReason
from matching.types import MAX_PRICE, MAX_QUANTITY, Side
from warehouse_receipts.errors import (
    MixedReceipts,
    ReceiptExpired,
    ReceiptInBusiness,
    ReceiptLocked,
    ReceiptNotValid,
)
from warehouse_receipts.selectors import receipt_detail
from warehouse_receipts.types import Business, ReceiptRow, ReceiptState

MAX_VALID_DAYS = 5
"""Trading days a listing may stand."""
MAX_STEPS = 255
MAX_INVITED = 50


def product_for(number: int, mode: int) -> ProductRow:
    """A product that is traded in this mode (``matching.desk_types``). Raises UnknownProduct, ModeOff."""
    product = product_by_number(number)
    if product.status != ProductStatus.LISTED:
        raise UnknownProduct(str(number))
    if not product.modes & mode:
        raise error_for_reason(DeskReason.MODE_OFF)
    return product


def check_listing_terms(terms: NewListing, product: ProductRow, kg: int) -> None:
    """Price, validity, least take and step of a listing over kg. Raises what is wrong."""
    if terms.side not in (Side.BUY, Side.SELL):
        raise BadParameter(name="side")
    check_price(terms.price, product)
    check_payment(terms.payment, product)
    if terms.side == Side.BUY and (kg % product.step_kg or kg < product.min_kg):
        raise BadQuantity
    if terms.side == Side.BUY and terms.confirm:
        raise BadParameter(name="confirm")
    if not 1 <= terms.steps <= MAX_STEPS or not 0 <= terms.minimum_kg <= kg:
        raise BadMinimumTake(most=MAX_STEPS)
    last_ns = day_bounds_ns(add_trading_days(calendar.today(), MAX_VALID_DAYS))[1]
    if not calendar.now_ns() < terms.valid_until_ns <= last_ns:
        raise BadValidity(most=MAX_VALID_DAYS)


def check_payment(payment: int, product: ProductRow) -> None:
    """Raises BadParameter for a way to pay there is not, PaymentOff for one the product does not allow."""
    if payment not in PAYMENT_WORDS:
        raise BadParameter(name="payment")
    if payment & ~int(product.payments):
        raise error_for_reason(DeskReason.PAYMENT_OFF)


def check_price(price: int, product: ProductRow) -> None:
    """Raises BadPrice, PriceBand, OffTick."""
    if not 0 < price <= MAX_PRICE:
        raise BadPrice
    if not product.low <= price <= product.high:
        raise PriceBand
    if price % product.tick_fen:
        raise OffTick


def offered_kg(wanted_kg: int, receipt_nos: Sequence[str], *, account_no: int, product: ProductRow) -> int:
    """Kg a sale of these receipts offers (wanted 0: all). Raises what keeps them from being set aside."""
    if not receipt_nos:
        raise TermsMissing
    receipts = [receipt_detail(no, holder_no=account_no).receipt for no in dict.fromkeys(receipt_nos)]
    for receipt in receipts:
        _check_receipt(receipt, product)
    kg = sum(receipt.kg for receipt in receipts)
    if wanted_kg < 0:
        raise BadQuantity
    if wanted_kg > kg:
        raise MoreThanReceipts(kg=kg)
    return wanted_kg or kg


def _check_receipt(receipt: ReceiptRow, product: ProductRow) -> None:
    no = receipt.receipt_no
    if receipt.product_number != product.number:
        raise MixedReceipts
    if receipt.state != ReceiptState.ISSUED:
        raise ReceiptNotValid(receipt=no)
    if receipt.business != Business.NONE:
        raise ReceiptInBusiness(
            receipt=no, business_zh=receipt.business.label, business_en=receipt.business.value
        )
    if receipt.expires_on < calendar.today():
        raise ReceiptExpired(receipt=no)
    if receipt.locked_until is not None:
        raise ReceiptLocked(receipt=no, until=receipt.locked_until.isoformat())


def wanted_kg(kg: int) -> int:
    """Kg a need asks for. Raises TermsMissing, BadQuantity."""
    if kg == 0:
        raise TermsMissing
    if not 0 < kg <= MAX_QUANTITY:
        raise BadQuantity
    return kg


def invited_accounts(codes: Iterable[str], lister_no: int) -> list[int]:
    """Account numbers of invited members. Raises BadInvitation."""
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > MAX_INVITED:
        raise BadInvitation(member=wanted[MAX_INVITED], most=MAX_INVITED)
    found = []
    for code in wanted:
        try:
            number = member_by_code(code).account_no
        except UnknownMember as error:
            raise BadInvitation(member=code, most=MAX_INVITED) from error
        if number == lister_no:
            raise BadInvitation(member=code, most=MAX_INVITED)
        found.append(number)
    return found
