"""``make fuzz``, second half: both engines on millions of commands, until they differ or all are done.

Streams of ``wild.py``, one seed after the other, on all cores::

    python -m tests.matching.fuzz [--commands 10000000] [--first-seed 1] [--processes N]

Where the engines differ it prints the seed and as few commands as still show it, and ends with 1.
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count, islice
from typing import NamedTuple

from tests.matching import wild

LENGTH = 5_000
"""Commands of one stream."""

EVERY = 10.0
"""Seconds between two lines that tell how far it is."""


class Outcome(NamedTuple):
    """What became of one stream."""

    seed: int
    commands: int
    problem: str
    """Empty if the engines were the same."""


def outcome(seed: int) -> Outcome:
    """Compares the engines on one stream."""
    try:
        return Outcome(seed, wild.compare(seed, LENGTH), "")
    except Exception as problem:
        return Outcome(seed, 0, f"{type(problem).__name__}: {str(problem)[:200]}")


def outcomes(commands: int, first_seed: int, processes: int) -> Iterator[Outcome]:
    """Streams until so many commands are compared, as they get done."""
    streams = -(-commands // LENGTH)
    seeds = islice(count(first_seed), streams)
    with ProcessPoolExecutor(processes) as pool:
        under_way: set[Future[Outcome]] = set()
        under_way |= {pool.submit(outcome, seed) for seed in islice(seeds, 2 * processes)}
        try:
            while under_way:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                under_way |= {pool.submit(outcome, seed) for seed in islice(seeds, len(done))}
                yield from (future.result() for future in done)
        finally:
            pool.shutdown(cancel_futures=True)


def explain(found: Outcome) -> None:
    """Prints a difference by as few commands as show it."""
    print(f"seed {found.seed}: the engines differ ({found.problem})", flush=True)
    played = wild.play(found.seed, LENGTH)
    if wild.differ(played.commands) is None:
        print(f"  only in batches: tests.matching.wild.compare({found.seed}, {LENGTH})")
        return
    left = wild.smallest(played.commands)
    print(f"  by {len(left)} of {len(played.commands)} commands:\n{wild.told(left)}")


def main(arguments: list[str] | None = None) -> int:
    """Compares, tells how far it is, and returns 1 where the engines differ."""
    parser = argparse.ArgumentParser(description="Compare the two engines on random commands.")
    parser.add_argument("--commands", type=int, default=10_000_000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    started = told = time.monotonic()
    compared = 0
    for found in outcomes(options.commands, options.first_seed, options.processes):
        if found.problem:
            explain(found)
            return 1
        compared += found.commands
        now = time.monotonic()
        if now - told >= EVERY or compared >= options.commands:
            told = now
            rate = compared / (now - started)
            left = max(0, options.commands - compared) / rate
            print(f"{compared:,} the same to both, {rate:,.0f} a second, {left:.0f} s left", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
