"""Do the tables of the halls, the register's lots and the desk say the same? Part of ``reconciliation``."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from exchange.halls.agreement import halls_picture
from exchange.kernel import outbox
from exchange.trading.models import Trade
from exchange.trading.types import DEAL_MODES, Difference
from matching.desk_state import DeskState
from matching.desk_types import ENDED_STATES, FIRST_DEAL, AuctionState, DeskCommand, DeskCommandKind, HoldKind
from warehouse_receipts.selectors import lots_in_register


def desk_agrees(desk: DeskState) -> Iterator[Difference]:
    """Every difference between the desk and the tables."""
    stored = halls_picture()
    open_listings = {
        number: (each.left, each.reserved) for number, each in desk.listings.items() if not each.ended_ns
    }
    auctions = {
        number: (each.state, each.epoch)
        for number, each in desk.auctions.items()
        if each.state not in ENDED_STATES and each.state != AuctionState.DEFINED
    }
    running = {
        number: (state, epoch)
        for number, (state, epoch, _) in stored.auctions.items()
        if state not in ENDED_STATES
    }
    yield from _compare("listing", stored.listings, open_listings)
    yield from _compare("take", stored.takes, {n: (t.listing, t.quantity) for n, t in desk.takes.items()})
    proposals = {n: (p.listing, p.price, p.quantity) for n, p in desk.proposals.items()}
    yield from _compare("proposal", stored.proposals, proposals)
    yield from _compare("auction", running, auctions)
    yield from _compare("desk setting", stored.settings, desk.settings)
    lots = {(lot.account, int(HoldKind.LOT), lot.number): lot.kg for lot in desk.lots.values()}
    yield from _compare("desk hold", stored.holds, {**desk.holds, **lots})
    yield from _compare("lot", lots_in_register(), _lots_less_returns(desk))
    yield from _deals(stored.deals, desk)


def _lots_less_returns(desk: DeskState) -> dict[int, int]:
    """Lots as they will be once the returns that wait in the outbox are done."""
    returning: Counter[int] = Counter()
    after, page = 0, outbox.pending()
    while page:
        for row in page:
            command = DeskCommand.unpack(row.command)
            if command.kind == DeskCommandKind.LOT_RETURN:
                returning[command.id] += command.quantity
            after = row.id
        page = outbox.pending(after=after)
    left = {lot.number: lot.kg - returning[lot.number] for lot in desk.lots.values()}
    return {number: kg for number, kg in left.items() if kg}


def _deals(stored: int, desk: DeskState) -> Iterator[Difference]:
    trades = Trade.objects.filter(mode__in=DEAL_MODES)
    yield from _compare("number of deals", {0: (stored, trades.count())}, {0: (desk.deals, desk.deals)})
    last = trades.order_by("-trade_id").values_list("trade_id", flat=True).first() or FIRST_DEAL
    yield from _compare("last deal", {0: last}, {0: FIRST_DEAL + desk.deals})


def _compare(what: str, in_tables: Mapping[Any, Any], in_engine: Mapping[Any, Any]) -> Iterator[Difference]:
    for key in sorted(in_tables.keys() | in_engine.keys()):
        kept, held = in_tables.get(key), in_engine.get(key)
        if kept != held:
            yield Difference(what, str(key), str(kept), str(held))
