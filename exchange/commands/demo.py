"""`jinguo demo seed | keys | trade`: the demo market."""

import argparse
from typing import Any

from exchange.commands.outcome import Exit, say, show


def add_to(commands: Any) -> None:
    """Declare the commands."""
    demo = commands.add_parser("demo", help="the demo market")
    verbs = demo.add_subparsers(required=True, metavar="VERB")
    seed = verbs.add_parser("seed", help="members, products, stores and receipts, if there are none")
    seed.set_defaults(run=_seed)
    keys = verbs.add_parser("keys", help="the demo members and their API keys")
    keys.add_argument("--json", action="store_true", help="as JSON on stdout")
    keys.set_defaults(run=_keys)


def _seed(_options: argparse.Namespace) -> int:
    from exchange.ops import demo

    seeded = demo.seed_if_empty()
    say("jinguo demo: seeded" if seeded else "jinguo demo: there are members already; nothing to do")
    return Exit.OK


def _keys(options: argparse.Namespace) -> int:
    from exchange.ops import demo

    keys = demo.keys()
    text = "\n".join(f"{each['code']}  {each['kind']:<12} {each['key']}  {each['name']}" for each in keys)
    show(keys, as_json=options.json, text=text)
    return Exit.OK
