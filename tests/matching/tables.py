"""A book drawn as a table: the best prices in the middle, every order with its kg, number and account.

::

    bids               | price | asks
                       |  730  | 2000 #4 B
                       |  725  | 500 #2 A, 700 #3 C
    1000 #1 A          |  720  |

Orders of one price stand by priority, the one that trades first at the left.
"""

from collections import defaultdict

from matching import snapshot as layout
from matching.engine import Engine
from matching.types import Side
from tests.matching.market import Market

Cell = tuple[list[str], list[str]]
"""The bids and the asks of one price."""


def book_table(engine: Engine, product: int = 1) -> str:
    """The book of a product, highest price first. Its snapshot is asked, which has the orders by priority."""
    body = layout.unseal(engine.snapshot())
    *_, products, accounts, goods, _ = layout.HEADER.unpack_from(body)
    start = layout.HEADER.size + products * layout.PRODUCT.size + accounts * layout.ACCOUNT.size
    rows: dict[int, Cell] = defaultdict(lambda: ([], []))
    for order in layout.ORDER.iter_unpack(body[start + goods * layout.GOODS.size :]):
        order_id, account, number, side, _, price, quantity, filled = order
        if number == product:
            text = f"{quantity - filled} #{order_id} {chr(ord('A') + account - 1)}"
            rows[price][side == Side.SELL].append(text)
    prices = sorted(rows, reverse=True)
    return drawn([(", ".join(rows[price][0]), price, ", ".join(rows[price][1])) for price in prices])


def drawn(rows: list[tuple[str, int, str]]) -> str:
    """Columns of equal width below a heading."""
    width = max([len("bids"), *(len(bids) for bids, _, _ in rows)])
    lines = [f"{'bids':{width}} | price | asks"]
    lines += [f"{bids:{width}} | {price:^5} | {asks}" for bids, price, asks in rows]
    return "\n".join(line.rstrip() for line in lines)


def shows(market: Market, table: str) -> None:
    """Compares the book of product 1 with a drawn one; how wide the columns are does not matter."""
    _, *lines = filter(None, map(str.strip, table.strip("\n").splitlines()))
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    assert book_table(market.engine) == drawn([(bids, int(price), asks) for bids, price, asks in cells])
