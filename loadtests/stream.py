"""Order streams: made from a seed or read from a file, the same rows every time.

A stream is a list of rows in time order. Growers sell, dealers buy; prices follow a mean-reverting
walk around each product's reference, so that a stream trades without running out of its band.
Prices are fen per kg, quantities kg, times milliseconds from the start of the stream.
"""

import csv
import random
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Operation = Literal["place", "cancel", "replace"]
OPERATIONS: dict[str, Operation] = {"place": "place", "cancel": "cancel", "replace": "replace"}
COLUMNS = (
    "at_ms",
    "member",
    "operation",
    "product",
    "side",
    "price_fen",
    "quantity_kg",
    "time_in_force",
    "order",
)


class StreamRow(NamedTuple):
    """One thing a member does; ``order`` is the client order id it makes or refers to."""

    at_ms: int
    member: str
    operation: Operation
    product: str
    side: str
    price_fen: int
    quantity_kg: int
    time_in_force: str
    order: str


COLUMNS = StreamRow._fields


class StreamProduct(NamedTuple):
    """What a stream must know of a product: code, reference and band (fen/kg), step and least order (kg)."""

    code: str
    reference_fen: int
    low_fen: int
    high_fen: int
    step_kg: int
    min_kg: int


class Mix(NamedTuple):
    """Shares of a stream in percent; the rest are day orders."""

    ioc: int = 15
    cancel: int = 20
    replace: int = 5


USUAL_MIX = Mix()


class BadStream(ValueError):
    """A stream file that cannot be replayed; the text names the line."""


def generate(
    *,
    seed: int,
    count: int,
    products: list[StreamProduct],
    sellers: list[str],
    buyers: list[str],
    rate_per_s: int = 1_000,
    mix: Mix = USUAL_MIX,
) -> Iterator[StreamRow]:
    """``count`` rows drawn from ``seed``: the same arguments give the same rows on any machine."""
    maker = _OrderMaker(random.Random(seed), products, sellers, buyers, mix.ioc)
    alive: deque[StreamRow] = deque(maxlen=5_000)
    for number in range(count):
        at_ms = number * 1_000 // rate_per_s
        draw = maker.chance.randrange(100)
        if alive and draw < mix.cancel + mix.replace:
            target = alive.popleft()._replace(at_ms=at_ms)
            if draw < mix.cancel:
                yield target._replace(operation="cancel")
            else:
                larger = target.quantity_kg + maker.chance.randrange(3) * 100
                yield target._replace(operation="replace", quantity_kg=larger)
            continue
        row = maker.order(number, at_ms)
        if row.time_in_force == "day":
            alive.append(row)
        yield row


class _OrderMaker:
    """Draws orders: each product's price walks around its reference, orders lie a little off the walk."""

    def __init__(
        self,
        chance: random.Random,
        products: list[StreamProduct],
        sellers: list[str],
        buyers: list[str],
        ioc_percent: int,
    ) -> None:
        self.chance = chance
        self.products = products
        self.members = {"sell": sellers, "buy": buyers}
        self.ioc_percent = ioc_percent
        self.walks = {product.code: float(product.reference_fen) for product in products}

    def order(self, number: int, at_ms: int) -> StreamRow:
        """The next new order."""
        chance = self.chance
        product = chance.choice(self.products)
        side = chance.choice(("buy", "sell"))
        price = self._walk(product) + chance.gauss(1.5, 3.0) * (1 if side == "sell" else -1)
        return StreamRow(
            at_ms=at_ms,
            member=chance.choice(self.members[side]),
            operation="place",
            product=product.code,
            side=side,
            price_fen=min(max(round(price), product.low_fen), product.high_fen),
            quantity_kg=product.min_kg + product.step_kg * chance.randrange(10),
            time_in_force="ioc" if chance.randrange(100) < self.ioc_percent else "day",
            order=f"s{number}",
        )

    def _walk(self, product: StreamProduct) -> float:
        """One step of a walk that is drawn back to the reference (fen per kg)."""
        walk = self.walks[product.code]
        walk += (product.reference_fen - walk) * 0.01 + self.chance.gauss(0, 1)
        self.walks[product.code] = walk
        return walk


def write_csv(rows: Iterable[StreamRow], path: Path) -> None:
    """Writes a stream with a header line."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def read_csv(path: Path) -> Iterator[StreamRow]:
    """The rows of a file with the columns of ``COLUMNS``. Raises BadStream with the line at fault."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames is None or set(COLUMNS) - set(reader.fieldnames):
            raise BadStream(f"{path}: the first line must name the columns {', '.join(COLUMNS)}")
        for line, record in enumerate(reader, start=2):
            yield _row_of(record, f"{path}:{line}")


def _row_of(record: dict[str, str], where: str) -> StreamRow:
    """One checked row of a file."""
    operation = OPERATIONS.get(record["operation"])
    if operation is None:
        raise BadStream(f"{where}: operation must be place, cancel or replace, not {record['operation']!r}")
    try:
        return StreamRow(
            at_ms=int(record["at_ms"]),
            member=record["member"],
            operation=operation,
            product=record["product"],
            side=record["side"],
            price_fen=int(record["price_fen"]),
            quantity_kg=int(record["quantity_kg"]),
            time_in_force=record["time_in_force"],
            order=record["order"],
        )
    except (TypeError, ValueError) as error:
        raise BadStream(f"{where}: {error}") from error
