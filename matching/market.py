"""The market: the order books and, beside them, the desk; one ``Engine`` to everybody else.

Batches without desk commands go to the books as they are. Others are cut where a desk command stands. The
desk takes what it holds out of the core, and gives it back, by commands of its own whose events nobody sees
(``matching/desk_context.py``): so in this engine's answers "held" is what the books and the desk hold
together.

A market whose desk was never used has the snapshot of its core. Otherwise::

    MAGIC, length of the core's snapshot (u64), the core's snapshot, the desk's spelling, seal

with the seal of ``matching/snapshot.py``.
"""

from struct import Struct
from typing import Any

from matching import desk_snapshot
from matching import snapshot as layout
from matching.auction_desk import is_ticking
from matching.auctions.verify import bid_file
from matching.desk import Desk
from matching.desk_context import Hold
from matching.desk_state import DeskState
from matching.desk_types import ENDED_STATES, FIRST_DESK_KIND, LAST_DESK_KIND
from matching.engine import (
    AccountState,
    Batch,
    Depth,
    Engine,
    GoodsState,
    Implementation,
    Indicative,
    OpenOrder,
    ProductState,
    new_engine,
)
from matching.reference import checked_batch
from matching.types import EVENT, RECORD_SIZE, RETURNED, Command, CommandKind, EventKind, Reason

MAGIC = b"JGMARKET1"
_LENGTH = Struct("<Q")
_CORE_AT = len(MAGIC) + _LENGTH.size

_DESK_KINDS = range(FIRST_DESK_KIND, LAST_DESK_KIND + 1)
_MOVES = (CommandKind.FUNDS, CommandKind.GOODS)
_PLAIN = bytes(kind for kind in range(256) if kind not in _DESK_KINDS and kind not in _MOVES)
"""Kinds that are the core's whatever else stands in the record."""

_FLAGS_AT = 3


