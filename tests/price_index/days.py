"""An index of two cells, and days of trades for it."""

from datetime import date
from itertools import count

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import day_bounds_ns
from exchange.price_index import services
from exchange.price_index.types import HEADLINE, NewIndexCell
from exchange.trading.models import Order, Trade
from exchange.trading.replies import OrderStatus
from matching.types import Reason, Side, TimeInForce

FRIDAY, MONDAY, TUESDAY = date(2026, 12, 4), date(2026, 12, 7), date(2026, 12, 8)
WEDNESDAY, THURSDAY = date(2026, 12, 9), date(2026, 12, 10)

_ids = count(1)


def an_index(base_day: date = FRIDAY) -> None:
    """Cell 1: the base specification, weight 60 %, 6.00 yuan; cell 2: 1.50 yuan below it, weight 40 %."""
    services.define_index(
        actor=SYSTEM,
        code=HEADLINE,
        name_zh="咸阳苹果价格指数",
        name_en="Xianyang Apple Price Index",
        base_day=base_day,
        cells=[
            NewIndexCell(1, "HFS-Z80-1-XY", 6_000, 600, 0),
            NewIndexCell(2, "HFS-Z75-1-XY", 4_000, 450, -150),
        ],
    )


def trade(day: date, product: int, price: int, kg: int = 2_000, *, buyer: int = 11, seller: int = 1) -> None:
    """A settled trade at noon."""
    number = next(_ids)
    Trade.objects.create(
        trade_id=number,
        product_number=product,
        price=price,
        quantity=kg,
        amount_fen=price * kg,
        buyer_no=buyer,
        seller_no=seller,
        buy_order_id=2 * number,
        sell_order_id=2 * number + 1,
        buyer_fee=0,
        seller_fee=0,
        deposit_fen=0,
        taker_side=Side.BUY,
        seq=number,
        traded_at_ns=day_bounds_ns(day)[0] + 12 * 3_600 * 10**9,
        day=day,
    )


def liquid(day: date, product: int, price: int) -> None:
    """Enough equal trades for a price: three, by two sellers and two buyers, none above 40 %."""
    for buyer, seller in ((11, 1), (12, 1), (11, 2), (12, 2)):
        trade(day, product, price, buyer=buyer, seller=seller)


def order(
    day: date,
    product: int,
    side: Side,
    price: int,
    kg: int = 2_000,
    *,
    closed_by: int | None = None,
) -> None:
    """An order that stands in the book, or stood there when the session was closed by that command."""
    number = next(_ids)
    Order.objects.create(
        order_id=number,
        account_no=1,
        product_number=product,
        client_order_id=f"c{number}",
        side=side,
        time_in_force=TimeInForce.DAY,
        price=price,
        quantity=kg,
        filled=0,
        remaining=kg if closed_by is None else 0,
        status=OrderStatus.OPEN if closed_by is None else OrderStatus.CANCELLED,
        reason=Reason.NONE if closed_by is None else Reason.SESSION_END,
        placed_at_ns=day_bounds_ns(day)[0] + 12 * 3_600 * 10**9,
        seq=number,
        updated_seq=number if closed_by is None else closed_by,
    )
