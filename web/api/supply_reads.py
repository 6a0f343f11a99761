"""The supply and demand board as everybody may read it: nothing on it binds, members' names are masked."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from exchange.bulletin import supply_selectors as board
from exchange.bulletin.supply_types import IntentionFilter, IntentionRow
from exchange.kernel.calendar import format_time, ns_of
from exchange.kernel.money import format_yuan, parse_price
from exchange.market_data.market import side_text
from exchange.members.masking import masked
from exchange.members.selectors import members_by_account_no
from warehouse_receipts.types import Grade, StoreType
from web.api.hall_reads import Code, Cursor, Limit, in_reach, number_of, product_codes
from web.api.hall_rows import side_number
from web.api.paging import DEFAULT_LIMIT, before
from web.api.schemas import Listing, SideWord

SupplySortWord = Literal["newest", "price", "-price", "kg", "-kg", "ends"]
SizeWord = Annotated[int | None, Query(ge=0, le=200)]
Price = Annotated[str | None, Query(max_length=12)]

supply = Router(tags=["supply and demand"])


class IntentionOut(Schema):
    """What a member offers or looks for: an invitation to talk, no offer; nothing is on hold for it."""

    intention_id: int
    intention_no: str
    side: SideWord
    product: str | None = Field(description="Code of the product it is about, if it is about one.")
    variety: str = Field(description="Code of a variety, or the name of one the exchange does not list.")
    size_mm: int | None = Field(description="Least diameter; null: not said.")
    grade: Grade | None = Field(description="Least grade; null: not said.")
    soluble_solids: str | None = Field(description="Least soluble solids in percent; null: not said.")
    counties: list[str] = Field(description="Origins; empty: not said.")
    store_type: StoreType | None
    least_kg: int
    most_kg: int
    price: str | None = Field(description="Yuan per kg; null: to be agreed.")
    place: str
    deliver_from: str | None
    deliver_until: str | None
    valid_until: str = Field(description="The last day it stands.")
    note: str
    with_receipt: bool = Field(description="A free warehouse receipt of the member stands behind it now.")
    member: str = Field(description="The member's name, masked.")
    state: Literal["open", "expired", "closed"]
    published_at: str


@supply.get("/supply-demand", response=Listing[IntentionOut], summary="Supply and demand")
def supply_demand(
    request: HttpRequest,
    side: SideWord | None = None,
    product: Code = None,
    variety: Annotated[str | None, Query(max_length=30)] = None,
    county: Annotated[str | None, Query(max_length=30)] = None,
    grade: Grade | None = None,
    size_mm: SizeWord = None,
    lowest_price: Price = None,
    highest_price: Price = None,
    with_receipt: bool = False,
    sort: SupplySortWord = "newest",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What stands on the board, narrowed and sorted; those without a price come last by price."""
    wanted = IntentionFilter(
        side=None if side is None else side_number(side),
        product_number=number_of(product),
        variety=_text(variety),
        county=_text(county),
        grade="" if grade is None else grade.value,
        size_mm=size_mm or 0,
        lowest=None if lowest_price is None else parse_price(lowest_price),
        highest=None if highest_price is None else parse_price(highest_price),
        with_receipt=with_receipt,
    )
    found = board.intentions(wanted=wanted, sort=sort, offset=before(cursor) or 0, limit=limit)
    next_cursor = None if found.next_offset is None else str(found.next_offset)
    return {"items": _shown(found.rows), "next_cursor": next_cursor}


@supply.get("/supply-demand/{intention_id}", response=IntentionOut, summary="One intention")
def supply_demand_item(request: HttpRequest, intention_id: int) -> dict[str, Any]:
    """One that stands or stood on the board; not one that was taken down."""
    (shown,) = _shown((board.intention_by_id(in_reach(intention_id)),))
    return shown


def _text(text: str | None) -> str:
    """A filter's text without characters that no table can hold."""
    return (text or "").replace("\x00", "")


def _shown(found: tuple[IntentionRow, ...]) -> list[dict[str, Any]]:
    codes, members = product_codes(), members_by_account_no({row.account_no for row in found})
    return [_intention(row, codes, masked(members[row.account_no].name)) for row in found]


def _intention(row: IntentionRow, codes: dict[int, str], member: str) -> dict[str, Any]:
    terms, spec = row.terms, row.terms.spec
    return {
        "intention_id": row.id,
        "intention_no": row.no,
        "side": side_text(terms.side),
        "product": codes.get(terms.product_number or 0),
        "variety": spec.variety,
        "size_mm": spec.size_mm or None,
        "grade": spec.grade or None,
        "soluble_solids": f"{spec.ssc_tenths // 10}.{spec.ssc_tenths % 10}" if spec.ssc_tenths else None,
        "counties": list(spec.counties),
        "store_type": spec.store_type or None,
        "least_kg": terms.least_kg,
        "most_kg": terms.most_kg,
        "price": None if terms.price is None else format_yuan(terms.price),
        "place": terms.place,
        "deliver_from": terms.deliver_from.isoformat() if terms.deliver_from else None,
        "deliver_until": terms.deliver_until.isoformat() if terms.deliver_until else None,
        "valid_until": terms.valid_until.isoformat(),
        "note": terms.note,
        "with_receipt": row.receipt is not None,
        "member": member,
        "state": row.state,
        "published_at": format_time(ns_of(row.published_at)),
    }
