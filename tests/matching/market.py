"""A market as a script: one line a command, behind the bar what must happen.

::

    market.plays('''
        sell A 2000 @ 720       | accepted #1; rested #1 2000/2000 @ 720
        buy B 3000 @ 730        | accepted #2; trade #2 #1 2000 @ 720; rested #2 1000/3000 @ 730
        replace B #2 2500 @ 730 | reduced #2 1000 to 500/2500 @ 730
        cancel B #2             | cancelled #2 500 @ 730 by_owner
    ''')

Accounts are letters (A is 1), orders ``#number``, prices fen per kg, quantities kg. A quantity ``500/2500``
is open/ordered. A line that begins with the bar continues the one above. After every
command the invariants of the engine are checked.
"""

from matching.engine import Engine
from matching.types import (
    Command,
    CommandKind,
    Event,
    EventKind,
    Phase,
    Reason,
    Side,
    TimeInForce,
    unpack_events,
)
from tests.matching.invariants import check_invariants

SIDES = {"buy": Side.BUY, "sell": Side.SELL}


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
        case "replace", [letter, order, kg, price]:
            return Command(
                CommandKind.REPLACE,
                account=account_number(letter),
                order_id=int(order),
                price=int(price),
                quantity=int(kg),
            )
        case "cancel-all", [letter, *rest]:
            product = int(rest[0]) if rest else 0
            return Command(CommandKind.CANCEL_ALL, account=account_number(letter), product=product)
    return parse_exchange(verb, words)


def place(side: str, letter: str, kg: int, price: int, *rest: str) -> Command:
    """``buy A 2000 @ 720 [ioc] [product]``."""
    products = [int(word) for word in rest if word.isdigit()]
    return Command(
        CommandKind.PLACE,
        product=products[0] if products else 1,
        account=account_number(letter),
        side=SIDES[side],
        tif=TimeInForce.IOC if "ioc" in rest else TimeInForce.DAY,
        price=price,
        quantity=kg,
    )


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
                flags=int(rest == ["suspended"]),
            )
        case "funds", [letter, fen]:
            return Command(CommandKind.FUNDS, account=account_number(letter), amount=int(fen))
        case "goods", [letter, kg, *rest]:
            product = int(rest[0]) if rest else 1
            return Command(
                CommandKind.GOODS, account=account_number(letter), product=product, quantity=int(kg)
            )
        case "phase", [number, phase]:
            return Command(CommandKind.PHASE, product=int(number), flags=Phase[phase.upper()])
    raise ValueError(f"cannot read {verb} {words}")


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
            return f"trade {order} #{event.other_id} {event.quantity} {price}"
        case EventKind.RESTED:
            return f"rested {order} {event.remaining}/{event.quantity} {price}"
        case EventKind.CANCELLED:
            return f"cancelled {order} {event.remaining} {price} {reason}"
        case EventKind.REDUCED:
            return f"reduced {order} {event.other_id} to {event.remaining}/{event.quantity} {price}"
        case EventKind.REPLACED:
            return f"replaced {order} {event.remaining} {price} by {event.quantity} @ {event.other_id}"
