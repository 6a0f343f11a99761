"""What a member may read of its own: orders, trades, money, goods, contracts and statements."""

from typing import Annotated, Any, Literal

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from ninja import Query, Router

from exchange.kernel.calendar import format_time
from exchange.kernel.errors import NotFound, UnknownProduct
from exchange.kernel.money import format_yuan
from exchange.markets.selectors import products
from exchange.ops import order_guards
from exchange.trading import selectors as trading
from settlement import selectors as settlement
from settlement.amendments import amendments_of
from settlement.terms import terms_of
from warehouse_receipts import selectors as receipts_register
from web.api import rows
from web.api.access import member_of
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT, before, page
from web.api.schemas import (
    AmendmentOut,
    CancelAfterOut,
    ContractOut,
    FundsOut,
    LedgerLineOut,
    Listing,
    MemberOut,
    MovementOut,
    OrderOut,
    ReceiptOut,
    RefusedOrderOut,
    StatementOut,
    TermsOut,
    TradeOut,
)
from web.ws import services
from web.ws.fields import SHOWN_CLIENT_ORDER_ID

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]
OrderNumber = Annotated[int, Query(ge=1, le=2**63 - 1)]

member = Router(tags=["member"])


def _codes() -> dict[int, str]:
    return {row.number: row.code for row in products(delisted=True)}


@member.get("/me", response=MemberOut, summary="Who the key belongs to")
def me(request: HttpRequest) -> dict[str, Any]:
    """Member, role and scopes of the key or log-in."""
    who = member_of(request)
    return {**who._asdict(), "scopes": sorted(who.scopes)}


