"""Runs the whole suite: ``python -m tests [pytest arguments]``.

Three passes, because they need different worlds: everything but the browser on SQLite; the browser,
alone in its processes, because a synchronous Playwright and asyncio tests cannot share one; and
everything that touches tables once more on a real PostgreSQL. They share one PostgreSQL server and what is
made once for a run: the migrated tables and a seeded exchange on either database.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, NamedTuple

from tests.migrated import KEPT, POSTGRES_SERVER
from tests.servers import chromium_path, create_database, postgres_server

WORKERS = os.environ.get("TEST_WORKERS", "2")
MORE_WORKERS = str(int(WORKERS) + 1)
"""For a pass that has the machine to itself: its tests wait for exchanges of their own part of their time."""
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


class Pass(NamedTuple):
    """A pass of pytest that was begun."""

    title: str
    process: "subprocess.Popen[bytes]"


def begin(title: str, arguments: list[str], output: IO[str] | None = None, **environment: str) -> Pass:
    """Starts one pass of pytest; what it prints goes to a file if one is named."""
    print(f"\n=== {title}", file=output, flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, *arguments]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=output, stderr=output and subprocess.STDOUT
    )
    return Pass(title, process)


def end(each: Pass) -> int:
    """Waits for a pass and says how it went; its exit code."""
    code = each.process.wait()
    print(f"=== {each.title}: {'passed' if code == 0 else f'FAILED ({code})'}", flush=True)
    return code


def main(arguments: list[str]) -> int:
    """Runs the passes, all of them even when one fails; 0 when all passed.

    The last two at a time: their tests wait for people, banks and exchanges, not for each other.
    """
    chromium_path()
    started = time.monotonic()
    ignored = [f"--ignore={folder}" for folder in ONCE]
    with (
        tempfile.TemporaryDirectory(prefix="jinguo-kept-") as folder,
        tempfile.TemporaryFile("w+") as said,
        postgres_server() as url,
    ):
        kept = {KEPT: folder, POSTGRES_SERVER: url}
        sqlite = begin(
            "SQLite", ["-m", "not browser", "-n", MORE_WORKERS, "--dist", "loadgroup", *arguments], **kept
        )
        codes = [end(sqlite)]
        chromium = begin(
            "Chromium",
            [
                *("-m", "browser", "--dist", "loadfile", "--no-loadscope-reorder"),
                *OTHERS,
                *arguments,
            ],
            said,
            **kept,
        )
        postgres = begin(
            "PostgreSQL",
            ["-m", "tables and not browser", "--dist", "loadgroup", *ignored, *arguments],
            DATABASE_URL=create_database(url, "jinguo"),
            **kept,
        )
        codes += [end(postgres)]
        chromium.process.wait()
        said.seek(0)
        print(said.read(), end="")
        codes += [end(chromium)]
    print(f"=== all in {time.monotonic() - started:.0f} s")
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
