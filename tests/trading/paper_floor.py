"""A floor without bus, sockets or disk: commands in batches go through an engine into a journal in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from exchange.trading.desk_time import stamped
from exchange.trading.journal import EMPTY, Head, JournalEntry, Snapshot, seal
from exchange.trading.replica import Replica, result_key
from exchange.trading.replies import Reply
from matching.desk_types import DeskCommand
from matching.types import Command, CommandKind, Phase, Side, TimeInForce

OPENING_NS = int(datetime(2026, 11, 20, 1, 30, tzinfo=UTC).timestamp()) * 10**9
"""09:30 on a Friday in Xianyang."""


AnyCommand = Command | DeskCommand


class MemoryJournal:
    """JournalReader over a list."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self.snapshots: dict[int, Snapshot] = {}

    def read(self, after_seq: int, limit: int = 256) -> list[JournalEntry]:
        return [entry for entry in self.entries if entry.first_seq > after_seq][:limit]

    def head(self) -> Head:
        if not self.entries:
            return EMPTY
        last = self.entries[-1]
        return Head(last.last_seq, last.chain_hash, "", last.time_ns)

    def snapshot_seqs(self) -> list[int]:
        return sorted(self.snapshots, reverse=True)

    def snapshot(self, seq: int) -> Snapshot | None:
        return self.snapshots.get(seq)

    def close(self) -> None:
        pass


class PaperFloor:
    """Applies batches as the floor does and journals them."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.replica = Replica()
        self.time_ns = OPENING_NS

    def again(self) -> "PaperFloor":
        """A floor at the same time that has heard the same; it has taken no snapshots."""
        other = PaperFloor()
        other.time_ns = self.time_ns
        other.journal.entries = list(self.journal.entries)
        for entry in other.journal.entries:
            other.replica.replay(entry)
        return other

    def batch(self, *commands: AnyCommand | tuple[AnyCommand, str]) -> list[Reply]:
        """One micro-batch; a command may come with its client id. Each batch is a second later."""
        pairs = [(each, "") if isinstance(each, Command | DeskCommand) else each for each in commands]
        return self.records(b"".join(command.pack() for command, _ in pairs), [name for _, name in pairs])

    def records(self, commands: bytes, client_ids: Sequence[str]) -> list[Reply]:
        """One micro-batch of packed commands."""
        self.time_ns += 10**9
        commands = stamped(commands, self.time_ns)
        executed = self.replica.execute(commands, client_ids, self.time_ns)
        entry = seal(
            self.replica.chain_hash,
            first_seq=executed.first_seq,
            time_ns=self.time_ns,
            commands=commands,
            client_ids=client_ids,
            events=executed.events,
        )
        self.journal.entries.append(entry)
        self.replica.advanced(entry.chain_hash)
        return executed.replies

    def knows(self, command: bytes, client_id: str) -> bool:
        """Whether the floor would answer this from memory."""
        return self.replica.remembered(result_key(command, client_id)) is not None

    def save_snapshot(self) -> None:
        """Keep the state as a snapshot of the journal."""
        snapshot = self.replica.snapshot()
        self.journal.snapshots[snapshot.seq] = snapshot
        self.replica.saved(snapshot)


def product(
    number: int, *, low: int = 500, high: int = 900, step_kg: int = 100, min_kg: int = 100
) -> Command:
    return Command(
        CommandKind.PRODUCT, product=number, price=low, quantity=high, amount=step_kg, order_id=min_kg
    )


def account(number: int, *, buyer_bps: int = 20, seller_bps: int = 20, deposit_bps: int = 200) -> Command:
    return Command(
        CommandKind.ACCOUNT, account=number, price=buyer_bps, quantity=seller_bps, amount=deposit_bps
    )


def funds(number: int, fen: int) -> Command:
    return Command(CommandKind.FUNDS, account=number, amount=fen)


def goods(number: int, of_product: int, kg: int) -> Command:
    return Command(CommandKind.GOODS, account=number, product=of_product, quantity=kg)


def phase(number: int, to: Phase = Phase.CONTINUOUS) -> Command:
    return Command(CommandKind.PHASE, product=number, flags=to)


def buy(number: int, of_product: int, price: int, kg: int, *, ioc: bool = False) -> Command:
    return _place(Side.BUY, number, of_product, price, kg, ioc)


def sell(number: int, of_product: int, price: int, kg: int, *, ioc: bool = False) -> Command:
    return _place(Side.SELL, number, of_product, price, kg, ioc)


def cancel(number: int, order_id: int) -> Command:
    return Command(CommandKind.CANCEL, account=number, order_id=order_id)


def cancel_all(number: int, of_product: int = 0) -> Command:
    return Command(CommandKind.CANCEL_ALL, account=number, product=of_product)


def replace(number: int, order_id: int, price: int, kg: int) -> Command:
    return Command(CommandKind.REPLACE, account=number, order_id=order_id, price=price, quantity=kg)


def _place(side: Side, number: int, of_product: int, price: int, kg: int, ioc: bool) -> Command:
    return Command(
        CommandKind.PLACE,
        time_ns=OPENING_NS,
        account=number,
        product=of_product,
        side=side,
        tif=TimeInForce.IOC if ioc else TimeInForce.DAY,
        price=price,
        quantity=kg,
    )
