"""How a desk command ends when it cannot be done."""

from matching.desk_events import DeskReason
from matching.engine import ProductState
from matching.types import MAX_PRICE, Reason


class Refused(Exception):
    """A desk command cannot be done; it has changed nothing."""

    def __init__(self, reason: Reason | DeskReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def refuse_if(condition: bool, reason: Reason | DeskReason) -> None:
    """Refuses the command if the condition holds."""
    if condition:
        raise Refused(reason)


def check_price(product: ProductState, price: int, *, band: bool) -> None:
    """Refuses a price that cannot be, is outside the product's band (if that matters) or off its tick."""
    refuse_if(not 1 <= price <= MAX_PRICE, Reason.BAD_PRICE)
    refuse_if(band and not product.low <= price <= product.high, Reason.PRICE_BAND)
    refuse_if(price % product.tick != 0, Reason.OFF_TICK)
