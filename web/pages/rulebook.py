"""交易规则与费用: the rules as the software enforces them, with the numbers in force today."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.halls.checks import MAX_VALID_DAYS
from exchange.halls.desk_settings import settings_in_force
from exchange.kernel.calendar import SESSIONS, today
from exchange.kernel.errors import NotFound
from exchange.markets.selectors import coming_fees, fees_on, products
from exchange.markets.types import FeeScheduleRow, ProductRow
from settlement.daily_reconciliation import STOP_ABOVE_FEN, STOP_AFTER_DAYS
from settlement.terms import terms_on
from settlement.withdrawals import REVIEW_FROM_FEN, SECOND_FACTOR_FROM_FEN
from warehouse_receipts.store_selectors import stores
from web.pages.access import public
from web.pages.hall_settings import setting_text
from web.pages.product_words import field_text
from web.pages.words import product_name


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """One product as the table of the rulebook shows it."""

    code: str
    name: str
    row: ProductRow
    modes: str
    tie_rule: str


@public
@require_safe
def rulebook(request: HttpRequest) -> HttpResponse:
    """Rules, fees and the legal note."""
    context = {
        "fees": _fees(),
        "deadlines": _deadlines(),
        "coming_fees": coming_fees(today()),
        "hours": SESSIONS,
        "products": [_product_terms(row) for row in products()],
        "terms": terms_on(today()),
        "listing_days": MAX_VALID_DAYS,
        "review_fen": REVIEW_FROM_FEN,
        "second_factor_fen": SECOND_FACTOR_FROM_FEN,
        "stop_fen": STOP_ABOVE_FEN,
        "stop_days": STOP_AFTER_DAYS,
        "storage": sorted({store.storage_fee_fen_per_t_day for store in stores()}),
    }
    return render(request, "pages/rulebook.html", context)


def _deadlines() -> dict[str, str]:
    """The deadlines of the halls in words, by the name of the parameter."""
    return {setting.name: setting_text(setting, value) for setting, value in settings_in_force().items()}


def _fees() -> FeeScheduleRow | None:
    try:
        return fees_on(today())
    except NotFound:
        return None


def _product_terms(row: ProductRow) -> ProductTerms:
    return ProductTerms(
        code=row.code,
        name=product_name(row),
        row=row,
        modes=field_text("modes", row.rules.modes),
        tie_rule=field_text("tie_rule", row.rules.tie_rule),
    )
