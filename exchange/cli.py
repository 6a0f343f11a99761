"""`jinguo`: the command line of the exchange.

`jinguo serve` is the whole exchange in one process; web, floor, projector and clock are its parts for a
deployment with PostgreSQL and Redis. Results go to stdout (`--json` where a program reads them), talk goes
to stderr, and every exit code has one meaning.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from exchange.commands import (
    auction,
    bench,
    credit,
    day_end,
    demo,
    health,
    index,
    journal,
    ledger,
    receipts,
    reset,
    roles,
    serve,
    surveillance,
)
from exchange.commands.outcome import EXIT_CODES, Exit, say

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

_GROUPS = (
    serve,
    roles,
    demo,
    auction,
    index,
    journal,
    ledger,
    receipts,
    day_end,
    credit,
    surveillance,
    health,
    bench,
    reset,
)


def parser() -> argparse.ArgumentParser:
    """All commands. Each sets `run`, called with the parsed arguments, `event_loop` and `alone`."""
    root = argparse.ArgumentParser(
        prog="jinguo",
        description="中国咸阳金果网: an open B2B exchange for apples.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.set_defaults(event_loop=False, alone=False)
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add_to(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; ends the process with the command's exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = parser().parse_args(arguments)
    if options.alone:
        try:
            return int(options.run(options))
        except KeyboardInterrupt:
            return Exit.OK
    if options.event_loop:
        from exchange.ops.web_server import install_event_loop

        options.loop = install_event_loop()
    import django

    django.setup()
    return _guarded(options)


def _guarded(options: argparse.Namespace) -> int:
    """The command's own code; whatever else is expected to go wrong becomes one line and its code."""
    from django.db.utils import OperationalError

    from exchange.kernel.errors import FloorUnavailable
    from exchange.ops.web_server import AddressInUse
    from exchange.trading.errors import JournalError, LeaseHeldError

    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return Exit.OK
    except AddressInUse as error:
        say(f"jinguo: cannot listen at {error}. Choose another address (HOST=, PORT=).")
        return Exit.ADDRESS_IN_USE
    except LeaseHeldError as error:
        say(f"jinguo: {error}. Stop it first, or use other files (DATA_DIR=).")
        return Exit.ALREADY_RUNNING
    except JournalError as error:
        say(f"jinguo: {error}")
        return Exit.JOURNAL_FAILED
    except (OperationalError, FloorUnavailable) as error:
        say(f"jinguo: {error}")
        return Exit.UNAVAILABLE


if __name__ == "__main__":
    main()
