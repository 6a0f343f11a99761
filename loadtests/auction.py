"""``make load SCENARIO=auction``: a full hall around one lot, driven by Locust.

1,000 watchers and 200 bidders on one English auction of an embedded exchange of its own, 10 bids a second,
all on the same machine. Measured are the time from a bid to its acknowledgement, which is durable, and to
the moment at which the last of the watchers has been told of it. Locust drives the run and keeps the
statistics; the sockets live in a process of their own (``loadtests.auction_sockets``). Writes
``build/bench/auction.json``.

Against a running exchange, with a crowd made there by ``jinguo demo crowd``::

    JINGUO_CROWD=crowd.json locust -f loadtests/auction.py --headless --users 1 --host http://127.0.0.1:8000
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from locust import User, constant, events, task
from locust.env import Environment

from loadtests.market import get_json, own_exchange
from loadtests.wire import percentile

RESULT = Path("build/bench/auction.json")
ACK_TARGET_MS, SEEN_TARGET_MS = 100.0, 300.0
OPENS_IN_S = 45.0
LEEWAY_S = 60.0
ACKNOWLEDGED, SEEN = "bid acknowledged", "bid seen by all watchers"


class Settings:
    """What a run is made of."""

    watchers = int(os.environ.get("JINGUO_WATCHERS", "1000"))
    rate = float(os.environ.get("JINGUO_BID_RATE", "10"))
    seconds = float(os.environ.get("JINGUO_SECONDS", "30"))
    crowd = os.environ.get("JINGUO_CROWD", "build/crowd.json")


class AuctionHall(User):
    """The hall as one user: starts the sockets' process and tells Locust what it measured."""

    wait_time = constant(0)
    results: dict[str, list[float]]
    totals: dict[str, Any]

    def on_start(self) -> None:
        """Nothing is measured yet."""
        type(self).results, type(self).totals = {ACKNOWLEDGED: [], SEEN: []}, {}

    @task
    def auction(self) -> None:
        """One run; then Locust ends."""
        command = [sys.executable, "-m", "loadtests.auction_sockets", str(self.host), Settings.crowd]
        numbers = ("--watchers", Settings.watchers, "--rate", Settings.rate, "--seconds", Settings.seconds)
        process = subprocess.Popen([*command, *map(str, numbers)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            self._hear(json.loads(line))
        if process.wait():
            self.totals["failed"] = process.returncode
        threading.Thread(target=self.environment.runner.quit).start()
        time.sleep(1)

    def _hear(self, told: dict[str, Any]) -> None:
        for name, latencies in ((ACKNOWLEDGED, told.pop("ack_ms", [])), (SEEN, told.pop("seen_ms", []))):
            self.results[name] += latencies
            for latency in latencies:
                self.environment.events.request.fire(
                    request_type="WS",
                    name=name,
                    response_time=latency,
                    response_length=0,
                    exception=None,
                    context={},
                )
        self.totals.update(told)


def summary() -> dict[str, Any]:
    """The figures of the last run."""
    totals = AuctionHall.totals
    acks, seen = (sorted(AuctionHall.results[name]) for name in (ACKNOWLEDGED, SEEN))
    first = sorted(totals.get("first_seen_ms", []))
    refused = {code: count for code, count in totals.get("answers", {}).items() if code != "ack"}
    return {
        "ack_p99_ms": round(percentile(acks, 0.99), 1),
        "seen_p99_ms": round(percentile(seen, 0.99), 1),
        "ack_p50_ms": round(percentile(acks, 0.5), 1),
        "seen_p50_ms": round(percentile(seen, 0.5), 1),
        "first_seen_p99_ms": round(percentile(first, 0.99), 1),
        "watchers": totals.get("watchers", 0),
        "bidders": totals.get("bidders", 0),
        "bids": totals.get("sent", 0),
        "bids_per_s": Settings.rate,
        "refused": refused,
        "not_seen_by_all": totals.get("unseen", -1),
        "sockets_lost": totals.get("lost", -1),
    }


def is_whole(figures: dict[str, Any]) -> bool:
    """Whether every bid was taken and every watcher saw it."""
    whole = not figures["refused"] and figures["not_seen_by_all"] == figures["sockets_lost"] == 0
    return whole and "failed" not in AuctionHall.totals and figures["bids"] > 0


def make_crowd(directory: Path, members: int, target: Path) -> None:
    """Has the exchange with these files make the crowd. Raises CalledProcessError."""
    lasts = OPENS_IN_S + Settings.seconds + LEEWAY_S
    command = [sys.executable, "-m", "exchange.cli", "demo", "crowd", "--members", str(members)]
    numbers = ["--opens-in", str(OPENS_IN_S), "--lasts", str(lasts)]
    made = subprocess.run(
        [*command, *numbers],
        env={**os.environ, "DATA_DIR": str(directory)},
        check=True,
        capture_output=True,
        text=True,
    )
    target.write_text(made.stdout, encoding="utf-8")


def drive(url: str) -> dict[str, Any]:
    """One run under Locust against an exchange whose crowd waits."""
    environment = Environment(user_classes=[AuctionHall], events=events, host=url)
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=1)
    runner.greenlet.join()
    return summary()


def main() -> int:
    """The command line. Exit code 0 when every bid was taken and seen by all, else 1."""
    parser = argparse.ArgumentParser(description="1,000 watchers and 200 bidders on one lot")
    parser.add_argument("--members", type=int, default=200, help="bidders")
    parser.add_argument("--watchers", type=int, default=Settings.watchers)
    parser.add_argument("--rate", type=float, default=Settings.rate, help="bids a second")
    parser.add_argument("--seconds", type=float, default=Settings.seconds)
    options = parser.parse_args()
    Settings.watchers, Settings.rate, Settings.seconds = options.watchers, options.rate, options.seconds
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        Settings.crowd = str(directory / "crowd.json")
        print("Making an exchange and its crowd …", file=sys.stderr, flush=True)
        with own_exchange(directory) as (url, _):
            make_crowd(directory, options.members, Path(Settings.crowd))
            print("Bidding …", file=sys.stderr, flush=True)
            figures = drive(url)
            figures["exchange"] = get_json(f"{url}/readyz").get("status", "")
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2), flush=True)
    met = figures["ack_p99_ms"] < ACK_TARGET_MS and figures["seen_p99_ms"] < SEEN_TARGET_MS
    words = "met" if met else "missed"
    print(
        f"p99 {figures['ack_p99_ms']} ms to the acknowledgement (goal {ACK_TARGET_MS:.0f}), "
        f"{figures['seen_p99_ms']} ms to the last watcher (goal {SEEN_TARGET_MS:.0f}): {words}",
        file=sys.stderr,
    )
    return 0 if is_whole(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