@member.get("/orders", response=Listing[OrderOut], summary="The member's orders")
def orders(
    request: HttpRequest,
    status: Literal["open", "done", "all"] = "all",
    product: Annotated[str | None, Query(max_length=64)] = None,
    client_order_id: Annotated[str | None, Query(pattern=SHOWN_CLIENT_ORDER_ID)] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Accepted orders, newest first."""
    account, codes = member_of(request).account_no, _codes()
    if client_order_id is not None:
        found = trading.order_by_client_id(account, client_order_id)
        return page(
            [found] if found else [], limit, lambda row: rows.order(row, codes), lambda row: row.order_id
        )
    listed = trading.orders_of(
        account,
        status=status,
        product_number=_number(product, codes),
        before=before(cursor),
        limit=limit + 1,
    )
    return page(listed, limit, lambda row: rows.order(row, codes), lambda row: row.order_id)


def _number(product: str | None, codes: dict[int, str]) -> int | None:
    if product is None:
        return None
    for number, code in codes.items():
        if code == product:
            return number
    raise UnknownProduct(product)


@member.get("/orders/refused", response=Listing[RefusedOrderOut], summary="Orders the floor refused")
def refused_orders(
    request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """Refused orders with the reason, newest first."""
    codes = _codes()
    found = trading.refused_orders_of(member_of(request).account_no, before=before(cursor), limit=limit + 1)
    return page(found, limit, lambda row: rows.refused_order(row, codes), lambda row: row.seq)


@member.get("/orders/cancel-after", response=CancelAfterOut, summary="Whether cancel-after is armed")
def cancel_after(request: HttpRequest) -> dict[str, Any]:
    """When all open orders of the account will be cancelled unless the switch is armed again."""
    lapses_at_ns = order_guards.cancel_after_of(member_of(request).account_no)
    return {"cancels_at": format_time(lapses_at_ns) if lapses_at_ns else None}


@member.get("/orders/{order_id}", response=OrderOut, summary="One order")
def order(request: HttpRequest, order_id: int) -> dict[str, Any]:
    """One of the member's orders."""
    if not 0 < order_id < 2**63:
        raise NotFound
    found = trading.order_by_id(order_id, member_of(request).account_no)
    if found is None:
        raise NotFound(str(order_id))
    return rows.order(found, _codes())


@member.get("/trades", response=Listing[TradeOut], summary="The member's trades")
def trades(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Trades with fees and contract numbers, newest first."""
    account, codes = member_of(request).account_no, _codes()
    found = trading.trades_of(account, before=before(cursor), limit=limit + 1)
    numbers = settlement.contract_nos(row.trade_id for row in found)
    return page(found, limit, lambda row: rows.trade(row, account, codes, numbers), lambda row: row.trade_id)


@member.get("/funds", response=FundsOut, summary="Money and goods")
def funds(request: HttpRequest) -> dict[str, Any]:
    """What can be spent and sold now (from the floor) and what the ledger keeps."""
    account, codes = member_of(request).account_no, _codes()
    live = async_to_sync(services.account_now)(account)
    kept = settlement.funds_summary(account)
    return {
        "free": format_yuan(live.funds_free),
        "held": format_yuan(live.funds_held),
        "cash": format_yuan(kept.cash_fen),
        "withdrawing": format_yuan(kept.withdrawing_fen),
        "depositing": format_yuan(kept.depositing_fen),
        "quality_deposit": format_yuan(kept.quality_deposit_fen),
        "goods": [
            {"product": codes.get(line.product, ""), "free_kg": line.free_kg, "held_kg": line.held_kg}
            for line in live.goods
        ],
        "seq": live.seq,
    }


@member.get("/funds/lines", response=Listing[LedgerLineOut], summary="Movements on the member's cash")
def funds_lines(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Every movement with the balance after it, newest first."""
    account = member_of(request).account_no
    found = settlement.ledger_lines(account, cursor=_cursor(cursor), limit=limit)
    return {"items": [rows.ledger_line(line) for line in found.rows], "next_cursor": found.next_cursor}


@member.get("/funds/movements", response=Listing[MovementOut], summary="Deposits and withdrawals")
def movements(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Deposits and withdrawals with their state at the bank, newest first."""
    account = member_of(request).account_no
    found = settlement.bank_movements(account, cursor=_cursor(cursor), limit=limit)
    return {"items": [rows.movement(view) for view in found.rows], "next_cursor": found.next_cursor}


@member.get("/receipts", response=Listing[ReceiptOut], summary="Warehouse receipts")
def receipts(
    request: HttpRequest,
    product: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Receipts the member holds, newest first."""
    codes = _codes()
    found = receipts_register.receipts_of(
        member_of(request).account_no,
        product_number=_number(product, codes),
        before=before(cursor),
        limit=limit + 1,
    )
    return page(found, limit, lambda row: rows.receipt(row, codes), lambda row: row.receipt_id)


@member.get("/contracts", response=Listing[ContractOut], summary="Contracts")
def contracts(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Contracts in which the member sells or buys, newest first."""
    account = member_of(request).account_no
    found = settlement.contracts_of(account, cursor=_cursor(cursor), limit=limit)
    return {"items": [rows.contract(view) for view in found.rows], "next_cursor": found.next_cursor}


@member.get("/contracts/{contract_no}", response=ContractOut, summary="One contract")
def contract(request: HttpRequest, contract_no: str) -> dict[str, Any]:
    """One contract of the member, all fields."""
    if not contract_no.isprintable():
        raise NotFound
    account = member_of(request).account_no
    return rows.contract(settlement.access_contract(contract_no, account_no=account))


@member.get("/contracts/{contract_no}/amendments", response=list[AmendmentOut], summary="Its amendments")
def amendments(request: HttpRequest, contract_no: str) -> list[dict[str, Any]]:
    """Amendments of one contract of the member, oldest first."""
    found = contract(request, contract_no)
    return [rows.amendment(row) for row in amendments_of(found["contract_no"])]


@member.get("/contracts/{contract_no}/terms", response=TermsOut, summary="Its common terms")
def contract_terms(request: HttpRequest, contract_no: str) -> dict[str, Any]:
    """The version of the common terms a contract of the member is under."""
    found = contract(request, contract_no)
    return rows.terms(terms_of(found["rulebook_version"]))


@member.get("/statements", response=Listing[StatementOut], summary="Daily statements")
def statements(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    """Daily statements, newest first, all revisions."""
    account = member_of(request).account_no
    found = settlement.statements_of(account, cursor=_cursor(cursor), limit=limit)
    return {"items": [rows.statement(view) for view in found.rows], "next_cursor": found.next_cursor}


def _cursor(cursor: str | None) -> str | None:
    before(cursor)
    return cursor or None
