"""``jinguo-load``: replays an order stream against a running exchange and checks what came of it.

The stream comes from a seed (the same seed, the same stream) or from a CSV file. Every order that was
acknowledged must afterwards be in the exchange's tables exactly once, with the number it was given
and at least as much traded as its acknowledgement said. Exit code 0 when that holds, 1 when not,
2 when the run could not be made.
"""

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import time
import urllib.error
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvloop

from loadtests.market import (
    LoadMember,
    get_json,
    read_members,
    read_products,
    sellers_and_buyers,
    wait_until_ready,
)
from loadtests.replay_socket import Acknowledged, ReplaySocket
from loadtests.stream import BadStream, StreamRow, generate, read_csv, write_csv
from loadtests.wire import connect, percentile

TICK_S = 0.002
PAGE = 500
CATCH_UP_TIMEOUT_S = 900


@dataclass
class Run:
    """What a replay sends and what it heard."""

    url: str
    members: dict[str, LoadMember]
    rows: list[StreamRow]
    sockets_per_member: int
    window: int
    latencies: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, Acknowledged] = field(default_factory=dict)
    seconds: float = 0.0


def talk(text: str) -> None:
    """Progress goes to stderr, results to stdout."""
    print(text, file=sys.stderr, flush=True)


async def replay(run: Run) -> None:
    """Sends every row at its time, as far as the windows of the sockets allow."""
    sockets = await _open_sockets(run)
    started = time.perf_counter()
    next_report = started + 5
    while not all(socket.done for socket in sockets):
        now = time.perf_counter()
        for socket in sockets:
            socket.pump((now - started) * 1_000)
        if now >= next_report:
            talk(f"  {now - started:4.0f} s: {len(run.latencies):,} of {len(run.rows):,} answered")
            next_report += 5
        await asyncio.sleep(TICK_S)
    run.seconds = time.perf_counter() - started
    for socket in sockets:
        socket.close()


async def _open_sockets(run: Run) -> list[ReplaySocket]:
    """Sockets of each member that has rows; all rows of one order go through one socket, in order."""
    shares: dict[tuple[str, int], list[StreamRow]] = {}
    places: dict[str, int] = {}
    for row in run.rows:
        place = places.setdefault(row.order, len(places) % run.sockets_per_member)
        shares.setdefault((row.member, place), []).append(row)
    address = run.url.replace("http", "ws", 1) + "/ws/v1"
    sockets = []
    for (member, _), rows in shares.items():
        make = ReplaySocket.factory(rows, run.window, run.latencies, run.answers, run.acknowledged)
        sockets.append(await connect(address, make, run.members[member].key))
    return sockets


def orders_in_tables(url: str, key: str, prefix: str) -> Iterable[dict[str, Any]]:
    """All orders of a member whose client id begins with ``prefix``, newest first, page by page."""
    cursor = ""
    while True:
        query = urlencode({"limit": PAGE, **({"cursor": cursor} if cursor else {})})
        page = get_json(f"{url}/api/v1/orders?{query}", key)
        yield from (row for row in page["items"] if row["client_order_id"].startswith(prefix))
        cursor = page.get("next_cursor") or ""
        if not cursor:
            return


def check_tables(run: Run, prefix: str) -> list[str]:
    """What disagrees between the acknowledgements and the exchange's tables; empty when all is well."""
    faults: list[str] = []
    missing = dict(run.acknowledged)
    for member in run.members.values():
        for row in orders_in_tables(run.url, member.key, prefix):
            name = row["client_order_id"]
            known = missing.pop(name, None)
            if known is None:
                fault = (
                    "twice in the tables" if name in run.acknowledged else "in the tables, never acknowledged"
                )
                faults.append(f"{name}: {fault}")
            elif row["order_id"] != known.order_id:
                faults.append(f"{name}: order {row['order_id']} in the tables, {known.order_id} acknowledged")
            elif row["filled_kg"] < known.filled_kg:
                faults.append(
                    f"{name}: {row['filled_kg']} kg in the tables, {known.filled_kg} kg acknowledged"
                )
    faults.extend(f"{name}: acknowledged, not in the tables" for name in missing)
    return faults


