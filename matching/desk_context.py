"""The desk at work: its state, the core beside it, what is due, and the moves of money and goods.

Everything the desk holds was taken out of the core's free funds and goods by the core's own FUNDS and GOODS
commands, and comes back by the same with the flag RETURNED. So what is free in the core is what an account
can still use in any mode, and Σ over core and desk changes by deposits and deals alone.

A handler of a command checks first and then acts. Of the moves here ``hold``, ``debit``, ``set_aside`` and
``take_goods`` can be refused: a handler begins with one of them, or checks before that they will not be.
"""

from heapq import heappop, heappush
from typing import NamedTuple

from matching.desk_checks import Refused, refuse_if
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_reports import DeskReports
from matching.desk_state import DeskState, Lot
from matching.desk_types import FIRST_DEAL, WITH_BOND, HoldKind
from matching.engine import AccountState, Engine, ProductState
from matching.holds import bond_fen, settlement_of
from matching.payments import payment_of
from matching.types import (
    MAX_ASIDE,
    RETURNED,
    Command,
    CommandKind,
    EventKind,
    Reason,
)

TAKE_DUE, PROPOSAL_DUE, LISTING_DUE, AUCTION_DUE = 1, 2, 3, 4
"""What falls due at the same moment happens in this order, then by number."""

_KIND_AT = 8
"""Where the kind stands in an event record."""
_REASON_AT = 10


class Hold(NamedTuple):
    """One hold of an account: money (product 0) in fen, or goods in kg."""

    kind: int
    number: int
    product: int
    quantity: int


class Answer(NamedTuple):
    """What the ANSWERED of a command says; see ``DeskEventKind``."""

    order_id: int = 0
    other_id: int = 0
    product: int = 0
    price: int = 0
    quantity: int = 0
    remaining: int = 0


