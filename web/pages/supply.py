"""供求信息: what members offer and look for, each on a page of its own. Nothing here binds anybody."""

from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.bulletin import supply_inquiries as talk
from exchange.bulletin import supply_selectors as board
from exchange.bulletin.supply_matching import BookOffer, suggestions
from exchange.bulletin.supply_types import (
    GRADE_RANK,
    SIZES_MM,
    SORTS,
    InquiryState,
    IntentionFilter,
    IntentionRow,
    ReportKind,
)
from exchange.kernel.errors import BadParameter, JinguoError, UnknownProduct
from exchange.markets.selectors import product_by_code, products, varieties
from exchange.members.types import MemberIdentity
from matching.types import Side
from web.api.hall_reads import in_reach
from web.api.hall_rows import side_number
from web.pages import supply_words, words
from web.pages.access import TRADE_ROLES, actor_of, check_role, member_page, message_of, public
from web.pages.credit_words import credit_badges
from web.pages.csv_export import MAX_ROWS, csv_response
from web.pages.hall_forms import shown_error
from web.pages.paging import number_in
from web.pages.supply_forms import county_choices, jin_price, kg_in, version_in
from web.pages.supply_views import (
    BoardNames,
    Reader,
    card,
    counties_text,
    delivery_text,
    facts,
    inquiry_card,
    price_kg_text,
    price_text,
    reader_of,
    suggestion_card,
)
from web.pages.visitors import count_question
from web.ws.services import book_tops

PAGE = 30
EXPORT_PAGE = 500
FILTERS = ("product", "variety", "county", "grade", "size", "from", "to", "receipt")


# The board -------------------------------------------------------------------------------------------


@public
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """What stands on the board, narrowed and sorted."""
    reader, filters = reader_of(request), _filters(request)
    cursor = request.GET.get("cursor")
    page = board.intentions(
        wanted=_wanted(filters),
        sort=filters["sort"],
        offset=0 if cursor is None else number_in(cursor),
        limit=PAGE,
    )
    names = BoardNames(reader, {row.account_no for row in page.rows})
    everything = products()
    context = {
        "tab": "supply",
        "filters": filters,
        "filtered": any(filters[name] for name in FILTERS),
        "counties": county_choices(everything),
        "sizes": [str(size) for size in SIZES_MM],
        "grades": [(value, str(name)) for value, name in words.GRADE.items()],
        "products": [{"code": row.code, "name": words.product_name(row)} for row in everything],
        "varieties": [(row.code, row.name_zh if words.in_chinese() else row.name_en) for row in varieties()],
        "sorts": supply_words.sorts(),
        "cards": [card(row, names, reader) for row in page.rows],
        "total": page.total,
        "may_publish": reader.may_act,
        "is_member": reader.identity is not None,
        "cursor": cursor,
        "next_cursor": None if page.next_offset is None else str(page.next_offset),
    }
    return render(request, "bulletin/supply.html", context)


def _filters(request: HttpRequest) -> dict[str, str]:
    """What the reader asked for; a value that makes no sense narrows nothing."""
    filters = {name: request.GET.get(name, "").strip()[:64] for name in (*FILTERS, "side", "sort")}
    known = {
        "side": ("sell", "buy"),
        "sort": SORTS,
        "grade": tuple(GRADE_RANK),
        "size": tuple(str(size) for size in SIZES_MM),
    }
    for name, values in known.items():
        if filters[name] not in values:
            filters[name] = "newest" if name == "sort" else ""
    for name in ("from", "to"):
        if _price(filters[name]) is None:
            filters[name] = ""
    if not all(filters[name].isprintable() for name in FILTERS):
        filters |= dict.fromkeys(FILTERS, "")
    return filters


def _price(text: str) -> int | None:
    with suppress(JinguoError):
        return jin_price(text)
    return None


def _wanted(filters: dict[str, str]) -> IntentionFilter:
    number: int | None = None
    if filters["product"]:
        try:
            number = product_by_code(filters["product"]).number
        except UnknownProduct:
            number = 0
    return IntentionFilter(
        side=side_number(filters["side"]) if filters["side"] else None,
        product_number=number,
        variety=filters["variety"],
        county=filters["county"],
        grade=filters["grade"],
        size_mm=int(filters["size"] or 0),
        lowest=_price(filters["from"]),
        highest=_price(filters["to"]),
        with_receipt=bool(filters["receipt"]),
    )