def summary(run: Run) -> dict[str, Any]:
    """The figures of a finished run."""
    latencies = sorted(run.latencies)
    return {
        "rows": len(run.rows),
        "seconds": round(run.seconds, 2),
        "acknowledged_per_s": round(run.answers["ack"] / run.seconds) if run.seconds else 0,
        "orders_acknowledged": len(run.acknowledged),
        "ack_p50_ms": round(percentile(latencies, 0.50) * 1_000, 2),
        "ack_p99_ms": round(percentile(latencies, 0.99) * 1_000, 2),
        "answers": dict(sorted(run.answers.items())),
    }


def load_members(arguments: argparse.Namespace) -> list[LoadMember]:
    """From a file of keys, or from ``jinguo demo keys`` on this machine."""
    if arguments.keys:
        return read_members(Path(arguments.keys).read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "exchange.cli", "demo", "keys", "--json"]
    return read_members(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def stream_rows(arguments: argparse.Namespace, members: list[LoadMember]) -> list[StreamRow]:
    """The rows of this run, with client order ids no other run uses."""
    if arguments.file:
        rows: Iterable[StreamRow] = read_csv(Path(arguments.file))
    else:
        sellers, buyers = sellers_and_buyers(members)
        rows = generate(
            seed=arguments.seed,
            count=arguments.seconds * arguments.rate,
            products=read_products(arguments.url),
            sellers=sellers,
            buyers=buyers,
            rate_per_s=arguments.rate,
        )
    return list(itertools.starmap(StreamRow, rows))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="jinguo-load", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=1_000, help="rows per second of the stream")
    parser.add_argument("--file", help="replay this CSV instead of a generated stream")
    parser.add_argument("--write", help="write the stream to this CSV and stop")
    parser.add_argument("--keys", help="file with the output of `jinguo demo keys --json`")
    parser.add_argument("--sockets-per-member", type=int, default=4)
    parser.add_argument("--in-flight", type=int, default=16, help="unanswered requests allowed on one socket")
    parser.add_argument("--run", help="name of this run, part of every client order id (default: the time)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args(arguments)


def main(argv: list[str] | None = None) -> int:
    """Runs the replay, prints the summary, checks the tables."""
    arguments = parse(argv)
    try:
        members = load_members(arguments)
        rows = stream_rows(arguments, members)
        if arguments.write:
            write_csv(rows, Path(arguments.write))
            talk(f"wrote {len(rows):,} rows to {arguments.write}")
            return 0
        prefix = f"{arguments.run or f'r{int(time.time()):x}'}-"
        named = [row._replace(order=prefix + row.order) for row in rows]
        by_code = {member.code: member for member in members}
        run = Run(arguments.url, by_code, named, arguments.sockets_per_member, arguments.in_flight)
        talk(f"replaying {len(rows):,} rows against {arguments.url} …")
        uvloop.run(replay(run))
    except (BadStream, OSError, subprocess.CalledProcessError, urllib.error.URLError, KeyError) as error:
        talk(f"jinguo-load: {error}")
        return 2
    return report(run, prefix, as_json=arguments.json)


def report(run: Run, prefix: str, *, as_json: bool) -> int:
    """Prints the summary and the verdict of the table check; 0 when they agree."""
    figures = summary(run)
    talk("waiting for the tables to catch up …")
    figures["tables_caught_up_after_s"] = round(wait_until_ready(run.url, CATCH_UP_TIMEOUT_S), 1)
    faults = check_tables(run, prefix)
    figures["table_faults"] = len(faults)
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:26} {value}" for name, value in figures.items()))
    for fault in faults[:20]:
        talk(f"  {fault}")
    talk("tables agree with what was acknowledged" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
