"""`jinguo demo seed | halls | news | keys | trade | credit | crowd`: the demo market."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exchange.commands.outcome import Exit, say, show

MOST_MEMBERS = 9_999
"""Of a crowd: their codes have four digits."""

if TYPE_CHECKING:
    from exchange.ops.demo_api import DemoTrader


def add_to(commands: Any) -> None:
    """Declare the commands."""
    demo = commands.add_parser("demo", help="the demo market")
    verbs = demo.add_subparsers(required=True, metavar="VERB")
    seed = verbs.add_parser("seed", help="members, products, stores and receipts, if there are none")
    seed.set_defaults(run=_seed)
    halls = verbs.add_parser("halls", help="listings, auctions, supply and demand, where none stand")
    halls.set_defaults(run=_halls)
    news = verbs.add_parser("news", help="example notices and news, those that are not there yet")
    news.set_defaults(run=_news)
    credit = verbs.add_parser("credit", help="end most contracts under way, so that members have a record")
    credit.set_defaults(run=_credit)
    keys = verbs.add_parser("keys", help="the demo members and their API keys")
    keys.add_argument("--json", action="store_true", help="as JSON on stdout")
    keys.set_defaults(run=_keys)
    trade = verbs.add_parser(
        "trade", help="let the demo members trade until stopped, so that the market lives"
    )
    trade.add_argument("--url", default="http://127.0.0.1:8000", help="of the exchange")
    trade.add_argument("--seconds", type=float, help="how long (default: until stopped)")
    trade.add_argument("--rate", type=_above_zero, default=4.0, help="orders a second (default 4)")
    trade.add_argument("--seed", type=int, default=2026, help="of the decisions (default 2026)")
    trade.add_argument("--keys", help="file with the output of `jinguo demo keys --json` of another machine")
    trade.set_defaults(run=_trade)
    crowd = verbs.add_parser(
        "crowd", help="members with money and an English auction for them, on a running exchange"
    )
    crowd.add_argument("--members", type=_from_two, default=200, help="how many (default 200)")
    crowd.add_argument("--opens-in", type=_above_zero, default=60.0, help="seconds (default 60)")
    crowd.add_argument("--lasts", type=_above_zero, default=300.0, help="seconds (default 300)")
    crowd.set_defaults(run=_crowd)


def _seed(_options: argparse.Namespace) -> int:
    from exchange.ops import demo

    seeded = demo.seed_if_empty()
    say("jinguo demo: seeded" if seeded else "jinguo demo: there are members already; nothing to do")
    return Exit.OK


def _halls(_options: argparse.Namespace) -> int:
    from exchange.ops import demo_halls, demo_supply

    made = demo_halls.fill() + demo_supply.fill()
    say(f"jinguo demo halls: {made} offers" if made else "jinguo demo halls: some stand; nothing to do")
    return Exit.OK


def _news(_options: argparse.Namespace) -> int:
    from exchange.ops import demo_news

    made = demo_news.fill()
    say(f"jinguo demo news: {made} articles" if made else "jinguo demo news: nothing to do")
    return Exit.OK


def _credit(_options: argparse.Namespace) -> int:
    from exchange.ops import demo_credit

    say(f"jinguo demo credit: {demo_credit.fill()} contracts ended")
    return Exit.OK


def _keys(options: argparse.Namespace) -> int:
    from exchange.ops import demo

    keys = demo.keys()
    text = "\n".join(f"{each['code']}  {each['kind']:<12} {each['key']}  {each['name']}" for each in keys)
    show(keys, as_json=options.json, text=text)
    return Exit.OK


def _trade(options: argparse.Namespace) -> int:
    from exchange.commands.roles import stop_on_signal
    from exchange.ops.demo_trade import trade

    summary = trade(
        options.url,
        _traders(options.keys),
        seconds=options.seconds,
        rate=options.rate,
        seed=options.seed,
        stop=stop_on_signal(),
        say=lambda text: say(f"jinguo demo trade: {text}"),
    )
    show({}, as_json=False, text=summary.text())
    return Exit.OK if summary.placed or not summary.refused else Exit.UNAVAILABLE


def _crowd(options: argparse.Namespace) -> int:
    from exchange.ops.demo_crowd import NothingToSell, TooSlow, gather

    try:
        crowd = gather(options.members, opens_in_s=options.opens_in, lasts_s=options.lasts)
    except NothingToSell:
        say("jinguo demo crowd: no demo grower has a receipt to auction")
        return Exit.UNAVAILABLE
    except TooSlow as error:
        say(f"jinguo demo crowd: {error}; is the exchange running?")
        return Exit.UNAVAILABLE
    result = {**crowd._asdict(), "members": [member._asdict() for member in crowd.members]}
    show(result, as_json=True, text="")
    return Exit.OK


def _traders(file: str | None) -> "list[DemoTrader]":
    from exchange.ops.demo_api import DemoTrader

    if file is None:
        from exchange.ops import demo

        rows: Any = demo.keys()
    else:
        rows = json.loads(Path(file).read_text(encoding="utf-8"))
    return [DemoTrader(row["code"], row["kind"], row["key"]) for row in rows]


def _from_two(text: str) -> int:
    number = int(text)
    if not 2 <= number <= MOST_MEMBERS:
        raise argparse.ArgumentTypeError(f"{text} is not between 2 and {MOST_MEMBERS}")
    return number


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number
