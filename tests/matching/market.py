"""A market as a script: one line a command, behind the bar what must happen.

::

    market.plays('''
        sell A 2000 @ 720       | accepted #1; rested #1 2000/2000 @ 720
        buy B 3000 @ 730        | accepted #2; trade #2 #1 2000 @ 720; rested #2 1000/3000 @ 730
        replace B #2 2500 @ 730 | reduced #2 1000 to 500/2500 @ 730 by_owner
        cancel B #2             | cancelled #2 500 @ 730 by_owner
    ''')

Accounts are letters (A is 1), orders ``#number``, prices fen per kg, quantities kg. A quantity ``500/2500``
is open/ordered. A line that begins with the bar continues the one above. After every
command the invariants of the engine are checked.

Members::

    buy A 2000 @ 720 [ioc | fok | gtd DAY] [min KG] [post-only] [mtl] [newest | oldest | decrement] [PRODUCT]
    replace A #1 2000 @ 720 [newest | oldest | decrement]
    cancel A #1
    cancel-all A [PRODUCT]

The exchange::

    product 1 600..800 step 100 min 500
    rules 1 [tick T] [rule RULE] [reference PRICE] [range PRICE]
    account A fees 20 10 200 [suspended] [group B]
    funds A 1000
    goods A 1000 [PRODUCT]
    phase 1 closed [day DAY]
    uncross 1 continuous [reference PRICE] [day DAY]

A book can be drawn as a table, of kg that are open; more than one number is more than one order::

    buys     | price | sells
             |  725  | 2000
    500 1000 |  720  |
"""

from collections.abc import Iterator

from matching.engine import DepthLevel, Engine
from matching.types import (
    MARKET_TO_LIMIT,
    POST_ONLY,
    SELF_TRADE_SHIFT,
    Command,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TieRule,
    TimeInForce,
    unpack_events,
)
from tests.matching.invariants import check_invariants

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIMES_IN_FORCE = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK, "gtd": TimeInForce.GTD}
FLAGS = {
    "post-only": POST_ONLY,
    "mtl": MARKET_TO_LIMIT,
    "newest": SelfTrade.CANCEL_NEWEST << SELF_TRADE_SHIFT,
    "oldest": SelfTrade.CANCEL_OLDEST << SELF_TRADE_SHIFT,
    "decrement": SelfTrade.DECREMENT << SELF_TRADE_SHIFT,
}


def account_number(letter: str) -> int:
    """A is 1."""
    return ord(letter) - ord("A") + 1


class Market:
    """An engine, its next sequence number, and a script to drive it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.next_seq = 1

    def open(self) -> None:
        """Product 1, band 600 … 800, step 100, minimum 500, in session; A, B, C without fees, with plenty."""
        self.plays(
            """
            product 1 600..800 step 100 min 500 | applied
            phase 1 continuous                  | applied
            """
        )
        for letter in "ABC":
            self.plays(
                f"""
                account {letter} fees 0 0 0      | applied
                funds {letter} 1000000000        | applied
                goods {letter} 1000000           | applied
                """
            )

    def plays(self, script: str) -> None:
        """Sends the commands of a script one by one and compares what happens."""
        for line in lines_of(script):
            command, _, expected = (part.strip() for part in line.partition("|"))
            happened = "; ".join(told(event) for event in self.send(parse(command)))
            assert f"{command} | {happened}" == f"{command} | {expected}"

    def send(self, command: Command) -> list[Event]:
        """Applies one command and returns its events."""
        events = unpack_events(self.engine.apply(command.pack(), self.next_seq))
        assert events
        assert {event.seq for event in events} == {self.next_seq}
        self.next_seq += 1
        check_invariants(self.engine)
        return events

    def takes(self, table: str) -> None:
        """Places the orders of a drawn book in product 1, row by row: buys are A's, sells are B's."""
        for buys, price, sells in rows_of(table):
            for side, letter, orders in (("buy", "A", buys), ("sell", "B", sells)):
                for kg in orders:
                    rested = self.send(place(side, letter, kg, price))[-1]
                    assert (rested.kind, rested.remaining) == (EventKind.RESTED, kg)

    def shows(self, table: str) -> None:
        """Compares the book of product 1 with a drawn one, kg by price."""
        bids = {price: sum(buys) for buys, price, _ in rows_of(table) if buys}
        asks = {price: sum(sells) for _, price, sells in rows_of(table) if sells}
        depth = self.engine.depth(1, 100)
        assert (kg_of(depth.bids), kg_of(depth.asks)) == (bids, asks)

    def book(self, product: int = 1) -> list[str]:
        """Asks above bids: ``price kg (orders)``."""
        depth = self.engine.depth(product, 100)
        asks = [f"ask {price} {kg} ({orders})" for price, kg, orders in reversed(depth.asks)]
        return asks + [f"bid {price} {kg} ({orders})" for price, kg, orders in depth.bids]

    def funds(self, letter: str) -> tuple[int, int]:
        """Free and held fen."""
        account = self.engine.account(account_number(letter))
        assert account is not None
        return account.funds_free, account.funds_held

    def goods(self, letter: str, product: int = 1) -> tuple[int, int]:
        """Free and held kg."""
        account = self.engine.account(account_number(letter))
        assert account is not None
        return next(((free, held) for number, free, held in account.goods if number == product), (0, 0))

    def phase(self, product: int = 1) -> Phase:
        """The product's phase."""
        state = self.engine.product(product)
        assert state is not None
        return Phase(state.phase)

    def reference(self, product: int = 1) -> int:
        """The product's reference price."""
        state = self.engine.product(product)
        assert state is not None
        return state.reference


