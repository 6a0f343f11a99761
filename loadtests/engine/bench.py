"""``make bench-engine``: how fast the matching core is, alone, on the five scenarios.

Messages per second are those of the public Python interface: batches of bytes in, batches of bytes out, the
engine with all its checks and holds, in turn with a bare tick ladder on the same commands, which says what
this machine allows. What needs a clock inside the process (nanoseconds per message, the cost of holds, the
size of a resting order) a small C++ program measures on the same flows. Writes ``build/bench/engine.json``.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from loadtests.engine import yardstick
from loadtests.engine.scenarios import (
    ACCOUNTS,
    COMMANDS,
    HIGH,
    LOW,
    PRODUCT,
    SCENARIOS,
    START,
    Array,
    flow,
    opening,
)
from matching.engine import Engine, new_engine
from matching.types import RECORD_SIZE, CommandKind, Side

HERE = Path(__file__).parent
RESULT = Path("build/bench/engine.json")
NATIVE = Path("build/bench/native")
YARDSTICK = Path("build/bench/yardstick.so")
BATCH = 2048
"""Commands per call of the batch interface."""
SINGLE_CALLS = 400_000
REPLAYED, RESTING = 10_000_000, 1_000_000


def seconds_for(engine: Engine, commands: bytes, batch: int) -> float:
    """Wall clock of applying the commands in batches of so many."""
    size = batch * RECORD_SIZE
    batches = [commands[at : at + size] for at in range(0, len(commands), size)]
    started = time.perf_counter()
    for seq, records in enumerate(batches):
        engine.apply(records, seq * batch)
    return time.perf_counter() - started


def opened_engine() -> Engine:
    """The C++ engine with the product in session and the accounts provided."""
    engine = new_engine("fast")
    engine.apply(opening(), 0)
    return engine


def messages_per_s(commands: bytes, batch: int, rounds: int) -> int:
    """The best of some rounds, each on a fresh engine."""
    best = min(seconds_for(opened_engine(), commands, batch) for _ in range(rounds))
    return round(len(commands) / RECORD_SIZE / best)


def replay_s(flows: list[Array]) -> float:
    """Seconds for ten million commands on one engine: the scenarios one after the other."""
    engine, left, seconds = opened_engine(), REPLAYED, 0.0
    while left:
        for messages in flows:
            part = messages[:left].copy()
            part["order_id"] += np.where(part["kind"] == CommandKind.PLACE, 0, engine.last_order_id).astype(
                "u8"
            )
            seconds += seconds_for(engine, part.tobytes(), BATCH)
            left -= len(part)
    return seconds


def resting_orders(count: int) -> bytes:
    """Orders that all rest, on both sides of the middle."""
    number = np.arange(count)
    orders = np.zeros(count, COMMANDS)
    orders["kind"], orders["product"], orders["quantity"] = CommandKind.PLACE, PRODUCT, 1
    orders["account"] = 1 + number % ACCOUNTS
    buy = number % 2 == 0
    orders["side"] = np.where(buy, Side.BUY, Side.SELL)
    orders["price"] = START + np.where(buy, -1, 1) * (1 + number // 2 % (START - LOW))
    assert HIGH > 2 * START
    return orders.tobytes()


def snapshot_s(orders: int) -> float:
    """Seconds to write a snapshot of a book of so many orders and to start another engine from it."""
    engine, other = opened_engine(), new_engine("fast")
    engine.apply(resting_orders(orders), 0)
    started = time.perf_counter()
    other.load(engine.snapshot())
    seconds = time.perf_counter() - started
    assert other.state_hash() == engine.state_hash()
    return seconds


def measure_in_turn(flows: dict[str, Array], rounds: int) -> dict[str, yardstick.Speeds]:
    """Messages per second of the engine through Python, of the yardstick, and of copying the records."""
    YARDSTICK.parent.mkdir(parents=True, exist_ok=True)
    library = yardstick.build(YARDSTICK)
    return {
        name: yardstick.in_turn(library, opened_engine, messages, BATCH, rounds)
        for name, messages in flows.items()
    }


def measure_native(flows: dict[str, Array]) -> dict[str, Any]:
    """What the C++ program measures: per scenario, and the bytes per order."""
    NATIVE.parent.mkdir(parents=True, exist_ok=True)
    compile_native(NATIVE)
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as directory:
        files = [Path(directory) / "opening", *(Path(directory) / name for name in flows)]
        for file, commands in zip(files, [opening(), *(f.tobytes() for f in flows.values())], strict=True):
            file.write_bytes(commands)
        command = [str(NATIVE.resolve()), *map(str, files)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        misses = cache_misses(command[:3])
    *scenarios, memory = map(json.loads, lines)
    return {**dict(zip(flows, scenarios, strict=True)), **memory, "cache_misses_per_message": misses}


def compile_native(target: Path) -> None:
    """Builds native.cpp with the options of the extension."""
    options = [*yardstick.extension_options(), "-o", str(target)]
    subprocess.run(["g++", *options, str(HERE / "native.cpp")], check=True)


def cache_misses(command: list[str]) -> float | None:
    """Misses of the last cache per message of the first scenario, where the machine counts them."""
    if shutil.which("perf") is None:
        return None
    perf = ["perf", "stat", "-x", ",", "-e", "cache-misses:u", *command]
    counted = subprocess.run(perf, check=False, capture_output=True, text=True).stderr.split(",")[0]
    runs = 2 * 3 + 1  # with and without holds in three rounds, and once alone
    return round(int(counted) / runs / 2e6, 3) if counted.isdecimal() else None


def measure(orders: int, seed: int, rounds: int) -> dict[str, Any]:
    """All figures."""
    flows = {}
    for scenario in SCENARIOS:
        print(f"{scenario.name} …", file=sys.stderr)
        flows[scenario.name] = flow(scenario, orders, seed)
    speeds = measure_in_turn(flows, rounds)
    rates = {name: speed.engine for name, speed in speeds.items()}
    single = flows["normal"][:SINGLE_CALLS].tobytes()
    print("one by one …", file=sys.stderr)
    native = measure_native(flows)
    with_holds = sum(native[name]["with_holds_ns"] for name in flows)
    without_holds = sum(native[name]["without_holds_ns"] for name in flows)
    return {
        "scenarios": rates,
        "worst_messages_per_s": min(rates.values()),
        "yardstick": {name: speed.yardstick for name, speed in speeds.items()},
        "ratio_to_yardstick": {
            name: round(speed.engine / speed.yardstick, 3) for name, speed in speeds.items()
        },
        "copying": {name: speed.copying for name, speed in speeds.items()},
        "single_call_per_s": messages_per_s(single, 1, rounds),
        "holds_cost": round(1 - without_holds / with_holds, 3),
        "bytes_per_order": native.pop("bytes_per_order"),
        "replay_10m_s": round(replay_s(list(flows.values())), 2),
        "snapshot_1m_s": round(snapshot_s(RESTING), 3),
        "cache_misses_per_message": native.pop("cache_misses_per_message"),
        "seed": seed,
        "messages": {name: len(messages) for name, messages in flows.items()},
        "per_message": native,
    }


def quick() -> dict[str, int]:
    """Messages per second of a short normal day, in batches and one by one."""
    normal = next(scenario for scenario in SCENARIOS if scenario.name == "normal")
    commands = flow(normal, 200_000, seed=23).tobytes()
    return {
        "engine_messages_per_s": messages_per_s(commands, BATCH, rounds=3),
        "engine_single_calls_per_s": messages_per_s(commands, 1, rounds=3),
    }


def table(result: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [
        "scenario       messages/s    yardstick  ratio  copying ns   p50 ns   p99 ns  p99.9 ns   ns in C++"
        "   without holds"
    ]
    for name, rate in result["scenarios"].items():
        row = result["per_message"][name]
        lines.append(
            f"{name:12} {rate:12,} {result['yardstick'][name]:12,} {result['ratio_to_yardstick'][name]:6.2f}"
            f" {1e9 / result['copying'][name]:11.1f} {row['p50_ns']:8.0f}"
            f" {row['p99_ns']:8.0f} {row['p999_ns']:9.0f}"
            f" {row['with_holds_ns']:11.1f} {row['without_holds_ns']:15.1f}"
        )
    misses = result["cache_misses_per_message"]
    lines += [
        f"worst {result['worst_messages_per_s']:,}/s · single calls {result['single_call_per_s']:,}/s",
        f"holds cost {result['holds_cost']:.1%} · {result['bytes_per_order']:.0f} bytes per resting order"
        f" · cache misses per message {'not counted by this machine' if misses is None else misses}",
        f"10 M commands replayed in {result['replay_10m_s']} s"
        f" · 1 M orders written and read in {result['snapshot_1m_s']} s",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Prints and writes the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=1_000_000, help="new orders of each scenario")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--rounds", type=int, default=5, help="each figure is the best of so many")
    options = parser.parse_args(arguments)
    result = measure(options.orders, options.seed, options.rounds)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