class MarketEngine:
    """``matching.engine.Engine`` for books and desk."""

    def __init__(self, core: Engine) -> None:
        """The core is this market's alone from now on."""
        self._core = core
        self._desk = Desk(core)

    def apply(self, commands: Batch, first_seq: int) -> bytes:
        """See ``Engine.apply``."""
        view = commands if isinstance(commands, bytes) else memoryview(commands).cast("B")
        if not bytes(view[::RECORD_SIZE]).translate(None, _PLAIN):
            return self._core.apply(commands, first_seq)
        batch = checked_batch(commands, first_seq)
        special = _special(batch)
        if not special:
            return self._core.apply(batch, first_seq)
        events: list[bytes] = []
        done = 0
        for at in special:
            if at > done:
                events.append(self._core.apply(_part(batch, done, at), first_seq + done))
            events += self._apply_special(_part(batch, at, at + 1), first_seq + at)
            done = at + 1
        events.append(self._core.apply(batch[done * RECORD_SIZE :], first_seq + done))
        return b"".join(events)

    def _apply_special(self, record: bytes, seq: int) -> list[bytes]:
        if record[0] in _DESK_KINDS:
            return self._desk.apply(record, seq)
        return [_rejected(Command.unpack(record), seq)]

    # --- the whole state ------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """See ``Engine.snapshot``."""
        core = self._core.snapshot()
        if self._desk.is_empty:
            return core
        return layout.seal(MAGIC + _LENGTH.pack(len(core)) + core + self._desk.spelling())

    def load(self, snapshot: bytes) -> None:
        """See ``Engine.load``."""
        if not isinstance(snapshot, bytes) or not snapshot.startswith(MAGIC):
            self._core.load(snapshot)
            self._desk = Desk(self._core)
            return
        body = layout.unseal(snapshot)
        if len(body) < _CORE_AT:
            raise ValueError("the snapshot is damaged: it has no core")
        end = _CORE_AT + _LENGTH.unpack_from(body, len(MAGIC))[0]
        state = desk_snapshot.read(body[end:])
        self._core.load(body[_CORE_AT:end])
        self._desk = Desk(self._core, state)

    def state_hash(self) -> str:
        """See ``Engine.state_hash``."""
        return layout.state_hash(self.snapshot())

    # --- books and accounts ---------------------------------------------------------------------------

    def account(self, account: int) -> AccountState | None:
        """See ``Engine.account``; what the desk holds counts as held."""
        found = self._core.account(account)
        if found is None:
            return None
        fen, aside = self._desk.context.fen_of(account), self._desk.context.goods_of(account)
        if not fen and not aside:
            return found
        return found._replace(funds_held=found.funds_held + fen, goods=_with(found.goods, aside))

    def product(self, product: int) -> ProductState | None:
        """See ``Engine.product``."""
        return self._core.product(product)

    def depth(self, product: int, levels: int) -> Depth:
        """See ``Engine.depth``."""
        return self._core.depth(product, levels)

    def indicative(self, product: int) -> Indicative | None:
        """See ``Engine.indicative``."""
        return self._core.indicative(product)

    def open_orders(self, account: int) -> tuple[OpenOrder, ...]:
        """See ``Engine.open_orders``."""
        return self._core.open_orders(account)

    def best_orders(self, account: int, product: int, side: int, most: int) -> tuple[OpenOrder, ...]:
        """See ``Engine.best_orders``."""
        return self._core.best_orders(account, product, side, most)

    @property
    def last_order_id(self) -> int:
        """See ``Engine.last_order_id``."""
        return self._core.last_order_id

    @property
    def last_trade_id(self) -> int:
        """See ``Engine.last_trade_id``."""
        return self._core.last_trade_id

    # --- the desk -------------------------------------------------------------------------------------

    @property
    def desk(self) -> DeskState:
        """Everything the desk knows, to be read and not changed."""
        return self._desk.context.state

    def desk_holds(self, account: int) -> tuple[Hold, ...]:
        """What the desk holds of an account, by HoldKind and number."""
        return self._desk.context.holds_of(account)

    def bid_file(self, auction: int) -> dict[str, Any] | None:
        """The bid file of an auction that has ended (``matching/auctions/verify.py``); None of any other."""
        found = self.desk.auctions.get(auction)
        return bid_file(found) if found is not None and found.state in ENDED_STATES else None

    @property
    def next_due_ns(self) -> int:
        """When the next thing at the desk falls due; 0: nothing will. Then a TIME should come."""
        return self._desk.next_due_ns

    @property
    def ticking(self) -> bool:
        """Whether an auction is under way: then a TIME should come at least each second."""
        return is_ticking(self._desk.context)


def new_market(implementation: Implementation | None = None) -> MarketEngine:
    """An empty market; see ``matching.engine.new_engine``."""
    return MarketEngine(new_engine(implementation))


def _special(batch: bytes) -> list[int]:
    """Which commands are not for the core: the desk's, and returns that somebody else claims."""
    kinds, flags = batch[::RECORD_SIZE], batch[_FLAGS_AT::RECORD_SIZE]
    return [
        at
        for at, kind in enumerate(kinds)
        if kind in _DESK_KINDS or (kind in _MOVES and flags[at] & RETURNED)
    ]


def _part(batch: bytes, start: int, end: int) -> bytes:
    return batch[start * RECORD_SIZE : end * RECORD_SIZE]


def _rejected(command: Command, seq: int) -> bytes:
    """Goods and money come back from the desk alone: nobody else may say so."""
    head = (seq, EventKind.REJECTED, command.side, Reason.BAD_PARAMETER, command.product, 0, 0)
    return EVENT.pack(*head, command.price, command.quantity, 0, command.account, 0)


def _with(goods: tuple[GoodsState, ...], aside: dict[int, int]) -> tuple[GoodsState, ...]:
    """Goods with what is aside counted as held."""
    merged = {each.product: each for each in goods}
    for product, kg in aside.items():
        state = merged.get(product, GoodsState(product, 0, 0))
        merged[product] = state._replace(held=state.held + kg)
    return tuple(merged[product] for product in sorted(merged))
