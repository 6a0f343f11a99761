"""The floor alone says what time it is at the desk."""

from exchange.kernel.calendar import NS_PER_S
from exchange.trading.desk_time import stamped
from exchange.trading.journal import JournalStore
from exchange.trading.queries import DeskAnswer, DeskQuery
from matching.desk_types import DeskCommand, DeskCommandKind
from matching.types import Command, CommandKind
from tests.trading.floor_kit import SteppedFloor, opened_market

NOW = 1_795_000_000 * NS_PER_S


def test_only_desk_commands_are_stamped_and_nothing_else_of_them_changes() -> None:
    bid = DeskCommand(DeskCommandKind.BID, time_ns=1, account=7, id=3, price=700, extra=9)
    order = Command(CommandKind.FUNDS, 1, account=7, amount=5)
    first, second = (stamped(order.pack() + bid.pack(), NOW)[at : at + 64] for at in (0, 64))
    assert first == order.pack()
    assert DeskCommand.unpack(second) == bid._replace(time_ns=NOW)
    assert stamped(order.pack(), NOW) == order.pack()


def test_what_is_journaled_has_the_floors_time(journal: JournalStore) -> None:
    floor = SteppedFloor(journal)
    floor.batch(*opened_market())
    floor.batch(DeskCommand(DeskCommandKind.TIME, time_ns=1))
    answer = floor.ask(DeskQuery())
    assert isinstance(answer, DeskAnswer)
    assert answer.now_ns == journal.read(0)[-1].time_ns > 1
