"""`jinguo health`: is one part of a deployment well; for the health checks of containers."""

import argparse
import urllib.error
import urllib.request
from typing import Any

from exchange.commands.outcome import Exit, show


def add_to(commands: Any) -> None:
    """Declare the command."""
    health = commands.add_parser("health", help="is this part well; exit code 0 or 6")
    health.add_argument("part", choices=("web", "floor", "projector", "clock"))
    health.add_argument("--url", default="http://127.0.0.1:8000", help="of the web process to ask")
    health.set_defaults(run=_health)


def _health(options: argparse.Namespace) -> int:
    well, reason = _web(options.url) if options.part == "web" else _part(options.part)
    show({}, as_json=False, text=f"{options.part}: {reason}")
    return Exit.OK if well else Exit.UNAVAILABLE


def _web(url: str) -> tuple[bool, str]:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - the operator's own URL
            return answer.status == 200, "ready"
    except (urllib.error.URLError, OSError) as error:
        return False, str(error)


def _part(part: str) -> tuple[bool, str]:
    from exchange.ops import production

    checks = {
        "floor": production.floor_health,
        "projector": production.projector_health,
        "clock": production.clock_health,
    }
    return checks[part]()