def refusal(market: Market, command: Command) -> Reason:
    """Why a command is refused; it must change nothing."""
    before = market.engine.state_hash()
    (event,) = market.send(command)
    assert event.kind == EventKind.REJECTED
    assert market.engine.state_hash() == before
    return Reason(event.reason)


def accepted(market: Market, command: Command) -> bool:
    """Whether a command takes effect."""
    told = {EventKind.APPLIED, EventKind.ACCEPTED, EventKind.UNCROSSED}
    return market.send(command)[0].kind in told


def kg_of(levels: tuple[DepthLevel, ...]) -> dict[int, int]:
    """Open kg by price."""
    return {level.price: level.kg for level in levels}


def rows_of(table: str) -> Iterator[tuple[list[int], int, list[int]]]:
    """The rows of a drawn book below its heading: kg of the buys, price, kg of the sells."""
    heading, *rows = filter(None, map(str.strip, table.splitlines()))
    assert heading.replace(" ", "") == "buys|price|sells"
    for row in rows:
        buys, price, sells = row.split("|")
        yield [int(kg) for kg in buys.split()], int(price), [int(kg) for kg in sells.split()]


def lines_of(script: str) -> list[str]:
    """The lines of a script, continued ones joined."""
    lines: list[str] = []
    for line in filter(None, map(str.strip, script.splitlines())):
        if line.startswith("|"):
            lines[-1] += f"; {line[1:].strip()}"
        else:
            lines.append(line)
    return lines


def parse(text: str) -> Command:
    """The command a line of a script says."""
    verb, *words = text.replace("@", " ").replace("#", " ").split()
    match verb, words:
        case (("buy" | "sell"), [letter, kg, price, *rest]):
            return place(verb, letter, int(kg), int(price), *rest)
        case "cancel", [letter, order]:
            return Command(CommandKind.CANCEL, account=account_number(letter), order_id=int(order))
        case "replace", [letter, order, kg, price, *modes]:
            return Command(
                CommandKind.REPLACE,
                account=account_number(letter),
                order_id=int(order),
                price=int(price),
                quantity=int(kg),
                flags=sum(FLAGS[mode] for mode in modes),
            )
        case "cancel-all", [letter, *rest]:
            product = int(rest[0]) if rest else 0
            return Command(CommandKind.CANCEL_ALL, account=account_number(letter), product=product)
    return parse_exchange(verb, words)


