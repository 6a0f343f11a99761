"""How a command ends and how it talks: results on stdout, talk on stderr, exit codes that mean something."""

import json
import sys
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes of `jinguo`; stable, documented in `jinguo --help`."""

    OK = 0
    DIFFERENCES = 1
    """A check ran and found something wrong."""
    USAGE = 2
    """The command line, or a file it names, was not understood."""
    ADDRESS_IN_USE = 3
    ALREADY_RUNNING = 4
    """Another floor holds this journal."""
    JOURNAL_FAILED = 5
    """The journal is damaged, cannot be written, or was taken over."""
    UNAVAILABLE = 6
    """A database, Redis or the floor does not answer."""
    PART_FAILED = 7
    """The floor of a running exchange stopped."""


EXIT_CODES = """exit codes:
  0  done
  1  a check found differences
  2  the command line, or a file it names, was not understood
  3  the address is in use
  4  another floor holds this journal
  5  the journal is damaged, cannot be written, or was taken over
  6  a database, Redis or the floor does not answer
  7  the floor of a running exchange stopped
"""


def say(text: str) -> None:
    """Talk: for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def show(result: Any, *, as_json: bool, text: str) -> None:
    """The result on stdout: JSON when asked for, else text."""
    print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else text, flush=True)