@public
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The board as asked for, as CSV. Raises RateLimited."""
    count_question(request)
    reader, filters = reader_of(request), _filters(request)
    header = [_("编号"), _("方向"), _("货"), _("产地"), _("最少 公斤"), _("最多 公斤"), _("价格 元/斤")]
    header += [
        _("价格 元/公斤"),
        _("交货地点"),
        _("交货时间"),
        _("有效至"),
        _("有仓单"),
        _("发布方"),
        _("说明"),
    ]
    rows: list[list[object]] = []
    offset: int | None = 0
    while offset is not None and len(rows) < MAX_ROWS:
        page = board.intentions(
            wanted=_wanted(filters), sort=filters["sort"], offset=offset, limit=EXPORT_PAGE
        )
        names = BoardNames(reader, {row.account_no for row in page.rows})
        rows += [_csv_row(row, names) for row in page.rows]
        offset = page.next_offset
    return csv_response("supply-demand.csv", header, rows)


def _csv_row(row: IntentionRow, names: BoardNames) -> list[object]:
    terms = row.terms
    return [
        row.no,
        words.word(supply_words.SIDE, words.side_word(terms.side)),
        names.title(terms),
        counties_text(terms.spec.counties),
        terms.least_kg,
        terms.most_kg,
        price_text(terms.price),
        price_kg_text(terms.price),
        terms.place,
        delivery_text(terms),
        terms.valid_until,
        _("是") if row.receipt else "",
        names.member(row.account_no),
        terms.note,
    ]


# One intention ---------------------------------------------------------------------------------------


@public
@require_safe
def one(request: HttpRequest, intention_id: int) -> HttpResponse:
    """One intention: what it says, and what the reader can do about it."""
    reader = reader_of(request)
    return _page(request, reader, _row(intention_id, reader))


def _row(intention_id: int, reader: Reader) -> IntentionRow:
    return board.intention_by_id(in_reach(intention_id), viewer_no=reader.number, operator=reader.operator)


def _page(
    request: HttpRequest,
    reader: Reader,
    row: IntentionRow,
    form: QueryDict | None = None,
    error: dict[str, str] | None = None,
) -> HttpResponse:
    mine = row.account_no == reader.number
    own = [] if mine or reader.number is None else board.inquiries_of(reader.number, intention_id=row.id)
    received = board.inquiries_of(row.account_no, intention_id=row.id) if mine else []
    found = suggestions(row, book=_book(row)) if mine else []
    parties = {row.account_no} | {each.account_no for each in received}
    parties |= {each.intention.account_no for each in found if each.intention}
    parties |= {each.listing.account_no for each in found if each.listing}
    names = BoardNames(reader, parties)
    asked = form or QueryDict()
    context = {
        "tab": "supply",
        "item": card(row, names, reader),
        "facts": facts(row, names),
        "owner_credit": _credit(row.account_no, names, reader),
        "error": error,
        "form": {
            "quantity": asked.get("quantity", str(row.terms.least_kg)),
            "price": asked.get("price", "" if row.terms.price is None else price_text(row.terms.price)),
            "text": asked.get("text", ""),
        },
        "may_ask": reader.may_act and not mine and row.live,
        "is_member": reader.identity is not None,
        "operator": reader.operator,
        "standing": next((each for each in own if each.state == InquiryState.OPEN), None),
        "inquiries": [inquiry_card(each, names, reader) for each in (received or own)],
        "suggestions": [suggestion_card(each, names) for each in found],
        "history": board.history(row.id) if mine or reader.operator else [],
        "report_url": f"/supply/{row.id}/report/",
        "report_kinds": list(supply_words.REPORT_KIND.items()),
    }
    return render(request, "bulletin/supply_item.html", context, status=422 if error else 200)


def _credit(account_no: int, names: BoardNames, reader: Reader) -> dict[str, Any] | None:
    """The publisher's credit record; nothing for who may not know whose it would be."""
    if not reader.knows_names or account_no == reader.number:
        return None
    return credit_badges({account_no: names.code(account_no)}).get(account_no)


def _book(row: IntentionRow) -> list[BookOffer]:
    """The best of the other side of the books of the same variety."""
    if not row.live:
        return []
    side = Side.BUY if row.terms.side == Side.SELL else Side.SELL
    numbers = [each.number for each in products() if each.variety.code == row.terms.spec.variety]
    tops = async_to_sync(book_tops)(numbers, side)
    return [BookOffer(number, side, level.price, level.quantity_kg) for number, level in tops.items()]


@member_page
@require_http_methods(["GET", "HEAD", "POST"])
def inquire(request: HttpRequest, identity: MemberIdentity, intention_id: int) -> HttpResponse:
    """Asks about an intention; a refusal shows what was typed again, and reloading it asks nothing."""
    if request.method != "POST":
        return redirect(f"/supply/{intention_id}/")
    check_role(identity, TRADE_ROLES)
    reader = reader_of(request)
    row = _row(intention_id, reader)
    form = request.POST
    try:
        number = talk.inquire(
            actor=actor_of(request),
            account_no=identity.account_no,
            intention_id=row.id,
            version=version_in(form),
            quantity_kg=kg_in(form.get("quantity", "")),
            price=jin_price(form.get("price", "")),
            text=form.get("text", ""),
        )
    except JinguoError as error:
        return _page(request, reader, row, form, shown_error(error))
    return redirect(f"/me/supply/inquiries/{number}/")


@member_page
@require_POST
def report(request: HttpRequest, identity: MemberIdentity, intention_id: int) -> HttpResponse:
    """Tells the operator about an intention."""
    row = _row(intention_id, reader_of(request))
    try:
        talk.report_intention(
            actor=actor_of(request),
            account_no=identity.account_no,
            intention_id=row.id,
            kind=kind_in(request.POST),
            text=request.POST.get("text", ""),
        )
        messages.success(request, _("已举报，市场经营者会查看"))
    except JinguoError as error:
        messages.error(request, message_of(error))
    return redirect(f"/supply/{row.id}/")


def kind_in(form: QueryDict) -> ReportKind:
    """What is reported. Raises BadParameter."""
    kind = form.get("kind", "")
    if kind not in ReportKind.values:
        raise BadParameter(name="kind")
    return ReportKind(kind)
