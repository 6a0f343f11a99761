"""`jinguo bench`: how fast the floor makes orders durable, trades are settled and the register answers."""

import argparse
import json
from pathlib import Path
from typing import Any

from exchange.commands.outcome import Exit, say, show


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
    day_end = what.add_parser("day-end", help="the end of a large day, in the empty database of DATABASE_URL")
    day_end.add_argument("--members", type=int, default=10_000, help="how many (default 10000)")
    day_end.add_argument("--trades", type=int, default=100_000, help="how many (default 100000)")
    day_end.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    day_end.set_defaults(run=_day_end)
    receipts = what.add_parser("receipts", help="lists, verification page and chains of a large register")
    receipts.add_argument("--receipts", type=int, default=100_000, help="how many (default 100000)")
    receipts.add_argument("--out", default="", help="also write the result to this file")
    receipts.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    receipts.set_defaults(run=_receipts)


def _day_end(options: argparse.Namespace) -> int:
    from exchange.ops.day_end_bench import measure

    result = measure(members_count=options.members, trades=options.trades)
    text = f"the day ended in {result['end_of_day_s']:.1f} s: {result['steps_s']}"
    show(result, as_json=options.json, text=text)
    return Exit.OK


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


def _receipts(options: argparse.Namespace) -> int:
    from django.core.management import call_command

    from exchange.ops.receipts_bench import measure

    call_command("migrate", verbosity=0)
    result = measure(receipts=options.receipts, say=say)
    if options.out:
        path = Path(options.out)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    text = (
        f"{result['receipts']:,} receipts, {result['steps']:,} signed steps: lists p95 "
        f"{result['list_p95_ms']} ms, verification page p95 {result['verify_page_p95_ms']} ms, "
        f"all chains in {result['chain_verify_s']} s"
    )
    show(result, as_json=options.json, text=text)
    return Exit.OK