class DeskContext:
    """State and core of one desk."""

    def __init__(self, core: Engine, state: DeskState) -> None:
        self.core = core
        self.state = state
        self.reports = DeskReports()
        self.agenda: list[tuple[int, int, int]] = []
        """A heap of (when, what, number). An entry that no longer says when its subject is due is void."""
        self._fen: dict[int, int] = {}
        self._kg: dict[int, dict[int, int]] = {}
        self._holds: dict[int, set[tuple[int, int, int]]] = {}
        self._lots: dict[int, set[int]] = {}
        """What concerns an account, so that asking for one does not go through all."""
        self._all_fen = 0
        self._all_kg = 0
        for key, fen in state.holds.items():
            self._count_fen(key[0], fen)
            self._holds.setdefault(key[0], set()).add(key)
        for lot in state.lots.values():
            self._count_kg(lot, lot.kg)
            self._lots.setdefault(lot.account, set()).add(lot.number)

    # --- reading --------------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """The desk's time."""
        return self.state.now_ns

    def account(self, number: int) -> AccountState:
        """The account in the core, or a refusal."""
        account = self.core.account(number)
        if account is None:
            raise Refused(Reason.UNKNOWN_ACCOUNT)
        return account

    def trader(self, number: int) -> AccountState:
        """An account that may trade, or a refusal."""
        account = self.account(number)
        refuse_if(account.suspended, Reason.SUSPENDED)
        return account

    def product(self, number: int) -> ProductState:
        """The product in the core, or a refusal."""
        product = self.core.product(number)
        if product is None:
            raise Refused(Reason.UNKNOWN_PRODUCT)
        return product

    def check_mode(self, product: int, mode: int, *, dealing: bool) -> None:
        """Refuses unless the product is traded this way and, for a deal, the desk is open."""
        found = self.state.products.get(product)
        refuse_if(found is None or not found.modes & mode, DeskReason.MODE_OFF)
        refuse_if(dealing and (found is None or not found.is_open), DeskReason.DESK_CLOSED)

    def lot_of(self, number: int, account: int, product: int) -> Lot:
        """The account's lot, or a refusal."""
        lot = self.state.lots.get(number)
        if lot is None or lot.account != account or lot.product != product:
            raise Refused(DeskReason.UNKNOWN_LOT)
        return lot

    def fen_of(self, account: int) -> int:
        """Fen the desk holds of an account."""
        return self._fen.get(account, 0)

    def goods_of(self, account: int) -> dict[int, int]:
        """Kg the desk holds of an account, by product."""
        return {product: kg for product, kg in sorted(self._kg.get(account, {}).items()) if kg}

    def holds_of(self, account: int) -> tuple[Hold, ...]:
        """All holds of an account."""
        money = [
            Hold(kind, number, 0, self.state.holds[owner, kind, number])
            for owner, kind, number in sorted(self._holds.get(account, ()))
        ]
        goods = [
            Hold(HoldKind.LOT, number, self.state.lots[number].product, self.state.lots[number].kg)
            for number in sorted(self._lots.get(account, ()))
        ]
        return (*money, *goods)

    def held(self, account: int, kind: HoldKind, number: int) -> int:
        """Fen of one hold."""
        return self.state.holds.get((account, kind, number), 0)

    # --- numbers and times ----------------------------------------------------------------------------

    def next_number(self) -> int:
        """The next number of takes, proposals and bids."""
        self.state.last_number += 1
        return self.state.last_number

    def schedule(self, what: int, number: int, when_ns: int) -> None:
        """Notes when something is due; a later note about it makes this one void."""
        heappush(self.agenda, (when_ns, what, number))

    def next_note(self) -> tuple[int, int, int] | None:
        """The first note of the agenda."""
        return self.agenda[0] if self.agenda else None

    def drop_note(self) -> None:
        """Takes the first note off."""
        heappop(self.agenda)

    # --- money ----------------------------------------------------------------------------------------

    def hold(self, account: int, kind: HoldKind, number: int, fen: int, subject: int) -> None:
        """Puts free money on hold, or refuses. Subject: the listing or auction it is for."""
        self.check_aside(fen)
        self.debit(account, fen)
        self._change_hold(account, kind, number, fen, subject, DeskReason.TAKEN_ASIDE)

    def check_aside(self, fen: int) -> None:
        """Refuses what would be too much for the desk as a whole."""
        refuse_if(self._all_fen + fen > MAX_ASIDE, DeskReason.TOO_MUCH_ASIDE)

    def release(self, account: int, kind: HoldKind, number: int, fen: int, subject: int) -> None:
        """Gives money of a hold back to its account."""
        if fen:
            self._change_hold(account, kind, number, -fen, subject, DeskReason.GIVEN_BACK)
            self.credit(account, fen)

    def spend(
        self,
        account: int,
        kind: HoldKind,
        number: int,
        fen: int,
        subject: int,
        reason: DeskReason = DeskReason.SPENT,
    ) -> None:
        """Money of a hold leaves its account."""
        if fen:
            self._change_hold(account, kind, number, -fen, subject, reason)

    def _change_hold(
        self, account: int, kind: HoldKind, number: int, fen: int, subject: int, reason: DeskReason
    ) -> None:
        holds, key = self.state.holds, (account, kind, number)
        left = holds.get(key, 0) + fen
        assert left >= 0, "a hold is spent once"
        if left:
            holds[key] = left
            self._holds.setdefault(account, set()).add(key)
        else:
            holds.pop(key, None)
            self._holds.get(account, set()).discard(key)
        self._count_fen(account, fen)
        self.reports.tell(
            DeskEventKind.HELD,
            side=kind,
            reason=reason,
            order_id=number,
            other_id=subject,
            quantity=fen,
            remaining=left,
            account=account,
        )

    def _count_fen(self, account: int, fen: int) -> None:
        self._fen[account] = self._fen.get(account, 0) + fen
        self._all_fen += fen

    def debit(self, account: int, fen: int) -> None:
        """Free money leaves the core, or the command is refused."""
        if fen:
            self._tell_core(Command(CommandKind.FUNDS, account=account, amount=-fen))

    def credit(self, account: int, fen: int) -> None:
        """Money comes back to, or in for, an account."""
        if fen:
            self._tell_core(Command(CommandKind.FUNDS, account=account, amount=fen, flags=RETURNED))

    def check_free(self, account: int, fen: int, *, freed: int = 0) -> None:
        """Refuses unless so much is free, counting what is about to be freed."""
        refuse_if(fen > self.account(account).funds_free + freed, Reason.INSUFFICIENT_FUNDS)

    def _tell_core(self, command: Command) -> None:
        event = self.core.apply(command.pack(), self.reports.seq)
        if event[_KIND_AT] != EventKind.APPLIED:
            assert not command.flags & RETURNED, "the limits of the core leave room for all that is aside"
            raise Refused(Reason(int.from_bytes(event[_REASON_AT : _REASON_AT + 2], "little")))

    # --- goods ----------------------------------------------------------------------------------------

    def take_goods(self, account: int, product: int, kg: int) -> None:
        """Free goods leave the core, or the command is refused."""
        self._tell_core(Command(CommandKind.GOODS, account=account, product=product, quantity=-kg))

    def set_aside(self, lot: Lot) -> None:
        """Free goods become a lot, or the command is refused."""
        refuse_if(self._all_kg + lot.kg > MAX_ASIDE, DeskReason.TOO_MUCH_ASIDE)
        self.take_goods(lot.account, lot.product, lot.kg)
        self.state.lots[lot.number] = lot
        self._lots.setdefault(lot.account, set()).add(lot.number)
        self._count_kg(lot, lot.kg)
        self._tell_lot(lot, lot.kg, DeskReason.TAKEN_ASIDE)

    def return_goods(self, lot: Lot, kg: int) -> None:
        """Goods of a lot are free again; an empty lot is gone."""
        self._shrink(lot, kg, DeskReason.GIVEN_BACK)
        self._tell_core(
            Command(CommandKind.GOODS, account=lot.account, product=lot.product, quantity=kg, flags=RETURNED)
        )

    def _shrink(self, lot: Lot, kg: int, reason: DeskReason) -> None:
        assert kg <= lot.unpromised, "promised goods stay"
        lot.kg -= kg
        self._count_kg(lot, -kg)
        if not lot.kg:
            del self.state.lots[lot.number]
            self._lots[lot.account].discard(lot.number)
        self._tell_lot(lot, -kg, reason)

    def _tell_lot(self, lot: Lot, kg: int, reason: DeskReason) -> None:
        self.reports.tell(
            DeskEventKind.HELD,
            side=HoldKind.LOT,
            reason=reason,
            product=lot.product,
            order_id=lot.number,
            quantity=kg,
            remaining=lot.kg,
            account=lot.account,
        )

    def _count_kg(self, lot: Lot, kg: int) -> None:
        mine = self._kg.setdefault(lot.account, {})
        mine[lot.product] = mine.get(lot.product, 0) + kg
        self._all_kg += kg

    # --- deals ----------------------------------------------------------------------------------------

    def deal(
        self,
        *,
        mode: int,
        subject: int,
        product: int,
        buyer: int,
        seller: int,
        price: int,
        kg: int,
        lot: int,
        fee_bps: int,
        payment: int = 0,
    ) -> int:
        """Goods and money that already left buyer and seller change hands; the deal's number.

        Of a lot the kg must still be promised; from free goods (lot 0) they were taken before. The buyer paid
        price * kg, or the bond, and the fee at his rate, which is given (``payments.buyer_gives_fen``). The
        seller gets nothing yet unless the whole price is his now.
        """
        rates = self.account(seller)
        moved = settlement_of(price, kg, fee_bps, rates.seller_fee_bps, rates.deposit_bps)
        payment = payment_of(payment, moved.amount)
        if lot:
            found = self.state.lots[lot]
            found.promised -= kg
            self._shrink(found, kg, DeskReason.SPENT)
        if not payment:
            self.credit(seller, moved.seller_gets)
        self.state.deals += 1
        number = FIRST_DEAL + self.state.deals
        self.reports.tell(
            DeskEventKind.DEAL,
            side=mode,
            reason=payment,
            product=product,
            order_id=number,
            other_id=subject,
            price=price,
            quantity=kg,
            remaining=lot,
            account=buyer,
            other=seller,
        )
        self.reports.tell(
            DeskEventKind.DEAL_FEES,
            product=product,
            order_id=number,
            other_id=bond_fen(moved.amount) if payment == WITH_BOND else 0,
            price=moved.buyer_fee,
            quantity=moved.seller_fee,
            remaining=moved.deposit,
            account=buyer,
            other=seller,
        )
        return number


def check_strangers(desk: DeskContext, one: int, other: int) -> None:
    """Refuses two accounts of one group."""
    refuse_if(desk.account(one).group == desk.account(other).group, DeskReason.RELATED_PARTY)
