"""Listings and auctions as the templates show them: names instead of numbers, and what this reader may do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from exchange.halls.types import (
    FINISHED_AUCTIONS,
    RUNNING_AUCTIONS,
    AuctionRow,
    AwardRow,
    BidRow,
    HallState,
    ListingRow,
    ListingState,
    ProposalRow,
    ProposalState,
    TakeRow,
)
from exchange.kernel.calendar import NS_PER_MS, NS_PER_S, today
from exchange.kernel.errors import NotFound, catalogue, error_for_reason
from exchange.kernel.money import format_yuan
from exchange.market_data.hall_messages import reserve_word
from exchange.markets.selectors import fees_on, products_by_number
from exchange.markets.types import PAYMENT_WORDS, ProductRow
from exchange.members.selectors import (
    identity_of_user,
    member_by_account_no,
    members_by_account_no,
)
from exchange.members.types import FeeRates, MemberIdentity
from matching.desk_types import (
    LISTED,
    NEGOTIATED,
    WHOLE_LOT_PRICING,
    AuctionKind,
    AuctionParameter,
    Pricing,
)
from warehouse_receipts.selectors import inspections, receipts_by_no
from warehouse_receipts.types import ReceiptRow
from web.pages import words
from web.pages.access import TRADE_ROLES
from web.pages.hall_forms import KIND_NAMES, NO_FEES, PRICING_NAMES
from web.pages.settlement_words import PAYMENT
from web.templatetags.jinguo import listed

OF = AuctionParameter
SHOWN_STORES = 3
MODE_WORDS = {LISTED: lazy("摘牌"), NEGOTIATED: lazy("议价")}
PROPOSAL_ENDS = {
    ProposalState.AGREED: lazy("已成交"),
    ProposalState.REFUSED: lazy("已拒绝"),
    ProposalState.TAKEN_BACK: lazy("已收回"),
    ProposalState.COUNTERED: lazy("已被新的还价替换"),
    ProposalState.EXPIRED: lazy("已过期"),
    ProposalState.ENDED: lazy("随挂牌结束"),
}


# The reader ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a hall: a member's person, an operator, or anybody."""

    identity: MemberIdentity | None
    fees: FeeRates

    @property
    def account_no(self) -> int:
        """0 for who acts for no member."""
        return 0 if self.identity is None else self.identity.account_no

    @property
    def number(self) -> int | None:
        """The account for which things are looked up; None for the public."""
        return self.account_no or None

    @property
    def may_act(self) -> bool:
        """Whether the person may deal for the member now."""
        who = self.identity
        return who is not None and who.role in TRADE_ROLES and not who.suspended

    @property
    def why_not(self) -> str:
        """Why somebody who is logged in may not deal."""
        if self.identity is None:
            return _("您没有代表任何交易商。")
        if self.identity.suspended:
            return _("本方被暂停交易。")
        return _("只有交易员和管理员可以成交。")


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks for the page."""
    identity = identity_of_user(request.user.pk) if request.user.pk else None
    if identity is not None:
        return Viewer(identity, member_by_account_no(identity.account_no).fees)
    return Viewer(None, public_fees())


def public_fees() -> FeeRates:
    """The fees of the present schedule, for who is no member."""
    try:
        fees = fees_on(today())
    except NotFound:
        return NO_FEES
    return FeeRates(fees.buyer_bps, fees.seller_bps, fees.deposit_bps)


# Names -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """Everything rows name by number, asked for once."""

    products: Mapping[int, ProductRow]
    members: Mapping[int, str]
    codes: Mapping[int, str]
    receipts: Mapping[str, ReceiptRow]

    def product(self, number: int) -> str:
        """Name of a product in the reader's language."""
        row = self.products.get(number)
        return str(number) if row is None else words.product_name(row)

    def member(self, account_no: int) -> str:
        """Name of a member."""
        return self.members.get(account_no, str(account_no))

    def stores(self, receipt_nos: Iterable[str]) -> str:
        """Where receipts lie, in a few words."""
        found = [self.receipts[no].warehouse_name for no in receipt_nos if no in self.receipts]
        return listed(list(dict.fromkeys(found))[:SHOWN_STORES])


def names_for(account_nos: Iterable[int], receipt_nos: Iterable[str] = ()) -> Names:
    """The names rows need."""
    found = members_by_account_no(account_nos)
    return Names(
        products=products_by_number(),
        members={number: row.name for number, row in found.items()},
        codes={number: row.code for number, row in found.items()},
        receipts=receipts_by_no(list(receipt_nos)),
    )


