"""``make bench``: durable acknowledged orders against a bare echo of the same server, in one run.

One embedded exchange (one process, Daphne, SQLite) and this client share the machine. 64 sockets keep
one request each in flight: first to a socket that only echoes, then to the order path, where an
answer means that the order is in the journal and the journal is on the disk. The two alternate, so
that what else the machine does falls on both. Writes ``build/bench/exchange.json``.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import uvloop

from loadtests.engine.bench import quick as measure_engine
from loadtests.market import LoadMember, own_exchange, read_products, sellers_and_buyers, wait_until_ready
from loadtests.stream import Mix, StreamProduct, StreamRow, generate
from loadtests.wire import ClosedLoop, connect, decode, percentile

RESULT = Path("build/bench/exchange.json")
ONLY_ORDERS = Mix(ioc=20, cancel=0, replace=0)


class Phase(NamedTuple):
    """One measured stretch: answers, seconds, latencies (s), and how many answers of each kind."""

    answers: int
    seconds: float
    latencies: list[float]
    kinds: Counter[str]


def order_message(row: StreamRow) -> bytes:
    """The socket message of a new order."""
    return msgspec.json.encode(
        {
            "op": "order.place",
            "product": row.product,
            "side": row.side,
            "type": "limit",
            "time_in_force": row.time_in_force,
            "price": f"{row.price_fen // 100}.{row.price_fen % 100:02}",
            "quantity_kg": row.quantity_kg,
            "client_order_id": row.order,
        }
    )


def order_messages(
    members: list[LoadMember], products: list[StreamProduct], sockets: int, seed: int
) -> list[Iterator[bytes]]:
    """An endless stream of orders for each socket; socket i trades as member i mod members."""
    sellers, _ = sellers_and_buyers(members)
    streams = []
    for number in range(sockets):
        member = members[number % len(members)]
        side = "sell" if member.code in sellers else "buy"
        rows = generate(
            seed=seed * 1_000 + number,
            count=10**7,
            products=products,
            sellers=[member.code],
            buyers=[member.code],
            mix=ONLY_ORDERS,
        )
        streams.append(_messages(rows, side, f"{seed}-{number}-"))
    return streams


def _messages(rows: Iterator[StreamRow], side: str, prefix: str) -> Iterator[bytes]:
    for row in rows:
        if row.side == side:
            yield order_message(row._replace(order=prefix + row.order))


async def run_phase(
    url: str, keys: list[str | None], streams: list[Iterator[bytes]], seconds: float, window: int
) -> Phase:
    """Keeps every socket busy for ``seconds``."""
    stop_at = time.perf_counter() + seconds
    latencies: list[float] = []
    kinds: Counter[str] = Counter()

    def answered(payload: bytes, latency: float) -> None:
        latencies.append(latency)
        if payload.startswith(b'{"op"'):
            kinds["echo"] += 1
        else:
            answer = decode(payload)
            kinds[answer.get("code") or answer["type"]] += 1

    def listener(stream: Iterator[bytes]) -> ClosedLoop:
        return ClosedLoop(
            lambda: next(stream) if time.perf_counter() < stop_at else None,
            answered,
            window=window,
            is_answer=lambda payload: b'"heartbeat"' not in payload,
        )

    loops = [
        await connect(url, lambda stream=stream: listener(stream), key)  # type: ignore[misc]
        for key, stream in zip(keys, streams, strict=True)
    ]
    started = time.perf_counter()
    stop_at = started + seconds
    for loop in loops:
        loop.start()
    await asyncio.gather(*(loop.finished for loop in loops))
    elapsed = time.perf_counter() - started
    for loop in loops:
        loop.transport.disconnect()
    return Phase(len(latencies), elapsed, latencies, kinds)


async def measure_exchange(
    url: str, members: list[LoadMember], sockets: int, seconds: float, rounds: int, window: int
) -> dict[str, Any]:
    """Alternates echo and orders ``rounds`` times; returns rates, ratio and the orders' latencies."""
    products = read_products(url)
    keys: list[str | None] = [members[number % len(members)].key for number in range(sockets)]
    websocket = url.replace("http", "ws", 1)
    echo: list[Phase] = []
    orders: list[Phase] = []
    for number in range(rounds):
        streams = order_messages(members, products, sockets, seed=2 * number)
        echo.append(await run_phase(f"{websocket}/ws/echo", keys, streams, seconds, window))
        streams = order_messages(members, products, sockets, seed=2 * number + 1)
        orders.append(await run_phase(f"{websocket}/ws/v1", keys, streams, seconds, window))
    kinds = sum((phase.kinds for phase in orders), Counter())
    latencies = sorted(latency for phase in orders for latency in phase.latencies)
    order_seconds = sum(phase.seconds for phase in orders)
    durable = kinds["ack"] / order_seconds
    bare = sum(phase.answers for phase in echo) / sum(phase.seconds for phase in echo)
    return {
        "sockets": sockets,
        "in_flight_each": window,
        "durable_orders_per_s": round(durable),
        "echo_per_s": round(bare),
        "ratio": round(durable / bare, 3),
        "ack_p50_ms": round(percentile(latencies, 0.50) * 1_000, 2),
        "ack_p99_ms": round(percentile(latencies, 0.99) * 1_000, 2),
        "answers": dict(kinds),
    }


def main() -> int:
    """Prints and writes the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sockets", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=6, help="of each phase")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=1, help="requests in flight on each socket")
    arguments = parser.parse_args()
    print("engine …", file=sys.stderr)
    engine = measure_engine()
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as directory:
        with own_exchange(Path(directory), BENCH_ECHO="1") as (url, members):
            print("exchange …", file=sys.stderr)
            result = uvloop.run(
                measure_exchange(
                    url, members, arguments.sockets, arguments.seconds, arguments.rounds, arguments.in_flight
                )
            )
            result["tables_caught_up_after_s"] = round(wait_until_ready(url, 600), 1)
    result = {**result, **engine}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
