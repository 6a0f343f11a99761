"""``python -m loadtests.engine.desk_bench``: takes and bids a second of the desk alone, on one core.

Batches through the public interface with all checks, holds and deals, as the floor applies them. Flows:

takes      10,000 members race for one listing of 5,000 lots of a step: half win, half come too late.
english    200 bidders outbid each other; every bid extends nothing and changes the standing bid.
proxies    the same, each with a hidden maximum.
dutch      bidders press a clock; each press is a deal.
sealed     10,000 sealed bids, then the end with all awards.
"""

import time
from collections.abc import Iterator

from matching.desk_types import (
    AUCTION,
    LISTED,
    AuctionKind,
    AuctionParameter,
    DeskCommand,
    DeskCommandKind,
    Pricing,
)
from matching.market import MarketEngine, new_market
from matching.types import RECORD_SIZE, Command, CommandKind, Side

K, P = DeskCommandKind, AuctionParameter
MEMBERS = 10_000
BIDDERS = 200
BATCH = 64
SECOND = 1_000_000_000
OWNER = MEMBERS + 1
LOT_KG = 500_000


def opened(first: list[DeskCommand]) -> MarketEngine:
    """A market with members who have money, an owner who has goods, and these commands done at second 1."""
    market = new_market()
    core = [
        Command(CommandKind.PRODUCT, product=1, price=1, quantity=900_000, amount=100, order_id=100),
        *(Command(CommandKind.ACCOUNT, account=number, price=20) for number in range(1, OWNER + 1)),
        *(Command(CommandKind.FUNDS, account=number, amount=10**12) for number in range(1, OWNER + 1)),
        Command(CommandKind.GOODS, account=OWNER, product=1, quantity=LOT_KG),
    ]
    desk = [
        DeskCommand(K.DESK, product=1, flags=LISTED | AUCTION, amount=1),
        DeskCommand(K.LOT, account=OWNER, product=1, id=1, quantity=LOT_KG),
        *first,
    ]
    market.apply(
        b"".join(each.pack() for each in core)
        + b"".join(each._replace(time_ns=SECOND).pack() for each in desk),
        1,
    )
    return market


def auction(kind: AuctionKind, bidders: int, **parameters: int) -> MarketEngine:
    """An open auction of the lot, at second 3."""
    market = opened(
        [
            DeskCommand(
                K.AUCTION,
                account=OWNER,
                product=1,
                side=Side.SELL,
                mode=kind,
                id=1,
                price=1_000,
                quantity=LOT_KG,
                amount=2 * SECOND,
                extra=1,
            ),
            *(
                DeskCommand(K.AUCTION_SET, id=1, other=P[name.upper()], amount=value)
                for name, value in {"bond_fen_per_t": 2_000, **parameters}.items()
            ),
            DeskCommand(K.ANNOUNCE, id=1),
            *(DeskCommand(K.ENTER, account=number, id=1) for number in range(1, bidders + 1)),
        ]
    )
    market.apply(DeskCommand(K.TIME, 3 * SECOND).pack(), 10**6)
    return market


def bid(bidder: int, price: int, kg: int = 0, maximum: int = 0) -> DeskCommand:
    """One bid at second 3."""
    return DeskCommand(
        K.BID, 3 * SECOND, account=bidder, id=1, price=price, quantity=kg, amount=maximum, other=1
    )


def flows() -> Iterator[tuple[str, MarketEngine, list[DeskCommand]]]:
    """Name, market and commands of each flow."""
    listing = DeskCommand(
        K.LIST,
        account=OWNER,
        product=1,
        side=Side.SELL,
        id=1,
        price=700,
        quantity=LOT_KG,
        amount=10**15,
        extra=1,
    )
    race = [
        DeskCommand(K.TAKE, 3 * SECOND, account=number, id=1, price=700, quantity=100)
        for number in range(1, MEMBERS + 1)
    ]
    yield "takes", opened([listing]), race
    long = {"duration_ns": 10**15}
    rises = [bid(at % BIDDERS + 1, 1_000 + at) for at in range(10_000)]
    yield "english", auction(AuctionKind.ENGLISH, BIDDERS, **long), rises
    hidden = [bid(at % BIDDERS + 1, 1_001 + 2 * at, maximum=1_002 + 2 * at) for at in range(10_000)]
    yield "proxies", auction(AuctionKind.ENGLISH, BIDDERS, **long), hidden
    presses = [bid(at % BIDDERS + 1, 1_000, 100) for at in range(5_000)]
    yield "dutch", auction(AuctionKind.DUTCH, BIDDERS, tick_ns=10**15, floor=1), presses
    units = {"pricing": Pricing.LOWEST_ACCEPTED, "duration_ns": 20 * SECOND}
    sealed = [bid(number, 1_000 + number % 97, 100) for number in range(1, MEMBERS + 1)]
    end = DeskCommand(K.TIME, 23 * SECOND)
    yield "sealed", auction(AuctionKind.SEALED, MEMBERS, **units), [*sealed, end]


def per_second(market: MarketEngine, commands: list[DeskCommand]) -> int:
    """Commands a second, in batches as the floor makes them."""
    batch = b"".join(command.pack() for command in commands)
    size = BATCH * RECORD_SIZE
    started = time.perf_counter()
    for at in range(0, len(batch), size):
        market.apply(batch[at : at + size], 10**7 + at // RECORD_SIZE)
    return round(len(commands) / (time.perf_counter() - started))


def main() -> None:
    """Measures and prints."""
    for name, market, commands in flows():
        rate = per_second(market, commands)
        print(f"{name:8} {rate:>8,} a second   ({market.desk.deals:,} deals)", flush=True)


if __name__ == "__main__":
    main()
