"""`jinguo serve`: the whole exchange in one process."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, say


def add_to(commands: Any) -> None:
    """Declare the command."""
    serve = commands.add_parser("serve", help="the whole exchange in one process, on SQLite")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen at (default 8000)")
    serve.set_defaults(run=_serve, event_loop=True)


def _serve(options: argparse.Namespace) -> int:
    from exchange.ops.serve import serve
    from exchange.ops.web_server import check_address

    check_address(options.host, options.port)
    say("jinguo: preparing tables, journal and demo market ...")
    failed = serve(options.host, options.port, options.loop, lambda: _announce(options))
    if failed:
        say(f"jinguo: stopped because the {failed} failed; a restart recovers from the journal.")
        return Exit.PART_FAILED
    say("jinguo: stopped in good order.")
    return Exit.OK


def _announce(options: argparse.Namespace) -> None:
    from exchange.ops import demo

    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"金果网 jinguo is ready: http://{host}:{options.port}", flush=True)
    print("Demo log-ins 演示账号:", flush=True)
    for login in demo.logins():
        print(f"  {login.username:<12} {login.password:<16} {login.role}", flush=True)
