"""`jinguo web | floor | projector | clock | migrate`: the parts of a deployment on PostgreSQL and Redis."""

import argparse
import signal
import threading
from typing import Any

from exchange.commands.outcome import Exit, say


def add_to(commands: Any) -> None:
    """Declare the commands."""
    web = commands.add_parser("web", help="a web process; any number of them")
    web.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    web.add_argument("--port", type=int, default=8000, help="port to listen at (default 8000)")
    web.set_defaults(run=_web, event_loop=True)
    floor = commands.add_parser("floor", help="the trading floor; exactly one")
    floor.add_argument("--take-over", action="store_true", help="fence a floor that cannot be stopped")
    floor.set_defaults(run=_floor)
    projector = commands.add_parser("projector", help="writes the tables from the journal; exactly one")
    projector.set_defaults(run=_projector)
    clock = commands.add_parser("clock", help="scheduled work and the outbox; exactly one")
    clock.set_defaults(run=_clock)
    migrate = commands.add_parser("migrate", help="bring tables and journal up to date")
    migrate.add_argument("--demo", action="store_true", help="and seed the demo market's tables when empty")
    migrate.set_defaults(run=_migrate)


def stop_on_signal() -> threading.Event:
    """An event set by SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _web(options: argparse.Namespace) -> int:
    from exchange.ops.production import serve_web
    from exchange.ops.web_server import check_address

    check_address(options.host, options.port)
    serve_web(
        options.host, options.port, options.loop, lambda: say(f"jinguo web: {options.host}:{options.port}")
    )
    return Exit.OK


def _floor(options: argparse.Namespace) -> int:
    from exchange.ops.production import run_floor

    run_floor(
        stop_on_signal(), take_over=options.take_over, ready=lambda seq: say(f"jinguo floor: at seq {seq}")
    )
    return Exit.OK


def _projector(_options: argparse.Namespace) -> int:
    from exchange.ops.production import run_projector

    run_projector(stop_on_signal(), ready=lambda seq: say(f"jinguo projector: at seq {seq}"))
    return Exit.OK


def _clock(_options: argparse.Namespace) -> int:
    from exchange.ops.production import run_clock

    run_clock(stop_on_signal(), ready=lambda: say("jinguo clock: running"))
    return Exit.OK


def _migrate(options: argparse.Namespace) -> int:
    from exchange.ops.production import migrate

    migrate(demo_tables=options.demo)
    say("jinguo migrate: tables and journal are up to date")
    return Exit.OK