def product_facts(product: ProductRow | None) -> dict[str, Any]:
    """What a card says of a product."""
    if product is None:
        return {"product_code": "", "spec": "", "county": "", "reference": None}
    return {
        "product_code": product.code,
        "spec": words.product_spec(product),
        "county": product.county,
        "reference": product.reference_price,
    }


# Listings --------------------------------------------------------------------------------------------


def listing_card(row: ListingRow, names: Names, viewer: Viewer) -> dict[str, Any]:
    """A listing in a list and at the head of its own page."""
    return {
        "id": row.id,
        "no": row.no,
        "side": words.side_word(row.side),
        "name": names.product(row.product_number),
        **product_facts(names.products.get(row.product_number)),
        "stores": names.stores(row.receipt_nos),
        "price": row.price,
        "left_kg": row.left_kg,
        "quantity_kg": row.quantity_kg,
        "dealt_kg": row.dealt_kg,
        "minimum_kg": min(row.minimum_kg or row.step_kg, row.left_kg or row.quantity_kg),
        "step_kg": row.step_kg,
        "negotiable": row.negotiable,
        "confirm": row.confirm,
        "payment": PAYMENT_WORDS[row.payment],
        "invited": row.invited_only,
        "lister": names.member(row.account_no),
        "mine": row.account_no == viewer.account_no,
        "expires_ns": row.valid_until_ns,
        "state": row.state.value,
        "note": ended_because(row.reason, row.failure, _refusal(row)),
    }


def _refusal(row: ListingRow | AuctionRow) -> str:
    """What the audit said when it refused, or the operator when he took it down; approvals need no words."""
    ended = (ListingState.REFUSED, ListingState.WITHDRAWN, HallState.REFUSED)
    return row.audit_note if row.state in ended else ""


def ended_because(reason: int, failure: str, audit_note: str) -> str:
    """Why a listing or auction was refused or failed, in words; empty for an ordinary end."""
    if audit_note:
        return audit_note
    if failure:
        kind = catalogue().get(failure)
        return failure if kind is None else kind().message(words.language())
    return error_for_reason(reason).message(words.language()) if reason else ""


def take_ask(row: TakeRow, names: Names, viewer: Viewer) -> dict[str, Any]:
    """A take that waits for the lister's word."""
    return {
        "id": row.id,
        "listing_id": row.listing_id,
        "mine": row.account_no == viewer.account_no,
        "by": names.member(row.account_no),
        "name": names.product(row.product_number),
        "price": row.price,
        "kg": row.quantity_kg,
        "payment": PAYMENT_WORDS[row.payment],
        "deadline_ns": row.deadline_ns,
    }


def chain_step(row: ProposalRow, names: Names, viewer: Viewer) -> dict[str, Any]:
    """One counter-offer of a chain."""
    return {
        "id": row.id,
        "listing_id": row.listing_id,
        "mine": row.account_no == viewer.account_no,
        "by": names.member(row.account_no),
        "by_code": names.codes.get(row.account_no, ""),
        "side": words.side_word(row.side),
        "name": names.product(row.product_number),
        "price": row.price,
        "kg": row.quantity_kg,
        "payment": PAYMENT_WORDS[row.payment],
        "at_ns": row.at_ns,
        "expires_ns": row.expires_ns,
        "standing": row.state == ProposalState.STANDING,
        "outcome": str(PROPOSAL_ENDS.get(row.state, "")),
    }


def chains_shown(
    found: Mapping[int, list[ProposalRow]], listing: ListingRow, names: Names, viewer: Viewer
) -> list[dict[str, Any]]:
    """The counter-offers of a listing by the member the lister talks to, each chain oldest first."""
    mine = listing.account_no == viewer.account_no
    return [
        {
            "with": names.member(member_no) if mine else "",
            "steps": [chain_step(row, names, viewer) for row in rows],
        }
        for member_no, rows in found.items()
    ]


