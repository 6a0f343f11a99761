"""The desk of a product (挂牌、议价、竞价) as the floor is told: modes, ways to pay, open or closed.

A product's desk opens and closes with the sessions and halts with the product, whatever its book does. A
product without a mode of the desk has one that never opens.
"""

from collections.abc import Iterable

from exchange.kernel import outbox
from exchange.kernel.ids import next_number
from exchange.markets.models import Product
from exchange.markets.types import DESK_MODES
from matching.desk_types import DeskCommand, DeskCommandKind


def open_desks(products: Iterable[Product]) -> None:
    """Opens the desks of locked products that have one and are not halted."""
    _set([p for p in products if p.modes & DESK_MODES and not p.halted and not p.desk_open], is_open=True)


def close_desks(products: Iterable[Product]) -> None:
    """Closes the desks of locked products."""
    _set([p for p in products if p.desk_open], is_open=False)


def _set(products: list[Product], *, is_open: bool) -> None:
    for product in products:
        product.desk_open = is_open
    Product.objects.filter(number__in=[p.number for p in products]).update(desk_open=is_open)
    outbox.enqueue_many((command_of(p), _reference(p)) for p in products)


def tell_desk(product: Product) -> str:
    """The modes and ways to pay of a locked product, and whether its desk is open, as its row has them.

    Returns the outbox reference.
    """
    return outbox.enqueue(command_of(product), _reference(product)).reference


def command_of(product: Product) -> DeskCommand:
    """What the floor is told of a product's desk."""
    return DeskCommand(
        DeskCommandKind.DESK,
        product=product.number,
        flags=(product.modes & DESK_MODES) | product.payments,
        amount=int(product.desk_open),
    )


def _reference(product: Product) -> str:
    telling = next_number(f"desk:{product.number}")
    return f"desk:{product.number}:{telling}"
