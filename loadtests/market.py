"""What a load run knows of the exchange before it starts: members, keys, products; and a process to load."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from loadtests.stream import StreamProduct


class LoadMember(NamedTuple):
    """A member the load trades as."""

    code: str
    name: str
    kind: str
    key: str


def read_members(text: str) -> list[LoadMember]:
    """The members in the output of ``jinguo demo keys --json``."""
    return [LoadMember(row["code"], row["name"], row["kind"], row["key"]) for row in json.loads(text)]


def sellers_and_buyers(members: list[LoadMember]) -> tuple[list[str], list[str]]:
    """Codes of the growers and of everybody else."""
    growers = [member.code for member in members if member.kind == "grower"]
    return growers, [member.code for member in members if member.kind != "grower"]


def get_json(url: str, key: str | None = None, timeout_s: float = 30) -> Any:
    """The JSON a GET answers. Raises urllib's errors."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout_s) as answer:
        return json.load(answer)


def fen(yuan: str) -> int:
    """Fen per kg of a price such as "7.20" yuan."""
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def quiet_range(row: dict[str, Any]) -> tuple[int, int]:
    """Lowest and highest price of a product's band, fen per kg, at which a trade begins no volatility call.

    A measured run must not stop for minutes because two of its orders met far from the reference price.
    """
    low, high = fen(row["low_price"]), fen(row["high_price"])
    bps = row.get("volatility_bps", 0)
    if not bps:
        return low, high
    reference = fen(row["reference_price"])
    away = reference * bps // 10_000
    return max(low, reference - away), min(high, reference + away)


def read_products(url: str) -> list[StreamProduct]:
    """The products open for continuous trading, as streams need them."""
    rows = get_json(f"{url}/api/v1/products")
    rows = rows["items"] if isinstance(rows, dict) else rows
    return [
        StreamProduct(
            row["code"],
            fen(row["reference_price"]),
            *quiet_range(row),
            row["step_kg"],
            row["min_kg"],
        )
        for row in rows
        if row["phase"] == "continuous"
    ]


def wait_until_ready(url: str, timeout_s: float, process: "subprocess.Popen[bytes] | None" = None) -> float:
    """Seconds until /readyz answers 200; raises TimeoutError with the reason it gives."""
    started = time.monotonic()
    reason = "no answer"
    while time.monotonic() - started < timeout_s:
        if process is not None and process.poll() is not None:
            raise TimeoutError(f"the exchange ended with code {process.returncode}")
        try:
            get_json(f"{url}/readyz", timeout_s=5)
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")
        except (urllib.error.URLError, OSError) as error:
            reason = str(error)
        else:
            return time.monotonic() - started
        time.sleep(0.1)
    raise TimeoutError(f"not ready after {timeout_s:.0f} s: {reason}")


@contextmanager
def own_exchange(directory: Path, **environment: str) -> Iterator[tuple[str, list[LoadMember]]]:
    """A fresh embedded exchange with its files in ``directory``; yields its URL and demo members."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    full = {**os.environ, "DATA_DIR": str(directory), "DEMO_TRADES": "0", **environment}
    command = [sys.executable, "-m", "exchange.cli"]
    url = f"http://127.0.0.1:{port}"
    with (directory / "serve.log").open("ab") as log:
        process = subprocess.Popen([*command, "serve", "--port", str(port)], env=full, stdout=log, stderr=log)
    try:
        wait_until_ready(url, 120, process)
        keys = subprocess.run(
            [*command, "demo", "keys", "--json"], env=full, check=True, capture_output=True, text=True
        ).stdout
        yield url, read_members(keys)
    finally:
        process.terminate()
        process.wait(timeout=60)
