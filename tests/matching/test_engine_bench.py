"""The engine benchmark measures what it says."""

import json

import pytest

from loadtests.engine_bench import Members, encode, main
from matching.types import CommandKind, TimeInForce, unpack_commands


def stream(seed: int, messages: int) -> bytes:
    """The measured part of a stream."""
    members = Members(seed)
    encode(members.setup())
    return encode(members.messages(messages))


def test_the_stream_depends_on_the_seed_alone() -> None:
    assert stream(1, 500) == stream(1, 500)
    assert stream(1, 500) != stream(2, 500)


def test_the_stream_has_the_stated_proportions() -> None:
    commands = unpack_commands(stream(1, 10_000))
    shares = [sum(c.kind == kind for c in commands) for kind in (CommandKind.PLACE, CommandKind.CANCEL)]
    immediate = sum(c.kind == CommandKind.PLACE and c.tif == TimeInForce.IOC for c in commands)

    assert shares == [pytest.approx(5_000, abs=200), pytest.approx(4_100, abs=200)]
    assert immediate == pytest.approx(750, abs=100)


def test_the_result_is_printed_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    result = main(["--messages", "2000"])

    assert result == json.loads(capsys.readouterr().out)
    assert isinstance(result["engine_messages_per_s"], int)
    events = result["events"]
    assert isinstance(events, dict)
    assert events["trade"] > 0
    assert events["accepted"] == pytest.approx(1_000, abs=100)
