"""Runs the whole suite: ``python -m tests [pytest arguments]``.

Three passes, because they need different worlds: everything but the browser on SQLite; the browser,
alone in its processes, because a synchronous Playwright and asyncio tests cannot share one; then
everything that touches tables once more on a real PostgreSQL. They share one PostgreSQL server and what is
made once for a run: the migrated tables and a seeded exchange on either database.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.migrated import KEPT, POSTGRES_SERVER
from tests.servers import chromium_path, create_database, postgres_server

WORKERS = os.environ.get("TEST_WORKERS", "2")
MORE_WORKERS = str(int(WORKERS) + 1)
"""For passes whose tests wait for people, banks and exchanges of their own a good part of their time."""
ONCE = ("tests/matching", "tests/architecture", "tests/recovery", "tests/browser", "tests/contract")
"""Folders the PostgreSQL pass need not look into: nothing there is marked as touching the tables, or it is
for the browser; the crash tests go through both databases by themselves; what the documents of the API say
does not depend on the tables."""
OTHERS = [
    f"--ignore=tests/{each.name}"
    for each in Path(__file__).parent.iterdir()
    if each.is_dir() and each.name != "browser"
]
"""For the Chromium pass, whose every worker would take seconds to read the folders it needs nothing of."""


def run(title: str, arguments: list[str], **environment: str) -> int:
    """One pass of pytest; returns its exit code."""
    print(f"\n=== {title}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, *arguments]
    code = subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    print(
        f"=== {title}: {'passed' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - started:.0f} s"
    )
    return code


def main(arguments: list[str]) -> int:
    """Runs the passes in turn, all of them even when one fails; 0 when all passed."""
    chromium_path()
    ignored = [f"--ignore={folder}" for folder in ONCE]
    with tempfile.TemporaryDirectory(prefix="jinguo-seeded-") as seeded, postgres_server() as url:
        kept = {KEPT: seeded, POSTGRES_SERVER: url}
        codes = [
            run(
                "SQLite",
                ["-m", "not browser", "-n", MORE_WORKERS, "--dist", "loadgroup", *arguments],
                **kept,
            ),
            run(
                "Chromium",
                [
                    *("-m", "browser", "-n", MORE_WORKERS, "--dist", "loadfile", "--no-loadscope-reorder"),
                    *OTHERS,
                    *arguments,
                ],
                **kept,
            ),
            run(
                "PostgreSQL",
                ["-m", "tables and not browser", "--dist", "loadgroup", *ignored, *arguments],
                DATABASE_URL=create_database(url, "jinguo"),
                **kept,
            ),
        ]
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
