"""The desk (挂牌、议价、竞价): commands in, events out, with time that comes from commands.

Beside the order books, not inside them: an order book is anonymous interest in a kind of goods, the desk
knows whose goods and whose money each offer is about. Deterministic as the books are: no clock, no chance, no
I/O.

Each command first lets happen what fell due since the last one, in order of time, then does its own.
Listings: ``matching/listing.py``. Negotiation: ``matching/negotiation.py``. Auctions:
``matching/auction_desk.py`` and the rules of each kind in ``matching/auctions``. Money and goods:
``matching/desk_context.py``.
"""

from collections.abc import Callable, Iterator
from typing import Never

from matching import auction_awards, auction_desk, desk_settings, desk_snapshot, listing, negotiation
from matching.desk_checks import Refused
from matching.desk_context import AUCTION_DUE, LISTING_DUE, PROPOSAL_DUE, TAKE_DUE, Answer, DeskContext
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import DeskState
from matching.desk_types import DeskCommand, DeskCommandKind, DeskSetting
from matching.engine import Engine
from matching.types import EventKind, Reason

Handler = Callable[[DeskContext, DeskCommand], Answer]

HANDLERS: dict[int, Handler] = {
    DeskCommandKind.DESK: desk_settings.open_or_close,
    DeskCommandKind.TIME: desk_settings.pass_time,
    DeskCommandKind.SETTING: desk_settings.change_setting,
    DeskCommandKind.LOT: desk_settings.put_aside,
    DeskCommandKind.LOT_RETURN: desk_settings.put_back,
    DeskCommandKind.LIST: listing.post,
    DeskCommandKind.INVITE: listing.invite,
    DeskCommandKind.WITHDRAW: listing.withdraw,
    DeskCommandKind.TAKE: listing.take,
    DeskCommandKind.CONFIRM: listing.confirm,
    DeskCommandKind.COUNTER: negotiation.propose,
    DeskCommandKind.ANSWER: negotiation.answer,
    DeskCommandKind.DECIDE: auction_awards.decide,
    DeskCommandKind.PAY: auction_awards.pay,
    **auction_desk.HANDLERS,
}
"""What each command does; a handler refuses before it changes anything."""

DUE: dict[int, tuple[Callable[[DeskContext, int], int], Callable[[DeskContext, int], None]]] = {
    **listing.DUE,
    **auction_desk.DUE,
}
"""By what falls due: when the one with a number is due (0: never), and what happens then."""

SECRET = frozenset({DeskCommandKind.BID, DeskCommandKind.COMMIT, DeskCommandKind.REVEAL})
"""Commands whose refusal does not repeat price and quantity: they may be nobody else's business."""


def _unknown(desk: DeskContext, command: DeskCommand) -> Never:
    raise Refused(Reason.UNKNOWN_COMMAND)


def _subjects(state: DeskState) -> Iterator[tuple[int, int]]:
    """Everything that falls due some time."""
    yield from ((TAKE_DUE, number) for number in state.takes)
    yield from ((PROPOSAL_DUE, number) for number in state.proposals)
    yield from ((LISTING_DUE, number) for number in state.listings)
    yield from ((AUCTION_DUE, number) for number in state.auctions)


class Desk:
    """All listings, negotiations and auctions of one market."""

    def __init__(self, core: Engine, state: DeskState | None = None) -> None:
        self.context = DeskContext(core, state if state is not None else DeskState())
        for what, number in _subjects(self.context.state):
            when_ns = DUE[what][0](self.context, number)
            if when_ns:
                self.context.schedule(what, number, when_ns)

    def apply(self, record: bytes, seq: int) -> list[bytes]:
        """Does one command; its events, packed."""
        desk, command = self.context, DeskCommand.unpack(record)
        desk.reports.seq = seq
        self._advance(command.time_ns)
        try:
            answer = HANDLERS.get(command.kind, _unknown)(desk, command)
        except Refused as refusal:
            self._reject(command, refusal.reason)
        else:
            desk.reports.tell(
                DeskEventKind.ANSWERED, account=command.account, other=command.kind, **answer._asdict()
            )
        return desk.reports.take()

    def _reject(self, command: DeskCommand, reason: Reason | DeskReason) -> None:
        told = command.kind not in SECRET
        self.context.reports.tell(
            EventKind.REJECTED,
            side=command.side,
            reason=reason,
            product=command.product,
            order_id=command.id,
            price=command.price if told else 0,
            quantity=command.quantity if told else 0,
            account=command.account,
            other=command.kind,
        )

    # --- time -----------------------------------------------------------------------------------------

    def _advance(self, time_ns: int) -> None:
        """Lets happen what is due by now, each at its own time."""
        desk, state = self.context, self.context.state
        now_ns = max(state.now_ns, time_ns)
        if state.now_ns and now_ns - state.now_ns > state.setting(DeskSetting.STALL_NS):
            auction_desk.after_outage(desk, now_ns)
        while (note := desk.next_note()) is not None and note[0] <= now_ns:
            desk.drop_note()
            when_ns, what, number = note
            due_ns, happen = DUE[what]
            if due_ns(desk, number) == when_ns:
                state.now_ns = max(state.now_ns, when_ns)
                happen(desk, number)
        state.now_ns = now_ns

    @property
    def next_due_ns(self) -> int:
        """When the next thing falls due; 0: nothing will."""
        desk = self.context
        while (note := desk.next_note()) is not None:
            when_ns, what, number = note
            if DUE[what][0](desk, number) == when_ns:
                return when_ns
            desk.drop_note()
        return 0

    # --- the whole state ------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether the desk was never used."""
        return self.context.state == DeskState()

    def spelling(self) -> bytes:
        """The whole state in canonical form."""
        return desk_snapshot.write(self.context.state)
