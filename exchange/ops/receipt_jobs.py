"""What the receipt register does by itself: seals, downgrades, last days, freezes, pledges, fees, sensors."""

from exchange.kernel.calendar import NS_PER_S, datetime_of, trading_day
from exchange.markets.selectors import products_by_number
from exchange.ops.store_money import post_storage_fees
from exchange.price_index import selectors as price_index
from exchange.price_index.errors import NoIndexValue
from exchange.trading.clock import Poll
from warehouse_receipts import services as receipts
from warehouse_receipts.chain import seal_endorsements
from warehouse_receipts.editions import retire_superseded
from warehouse_receipts.warehouses import continue_simulation

MILLI = 1_000


def receipt_polls() -> list[Poll]:
    """Work on receipts that finds out by itself whether there is something to do."""
    return [
        Poll("seals over endorsements", 10 * NS_PER_S, _seal),
        Poll("downgraded receipts", 60 * NS_PER_S, _sweep_downgrades),
        Poll("expired receipts", 600 * NS_PER_S, _expire),
        Poll("orders to freeze that wait", 2 * NS_PER_S, _follow_orders),
        Poll("receipts to be written off or regraded", 2 * NS_PER_S, _follow_disposals),
        Poll("freezes that end", 600 * NS_PER_S, _lift_freezes),
        Poll("editions that were superseded", 3_600 * NS_PER_S, _retire_editions),
        Poll("fees of stores", 60 * NS_PER_S, _post_fees),
        Poll("valuation of pledges", 3_600 * NS_PER_S, review_pledges),
        Poll("simulated sensors", 600 * NS_PER_S, _simulate_climate),
    ]


def _seal(_time_ns: int) -> None:
    seal_endorsements()


def _sweep_downgrades(_time_ns: int) -> None:
    receipts.sweep_downgrades()


def _expire(time_ns: int) -> None:
    receipts.expire_receipts(trading_day(time_ns))


def _follow_orders(_time_ns: int) -> None:
    receipts.follow_orders()


def _follow_disposals(_time_ns: int) -> None:
    receipts.follow_disposals({number: product.cell for number, product in products_by_number().items()})


def _lift_freezes(time_ns: int) -> None:
    receipts.lift_due_freezes(trading_day(time_ns))


def _simulate_climate(time_ns: int) -> None:
    continue_simulation(datetime_of(time_ns))


def _retire_editions(time_ns: int) -> None:
    retire_superseded(trading_day(time_ns))


def _post_fees(_time_ns: int) -> None:
    post_storage_fees()


def review_pledges(time_ns: int) -> None:
    """Values pledges at the cells' prices of the last published index; without one they keep theirs."""
    receipts.review_pledges(index_prices(), day=trading_day(time_ns))


def index_prices() -> dict[int, int]:
    """Fen per kg by product number, rounded down, from the last published index; empty before the first."""
    last = price_index.latest()
    if last is None:
        return {}
    try:
        cells = price_index.evidence_of(last.day).cells
    except NoIndexValue:
        return {}
    return {
        cell.product_number: cell.price_milli // MILLI
        for cell in cells
        if cell.price_milli is not None and cell.price_milli >= MILLI
    }
