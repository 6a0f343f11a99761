"""`jinguo bench`: how many orders the floor makes durable, how many trades a second are settled."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, show


def add_to(commands: Any) -> None:
    """Declare the command."""
    bench = commands.add_parser("bench", help="measure")
    what = bench.add_subparsers(required=True, metavar="WHAT")
    floor = what.add_parser("floor", help="bus, engine and journal without sockets, in a temporary directory")
    floor.add_argument("--orders", type=int, default=100_000, help="how many (default 100000)")
    floor.add_argument("--in-flight", type=int, default=64, help="unanswered at any time (default 64)")
    floor.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    floor.set_defaults(run=_floor)
    settlement = what.add_parser(
        "settlement", help="trades from the journal into all tables, in the empty database of DATABASE_URL"
    )
    settlement.add_argument("--trades", type=int, default=20_000, help="how many (default 20000)")
    settlement.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    settlement.set_defaults(run=_settlement)


def _settlement(options: argparse.Namespace) -> int:
    from exchange.ops.settlement_bench import measure

    result = measure(trades=options.trades)
    text = (
        f"{result['trades_per_s']:,.0f} trades/s settled; a raw copy of the same rows "
        f"{result['copied_per_s']:,.0f}/s"
    )
    show(result, as_json=options.json, text=text)
    return Exit.OK


def _floor(options: argparse.Namespace) -> int:
    from exchange.trading.floor_bench import measure

    result = measure(orders=options.orders, in_flight=options.in_flight)
    text = (
        f"{result['orders_per_s']:,.0f} durable orders/s with {options.in_flight} in flight; "
        f"ack p50 {result['ack_p50_ms']:.2f} ms, p99 {result['ack_p99_ms']:.2f} ms"
    )
    show(result, as_json=options.json, text=text)
    return Exit.OK
