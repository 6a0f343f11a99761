"""All detectors, in the order in which their findings are told."""

from collections.abc import Callable

from exchange.surveillance.bid_ring_detector import bid_rings
from exchange.surveillance.order_detectors import large_traders, layering, self_trade_hits
from exchange.surveillance.parameters import Parameters
from exchange.surveillance.trade_detectors import marked_closes, price_outliers, related_trades, wash_trades
from exchange.surveillance.types import Facts, Finding, Kind

Detector = Callable[[Facts, Parameters], list[Finding]]

DETECTORS: dict[Kind, Detector] = {
    Kind.WASH: wash_trades,
    Kind.RELATED: related_trades,
    Kind.SELF_TRADE: self_trade_hits,
    Kind.LAYERING: layering,
    Kind.OUTLIER: price_outliers,
    Kind.BID_RING: bid_rings,
    Kind.LARGE: large_traders,
    Kind.CLOSE: marked_closes,
}


def detect(facts: Facts, parameters: Parameters) -> list[Finding]:
    """Everything found about a day."""
    return [finding for detector in DETECTORS.values() for finding in detector(facts, parameters)]
