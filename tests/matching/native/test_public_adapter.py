"""The adapter for the public benchmark, under the sanitizers, against a matcher of a few lines."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = [
    *("-std=c++20", "-O1", "-g1", "-Wall", "-Wextra", "-Werror", f"-I{HERE / 'abi'}"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
]


def test_the_adapter_reports_what_a_simple_matcher_does(tmp_path: Path) -> None:
    program = tmp_path / "adapter_model"
    built = subprocess.run(
        ["g++", *FLAGS, str(HERE / "adapter_model.cpp"), "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr

    for seed in range(12):
        played = subprocess.run([str(program), str(seed)], capture_output=True, text=True, check=False)
        assert played.returncode == 0, f"seed {seed}: {played.stdout}{played.stderr}"