def receipt_rows(receipt_nos: Iterable[str], names: Names) -> list[dict[str, Any]]:
    """The receipts behind an offer with what their inspections measured."""
    rows = [names.receipts[no] for no in receipt_nos if no in names.receipts]
    reports = inspections([row.inspection_no for row in rows])
    shown = []
    for row in rows:
        measured = reports[row.inspection_no].measurements if row.inspection_no in reports else None
        shown.append(
            {
                "no": row.receipt_no,
                "kg": row.kg,
                "store": row.warehouse_name,
                "grade": words.word(words.GRADE, row.grade),
                "firmness": "—" if measured is None else f"{measured.firmness_tenths / 10:.1f}",
                "sugar": "—" if measured is None else f"{measured.ssc_tenths / 10:.1f}%",
                "inspection": row.inspection_no,
                "expires_on": row.expires_on,
            }
        )
    return shown


def listing_facts(row: ListingRow, fees: FeeRates) -> list[tuple[str, str]]:
    """The terms of a listing as pairs of name and value."""
    percent = "%g%%"
    facts = [
        (_("编号"), row.no),
        (_("成交方式"), _("挂牌方确认后成交") if row.confirm else _("摘牌即成交")),
        (_("议价"), _("可议价") if row.negotiable else _("一口价")),
        (_("付款方式"), words.word(PAYMENT, PAYMENT_WORDS[row.payment])),
        (_("价格条件"), _("出库价，含税，散装")),
        (_("买方手续费"), percent % (fees.buyer_bps / 100)),
        (_("品质担保金"), percent % (fees.deposit_bps / 100)),
    ]
    return [*facts, (_("备注"), row.note)] if row.note else facts


# Auctions --------------------------------------------------------------------------------------------


def lot_card(row: AuctionRow, names: Names, viewer: Viewer, entered: bool = False) -> dict[str, Any]:
    """An auction in a list and at the head of its own page."""
    shown = row.public_parameters
    ended = row.state in FINISHED_AUCTIONS
    until_ns = row.opens_at_ns if row.state == HallState.ANNOUNCED else row.until_ns
    counts_down = row.state in (HallState.ANNOUNCED, *RUNNING_AUCTIONS) and not (
        row.kind == AuctionKind.DUTCH and row.state == HallState.OPEN
    )
    return {
        "id": row.id,
        "no": row.no,
        "kind": row.kind.name.lower(),
        "state": row.state.value,
        "defined": row.defined,
        "name": row.title or names.product(row.product_number),
        **product_facts(names.products.get(row.product_number)),
        "owner": names.member(row.account_no),
        "mine": row.account_no == viewer.account_no,
        "reverse": row.reverse,
        "entered": entered,
        "quantity_kg": row.quantity_kg,
        "remaining_kg": row.left_kg if row.defined else row.quantity_kg,
        "start_price": row.start_price,
        "price": row.price or None,
        "result_price": row.price if row.state == HallState.AWARDED and row.price else None,
        "shown_price": row.price or row.start_price,
        "step": shown.get(OF.STEP),
        "floor_price": shown.get(OF.FLOOR),
        "reserve": reserve_word(row.reserve_met),
        "opens_ns": row.opens_at_ns,
        "until_ns": until_ns if counts_down else 0,
        "until_ms": until_ns // NS_PER_MS,
        "ended": ended,
        "ended_ns": row.ended_at_ns or None,
        "round": row.round,
        "bids": row.bids,
        "extensions": row.extensions,
        "max_extensions": shown.get(OF.MAX_EXTENSIONS, 0),
        "bond_fen_per_t": shown.get(OF.BOND_FEN_PER_T, 0),
        "fee_reserve_fen_per_t": shown.get(OF.FEE_RESERVE_FEN_PER_T, 0),
        "entry_fen": entry_fen(row),
        "many_units": many_units(row),
        "committed": shown.get(OF.REVEAL_NS, 0) > 0,
        "pricing_text": pricing_text(shown),
        "note": ended_because(0, row.failure, _refusal(row)),
        "file_name": f"{row.no}.json",
    }


