"""Do the tables say what the engine says? Everything either side knows twice is compared.

`tables_agree` needs a replica at the tables' own position (the projector's, or one restored there). It
compares orders, positions, the ledger's cash and the receipt register with the engine. Facts under way
between the tables and the floor (a deposit the bank confirmed whose command still waits in the outbox) are
known, and counted on the side that has not heard of them yet.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Max, Sum

from exchange.kernel import outbox
from exchange.trading.desk_reconciliation import desk_agrees
from exchange.trading.models import (
    OPEN_STATUSES,
    AccountPosition,
    GoodsPosition,
    Order,
    ProjectorPosition,
    Trade,
)
from exchange.trading.replica import Replica
from exchange.trading.selectors import PROJECTOR
from exchange.trading.types import Difference, TradeMode
from matching.desk_types import FIRST_DEAL
from matching.engine import AccountState, Engine
from matching.market import MarketEngine
from matching.types import Command, CommandKind
from settlement import selectors as settlement
from warehouse_receipts import selectors as receipts


class _UnderWay(NamedTuple):
    """What commands waiting in the outbox will add to the engine, by account and by account and product."""

    funds: Counter[int]
    goods: Counter[tuple[int, int]]


def tables_agree(replica: Replica) -> list[Difference]:
    """Every difference between the tables and a replica at the same sequence; empty when they agree."""
    position = ProjectorPosition.objects.filter(name=PROJECTOR).first()
    at = (position.seq, position.chain_hash) if position else (0, replica.chain_hash.hex())
    if at != (replica.seq, replica.chain_hash.hex()):
        return [
            Difference("position", PROJECTOR, f"{at[0]} {at[1]}", f"{replica.seq} {replica.chain_hash.hex()}")
        ]
    engine = replica.engine
    accounts = _accounts(engine)
    return [
        *_last_numbers(engine),
        *_open_orders(engine, accounts),
        *_fills(),
        *_positions(accounts),
        *_ledger(accounts),
        *_register(engine, accounts),
        *desk_agrees(engine.desk),
    ]


def _accounts(engine: MarketEngine) -> dict[int, AccountState]:
    """All accounts the tables or the register of positions know, as the engine has them."""
    known = set(AccountPosition.objects.values_list("account_no", flat=True))
    known |= set(settlement.ledger_cash())
    states = {number: engine.account(number) for number in known}
    return {number: state for number, state in states.items() if state is not None}


def _last_numbers(engine: Engine) -> Iterator[Difference]:
    orders = Order.objects.aggregate(last=Max("order_id"))["last"] or 0
    spot = Trade.objects.filter(trade_id__lte=FIRST_DEAL)
    trades = spot.aggregate(last=Max("trade_id"))["last"] or 0
    yield from _compare("last order", "", orders, engine.last_order_id)
    yield from _compare("last trade", "", trades, engine.last_trade_id)
    yield from _compare("number of orders", "", Order.objects.count(), engine.last_order_id)
    yield from _compare("number of trades", "", spot.count(), engine.last_trade_id)


def _open_orders(engine: Engine, accounts: dict[int, AccountState]) -> Iterator[Difference]:
    fields = ("order_id", "product_number", "side", "price", "quantity", "remaining", "expires")
    stored: dict[int, set[tuple[int, ...]]] = {}
    for account, *order in Order.objects.filter(status__in=OPEN_STATUSES).values_list("account_no", *fields):
        stored.setdefault(account, set()).add(tuple(order))
    for account in accounts.keys() | stored.keys():
        standing = {tuple(order[: len(fields)]) for order in engine.open_orders(account)}
        kept = stored.get(account, set())
        if standing != kept:
            differing = f"{sorted(kept - standing)}", f"{sorted(standing - kept)}"
            yield Difference("open orders", f"account {account}", *differing)


def _fills() -> Iterator[Difference]:
    """Each order is filled by its trades, no more and no less."""
    traded: Counter[int] = Counter()
    for column in ("buy_order_id", "sell_order_id"):
        spot = Trade.objects.filter(mode=TradeMode.SPOT)
        for order_id, kg in spot.values_list(column).annotate(kg=Sum("quantity")):
            traded[order_id] += kg
    for order_id, filled in Order.objects.filter(filled__gt=0).values_list("order_id", "filled").iterator():
        yield from _compare("filled kg", f"order {order_id}", filled, traded.pop(order_id, 0))
    for order_id, kg in traded.items():
        yield from _compare("filled kg", f"order {order_id}", 0, kg)


def _positions(accounts: dict[int, AccountState]) -> Iterator[Difference]:
    rows = AccountPosition.objects.values_list("account_no", "funds_free", "funds_held")
    stored = {account: (free, held) for account, free, held in rows}
    for account, state in accounts.items():
        engine_funds = (state.funds_free, state.funds_held)
        yield from _compare("funds", f"account {account}", stored.get(account, (0, 0)), engine_funds)
    kept = GoodsPosition.objects.values_list("account_no", "product_number", "free_kg", "held_kg")
    goods = {(account, product): (free, held) for account, product, free, held in kept if free or held}
    for key, in_engine in _goods(accounts).items():
        yield from _compare("goods", _goods_key(key), goods.pop(key, (0, 0)), in_engine)
    for key, in_tables in goods.items():
        yield from _compare("goods", _goods_key(key), in_tables, (0, 0))


def _ledger(accounts: dict[int, AccountState]) -> Iterator[Difference]:
    """Ledger cash not reserved for withdrawals = what the engine has, and what is still on its way there."""
    under_way = _under_way().funds
    cash = settlement.ledger_cash()
    for account in cash.keys() | accounts.keys():
        posted, reserved = cash.get(account, (0, 0))
        state = accounts.get(account)
        in_engine = state.funds_free + state.funds_held if state else 0
        key = f"account {account}"
        yield from _compare("ledger cash", key, posted - reserved, in_engine + under_way[account])


def _register(engine: MarketEngine, accounts: dict[int, AccountState]) -> Iterator[Difference]:
    """Receipts out of their resale lock = goods of the engine; receipts on hold = goods on hold of orders.

    Goods set aside for listings and auctions are lots of the desk, which the engine counts as held.
    """
    under_way = _under_way().goods
    registered, aside = receipts.sellable_kg(), receipts.kg_in_lots()
    goods = _goods(accounts)
    lots: Counter[tuple[int, int]] = Counter()
    for lot in engine.desk.lots.values():
        lots[lot.account, lot.product] += lot.kg
    for key in registered.keys() | aside.keys() | goods.keys() | under_way.keys():
        free, held = goods.get(key, (0, 0))
        kg, held_kg = registered.get(key, (0, 0))
        in_register = kg + aside.get(key, 0)
        yield from _compare("kg of receipts", _goods_key(key), in_register, free + held + under_way[key])
        yield from _compare("kg of receipts on hold", _goods_key(key), held_kg, held - lots[key])


def _under_way() -> _UnderWay:
    funds: Counter[int] = Counter()
    goods: Counter[tuple[int, int]] = Counter()
    after, page = 0, outbox.pending()
    while page:
        for row in page:
            command = Command.unpack(row.command)
            if command.kind == CommandKind.FUNDS and command.amount > 0:
                funds[command.account] += command.amount
            if command.kind == CommandKind.GOODS and command.quantity > 0:
                goods[command.account, command.product] += command.quantity
            after = row.id
        page = outbox.pending(after=after)
    return _UnderWay(funds, goods)


def _goods(accounts: dict[int, AccountState]) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (account, line.product): (line.free, line.held)
        for account, state in accounts.items()
        for line in state.goods
    }


def _goods_key(key: tuple[int, int]) -> str:
    return f"account {key[0]} product {key[1]}"


def _compare(what: str, key: str, in_tables: object, in_engine: object) -> Iterator[Difference]:
    if in_tables != in_engine:
        yield Difference(what, key, str(in_tables), str(in_engine))