def place(side: str, letter: str, kg: int, price: int, *rest: str) -> Command:
    """``buy A 2000 @ 720`` and its terms."""
    terms: dict[str, int] = {"product": 1, "tif": TimeInForce.DAY, "flags": 0}
    words = iter(rest)
    for word in words:
        if word in TIMES_IN_FORCE:
            terms["tif"] = TIMES_IN_FORCE[word]
            if word == "gtd":
                terms["order_id"] = int(next(words))
        elif word == "min":
            terms["amount"] = int(next(words))
        elif word in FLAGS:
            terms["flags"] |= FLAGS[word]
        else:
            terms["product"] = int(word)
    account = account_number(letter)
    return Command(CommandKind.PLACE, account=account, side=SIDES[side], price=price, quantity=kg, **terms)


def parse_exchange(verb: str, words: list[str]) -> Command:
    """The commands of the exchange itself."""
    match verb, words:
        case "product", [number, band, "step", step, "min", least]:
            low, high = map(int, band.split(".."))
            return Command(
                CommandKind.PRODUCT,
                product=int(number),
                price=low,
                quantity=high,
                amount=int(step),
                order_id=int(least),
            )
        case "account", [letter, "fees", buyer, seller, deposit, *rest]:
            return Command(
                CommandKind.ACCOUNT,
                account=account_number(letter),
                price=int(buyer),
                quantity=int(seller),
                amount=int(deposit),
                flags=int("suspended" in rest),
                order_id=account_number(rest[rest.index("group") + 1]) if "group" in rest else 0,
            )
        case "funds", [letter, fen]:
            return Command(CommandKind.FUNDS, account=account_number(letter), amount=int(fen))
        case "goods", [letter, kg, *rest]:
            product = int(rest[0]) if rest else 1
            return Command(
                CommandKind.GOODS, account=account_number(letter), product=product, quantity=int(kg)
            )
    return parse_trading(verb, words)


def parse_trading(verb: str, words: list[str]) -> Command:
    """The commands that say how and when a product trades."""
    match verb, words:
        case "phase", [number, phase, *rest]:
            day = int(options(rest).get("day", 0))
            return Command(CommandKind.PHASE, product=int(number), flags=Phase[phase.upper()], amount=day)
        case "uncross", [number, phase, *rest]:
            given = options(rest)
            return Command(
                CommandKind.UNCROSS,
                product=int(number),
                flags=Phase[phase.upper()],
                price=int(given.get("reference", 0)),
                amount=int(given.get("day", 0)),
            )
        case "rules", [number, *rest]:
            given = options(rest)
            return Command(
                CommandKind.RULES,
                product=int(number),
                price=int(given.get("reference", 0)),
                quantity=int(given.get("range", 0)),
                amount=int(given.get("tick", 1)),
                flags=TieRule[given.get("rule", "midpoint").upper()],
            )
    raise ValueError(f"cannot read {verb} {words}")


def options(words: list[str]) -> dict[str, str]:
    """Pairs of a name and a value."""
    return dict(zip(words[::2], words[1::2], strict=True))


def told(event: Event) -> str:
    """An event as a script says it."""
    order, price = f"#{event.order_id}", f"@ {event.price}"
    reason = Reason(event.reason).name.lower()
    match EventKind(event.kind):
        case EventKind.APPLIED:
            return "applied"
        case EventKind.REJECTED:
            return f"rejected {reason}"
        case EventKind.ACCEPTED:
            return f"accepted {order}"
        case EventKind.TRADE:
            in_call = " in call" if event.reason == Reason.CALL else ""
            return f"trade {order} #{event.other_id} {event.quantity} {price}{in_call}"
        case EventKind.RESTED:
            return f"rested {order} {event.remaining}/{event.quantity} {price}"
        case EventKind.CANCELLED:
            return f"cancelled {order} {event.remaining} {price} {reason}"
        case EventKind.REDUCED:
            return f"reduced {order} {event.other_id} to {event.remaining}/{event.quantity} {price} {reason}"
        case EventKind.REPLACED:
            return f"replaced {order} {event.remaining} {price} by {event.quantity} @ {event.other_id}"
        case EventKind.UNCROSSED:
            found = f"{event.quantity} {price} surplus {event.remaining}" if event.price else "nothing"
            return f"uncrossed {found} to {Phase(event.other).name.lower()}"
        case EventKind.PHASED:
            return f"phased {Phase(event.other).name.lower()} by {order} {price}"