def entry_fen(row: AuctionRow) -> int:
    """What entering for the whole lot holds."""
    return sum(
        -(-row.parameters.get(part, 0) * row.quantity_kg // 1_000)
        for part in (OF.BOND_FEN_PER_T, OF.FEE_RESERVE_FEN_PER_T)
    )


def many_units(row: AuctionRow) -> bool:
    """Whether bids name a quantity."""
    if row.kind == AuctionKind.SEALED:
        return row.parameters.get(OF.PRICING) not in WHOLE_LOT_PRICING
    return row.kind in (AuctionKind.DUTCH, AuctionKind.CLOCK)


def pricing_text(shown: Mapping[AuctionParameter, int]) -> str:
    """How a sealed auction is priced, in words."""
    return str(PRICING_NAMES[Pricing(shown[OF.PRICING]).name.lower()]) if OF.PRICING in shown else ""


def _price(fen: int) -> str:
    return f"{format_yuan(fen)} {_('元/公斤')}"


def _duration(ns: int) -> str:
    seconds = ns // NS_PER_S
    return f"{seconds // 60} {_('分钟')}" if seconds >= 60 and seconds % 60 == 0 else f"{seconds} {_('秒')}"


def _per_tonne(fen: int) -> str:
    return f"{format_yuan(fen)} {_('元/吨')}"


def _kg(kg: int) -> str:
    return f"{kg:,} {_('公斤')}"


SHOWN_PARAMETERS: tuple[tuple[AuctionParameter, Any, Callable[[int], str]], ...] = (
    (OF.STEP, lazy("每档幅度"), _price),
    (OF.MAX_STEP, lazy("一次最多加"), _price),
    (OF.FLOOR, lazy("底价"), _price),
    (OF.RESERVE, lazy("保留价"), _price),
    (OF.DURATION_NS, lazy("竞价时长"), _duration),
    (OF.TICK_NS, lazy("每跳时间"), _duration),
    (OF.SOFT_CLOSE_NS, lazy("最后多久有出价就延时"), _duration),
    (OF.EXTENSION_NS, lazy("每次延到"), _duration),
    (OF.MAX_EXTENSIONS, lazy("最多延几次"), str),
    (OF.ROUNDS, lazy("最多几轮"), str),
    (OF.REST_NS, lazy("重新起钟前停"), _duration),
    (OF.REVEAL_NS, lazy("开标时间"), _duration),
    (OF.MIN_TAKE, lazy("最少要"), _kg),
    (OF.BOND_FEN_PER_T, lazy("保证金"), _per_tonne),
    (OF.FEE_RESERVE_FEN_PER_T, lazy("手续费预留"), _per_tonne),
    (OF.MIN_BIDDERS, lazy("最少竞价方"), str),
    (OF.ALERT, lazy("报警价"), _price),
)


def auction_facts(
    kind: AuctionKind,
    start_price: int,
    values: Mapping[AuctionParameter, int],
    *,
    hidden_reserve: bool = False,
) -> list[tuple[str, str]]:
    """Kind and parameters as pairs of name and value; that there is a hidden reserve is said, not which."""
    facts = [(_("竞价方式"), str(KIND_NAMES[kind.name.lower()])), (_("起拍价"), _price(start_price))]
    if OF.PRICING in values:
        facts.append((_("怎么定价"), pricing_text(values)))
    facts += [(str(name), show(values[key])) for key, name, show in SHOWN_PARAMETERS if values.get(key)]
    if hidden_reserve:
        facts.append((_("保留价"), _("有，不公开")))
    return facts


def facts_of_auction(row: AuctionRow, viewer: Viewer) -> list[tuple[str, str]]:
    """The same of a lot: its owner sees all of it, others what may be known."""
    shown = row.parameters if row.account_no == viewer.account_no else row.public_parameters
    hidden = bool(row.parameters.get(OF.RESERVE)) and OF.RESERVE not in shown
    return auction_facts(row.kind, row.start_price, shown, hidden_reserve=hidden)


def bid_row(row: BidRow, viewer: Viewer, won: frozenset[int] = frozenset()) -> dict[str, Any]:
    """A bid under its bidder's paddle."""
    return {
        "id": row.id,
        "seq": row.seq,
        "at_ns": row.at_ns,
        "bidder": paddle_text(row.paddle),
        "mine": row.account_no == viewer.account_no,
        "price": row.price or None,
        "kg": row.quantity_kg or None,
        "by_proxy": row.by_proxy,
        "won": row.id in won,
    }


def paddle_text(paddle: int) -> str:
    """The name under which the public sees a bidder."""
    return _("%(number)s 号") % {"number": paddle}


def award_row(row: AwardRow) -> dict[str, Any]:
    """A winner under its paddle."""
    return {
        "bidder": paddle_text(row.paddle),
        "price": row.price,
        "kg": row.quantity_kg,
        "amount_fen": row.price * row.quantity_kg,
        "state": row.state.value,
    }
