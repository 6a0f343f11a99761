"""The only module that locks rows of the markets: the open session first, then products by number."""

from exchange.kernel.errors import UnknownProduct
from exchange.markets.models import Product, TradingSession
from exchange.markets.types import ProductStatus, SessionState


def lock_open_session() -> TradingSession | None:
    """The open session, if there is one."""
    return TradingSession.objects.select_for_update().filter(state=SessionState.OPEN).first()


def lock_listed_products() -> list[Product]:
    """All products that can be traded, in order of their numbers."""
    listed = Product.objects.select_for_update(of=("self",)).filter(status=ProductStatus.LISTED)
    return list(listed.order_by("number"))


def lock_product(code: str) -> Product:
    """One product. Raises UnknownProduct."""
    product = Product.objects.select_for_update(of=("self",)).filter(code=code).first()
    if product is None:
        raise UnknownProduct(code)
    return product


def lock_product_number(number: int) -> Product:
    """One product by the engine's number. Raises UnknownProduct."""
    product = Product.objects.select_for_update(of=("self",)).filter(number=number).first()
    if product is None:
        raise UnknownProduct(str(number))
    return product
