"""The checked C++ engine as a program of its own, spoken to from Python.

``driver.cpp`` is compiled with AddressSanitizer, UndefinedBehaviorSanitizer and the engine's own invariants.
It runs as a process, so that what the sanitizers find ends the process and not the tests: ``Broken`` then
carries their report.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

from matching import snapshot as layout

HERE = Path(__file__).parent
MATCHING = HERE.parents[2] / "matching"
FLAGS = [
    *("-std=c++20", "-O1", "-g1", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DJINGUO_CHECKED", f"-I{MATCHING}"),
]
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
FRAME = struct.Struct("<cI")
"""Kind and size, in front of every request and answer."""


class Broken(AssertionError):
    """The driver ended where it should not: an invariant or a sanitizer, with its report."""


def compiler() -> str | None:
    """The C++ compiler, if there is one; CXX names another."""
    return shutil.which(os.environ.get("CXX", "g++"))


def build(folder: Path) -> Path:
    """The driver's program in a folder, compiled if it is not there; several processes may ask at once."""
    found, program = compiler(), folder / "driver"
    assert found is not None
    with (folder / "driver.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            unfinished = folder / "driver.part"
            command = [found, *FLAGS, str(HERE / "driver.cpp"), "-o", str(unfinished)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"the checked engine does not compile:\n{done.stderr}"
            unfinished.rename(program)
    return program


class CheckedEngine:
    """``matching.engine.Engine`` as far as events and snapshots go."""

    def __init__(self, program: Path, report: Path) -> None:
        """``report`` is the file that takes what the program says when it breaks."""
        self._program = program
        self._report = report
        self._process: subprocess.Popen[bytes] | None = None
        self.reset()

    def reset(self) -> None:
        """Begins with an empty engine, in a new process if the last one broke."""
        if self._process is not None:
            self._ask(b"N")
            return
        with self._report.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(self._program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **SANITIZERS},
            )

    def apply(self, commands: bytes, first_seq: int, room: int = 0) -> bytes:
        """See ``Engine.apply``; ``room``: how many events are written to the caller's memory."""
        return self._ask(b"A", struct.pack("<QI", first_seq, room) + commands)

    def snapshot(self) -> bytes:
        """See ``Engine.snapshot``."""
        return layout.seal(self._ask(b"S"))

    def load(self, snapshot: bytes) -> None:
        """See ``Engine.load``."""
        self._ask(b"L", layout.unseal(snapshot))

    def close(self) -> None:
        """Ends the program, unless it broke; memory it lost is found now."""
        if self._process is not None and (code := self._end(self._process)) != 0:
            raise self._broken(code)

    def _ask(self, kind: bytes, request: bytes = b"") -> bytes:
        """One request and its answer. Raises ValueError if it is refused, Broken if there is none."""
        process = self._process
        assert process is not None, "the checked engine broke before"
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(FRAME.pack(kind, len(request)) + request)
            process.stdin.flush()
            accepted, size = FRAME.unpack(process.stdout.read(FRAME.size))
            answer = process.stdout.read(size)
        except (BrokenPipeError, struct.error):
            raise self._broken(self._end(process)) from None
        if accepted != b"+":
            raise ValueError(answer.decode())
        return answer

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        """Hangs up, and waits for the program's exit code."""
        self._process = None
        with suppress(BrokenPipeError):
            process.communicate(timeout=60)
        return process.wait(60)

    def _broken(self, code: int) -> Broken:
        report = self._report.read_text(errors="replace").strip()
        return Broken(f"the checked engine ended with {code}:\n{report}")
