"""What people type on the supply and demand board. Prices are typed in yuan per jin, quantities in kg."""

import re
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from exchange.bulletin.supply_types import (
    MAX_VALID_DAYS,
    SIZES_MM,
    IntentionRow,
    NewIntention,
    Spec,
)
from exchange.kernel.calendar import today
from exchange.kernel.errors import BadParameter, BadPrice
from exchange.kernel.money import format_price_per_jin
from exchange.markets.selectors import product_by_code, products, varieties
from exchange.markets.types import ProductRow
from matching.types import Side
from warehouse_receipts.selectors import receipts_of
from web.pages import words
from web.pages.hall_forms import whole_number

VALID_DAYS = (3, 7, 15, MAX_VALID_DAYS)
RECEIPTS_SHOWN = 100
_JIN = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))?", re.ASCII)
FIELDS = ("side", "product", "variety", "size", "grade", "ssc", "store", "least", "most", "price", "place")
MORE_FIELDS = ("from", "until", "days", "note", "receipt")


def jin_price(text: str) -> int | None:
    """A price in yuan per jin ("3.60", "3.605") in fen per kg; None for nothing. Raises BadPrice."""
    typed = text.strip()
    if not typed:
        return None
    match = _JIN.fullmatch(typed)
    if match is None:
        raise BadPrice
    thousandths = int(match[1]) * 1_000 + int((match[2] or "").ljust(3, "0"))
    fen, rest = divmod(thousandths, 5)
    if rest or fen == 0:
        raise BadPrice(detail="half a fen per jin at least")
    return fen


def kg_in(text: str) -> int:
    """Whole kilograms; nothing readable is 0, which every check refuses."""
    return whole_number(text) or 0


def version_in(form: QueryDict) -> int:
    """The version of the terms the page showed; nothing readable is 0, which none has."""
    return whole_number(form.get("version", "")) or 0


def terms_in(form: QueryDict) -> NewIntention:
    """The terms in a form, as far as they can be read. Raises BadPrice, BadParameter, UnknownProduct."""
    code = form.get("product", "")
    product = product_by_code(code) if code else None
    most = kg_in(form.get("most", ""))
    return NewIntention(
        side=_side_in(form.get("side", "")),
        spec=Spec(
            variety=form.get("variety", "").strip(),
            size_mm=_number_in(form, "size"),
            grade=form.get("grade", ""),
            ssc_tenths=_tenths_in(form.get("ssc", "")),
            counties=tuple(form.getlist("county")),
            store_type=form.get("store", ""),
        ),
        least_kg=kg_in(form.get("least", "")) or most,
        most_kg=most,
        valid_until=valid_until_in(form),
        product_number=None if product is None else product.number,
        price=jin_price(form.get("price", "")),
        place=form.get("place", ""),
        deliver_from=_day_in(form, "from"),
        deliver_until=_day_in(form, "until"),
        note=form.get("note", ""),
        receipt_no=form.get("receipt", "").strip()[:24],
    )


def valid_until_in(form: QueryDict) -> date:
    """The last day of an intention that stands so many days. Raises BadParameter."""
    days = whole_number(form.get("days", ""))
    if days is None or days > MAX_VALID_DAYS:
        raise BadParameter(name="days")
    return today() + timedelta(days=days)


def _side_in(word: str) -> Side:
    if word not in ("sell", "buy"):
        raise BadParameter(name="side")
    return Side.BUY if word == "buy" else Side.SELL


def _number_in(form: QueryDict, name: str) -> int:
    text = form.get(name, "")
    number = whole_number(text)
    if text and number is None:
        raise BadParameter(name=name)
    return number or 0


def _tenths_in(text: str) -> int:
    match = re.fullmatch(r"(\d{1,2})(?:\.(\d))?", text.strip(), re.ASCII)
    if text.strip() and match is None:
        raise BadParameter(name="ssc")
    return int(match[1]) * 10 + int(match[2] or 0) if match else 0


def _day_in(form: QueryDict, name: str) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadParameter(name=name) from None


def filled_with(row: IntentionRow, *, side: str, product_code: str) -> QueryDict:
    """A form with an intention's terms, to edit it or publish a copy; days gone by are left out."""
    terms, spec = row.terms, row.terms.spec
    form = QueryDict(mutable=True)
    coming = {
        name: day.isoformat()
        for name, day in (("from", terms.deliver_from), ("until", terms.deliver_until))
        if day is not None and day >= today()
    }
    left = (terms.valid_until - today()).days
    form.update(
        {
            "side": side,
            "product": product_code,
            "variety": spec.variety,
            "size": str(spec.size_mm or ""),
            "grade": spec.grade,
            "ssc": f"{spec.ssc_tenths / 10:g}" if spec.ssc_tenths else "",
            "store": spec.store_type,
            "least": str(terms.least_kg),
            "most": str(terms.most_kg),
            "price": "" if terms.price is None else format_price_per_jin(terms.price),
            "place": terms.place,
            "days": str(left if left in range(MAX_VALID_DAYS + 1) and row.live else 15),
            "note": terms.note,
            "receipt": terms.receipt_no,
            **coming,
        }
    )
    form.setlist("county", list(spec.counties))
    return form


def choices(account_no: int, form: QueryDict) -> dict[str, Any]:
    """What the form's lists offer."""
    listed = products()
    number = whole_number(form.get("days", ""))
    days = sorted({*VALID_DAYS, *([number] if number is not None and number <= MAX_VALID_DAYS else [])})
    return {
        "products": [{"code": row.code, "name": words.product_name(row)} for row in listed],
        "varieties": [
            {"code": row.code, "name": row.name_zh if words.in_chinese() else row.name_en}
            for row in varieties()
        ],
        "known_variety": form.get("variety", "") in {row.code for row in varieties()},
        "sizes": [str(size) for size in SIZES_MM],
        "grades": [(value, str(name)) for value, name in words.GRADE.items()],
        "counties": county_choices(listed),
        "stores": [(value, str(name)) for value, name in words.STORE.items()],
        "days": [(str(each), _("%(days)s 天，到 %(day)s") % _days(each)) for each in days],
        "receipts": _receipt_choices(account_no, listed),
    }


def first_product(account_no: int) -> str:
    """Code of the product a form begins with: of the newest goods the member holds, else the base product."""
    listed = products()
    held = {row.product_number for row in receipts_of(account_no, limit=1)}
    found = [row for row in listed if row.number in held] or [row for row in listed if row.is_base] or listed
    return found[0].code if found else ""


def county_choices(listed: list[ProductRow]) -> list[tuple[str, str]]:
    """Origins of the products, in the reader's language."""
    return list({row.county: words.word(words.COUNTY, row.county) for row in listed}.items())


def _days(count: int) -> dict[str, object]:
    return {"days": count, "day": f"{today() + timedelta(days=count):%m-%d}"}


def _receipt_choices(account_no: int, listed: list[ProductRow]) -> list[dict[str, Any]]:
    names = {row.number: words.product_name(row) for row in listed}
    rows = receipts_of(account_no, limit=RECEIPTS_SHOWN)
    return [
        {"no": row.receipt_no, "kg": row.free_kg, "name": names.get(row.product_number, "")}
        for row in rows
        if row.free_kg > 0 and row.expires_on >= today()
    ]


def shown(form: QueryDict) -> dict[str, Any]:
    """What was typed, for showing it again."""
    typed: dict[str, Any] = {name: form.get(name, "") for name in (*FIELDS, *MORE_FIELDS)}
    return {**typed, "counties": form.getlist("county")}
