"""What people type when they list goods, ask for goods or put up a lot, checked as far as a page can.

What remains, the tables and the floor refuse with codes of their own. Prices are in fen per kg, money in
fen, quantities in kg, times in epoch nanoseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from exchange.halls.checks import check_payment
from exchange.kernel.calendar import NS_PER_S, SESSIONS, TIMEZONE, add_trading_days, now, ns_of, today
from exchange.kernel.errors import BadParameter, BadQuantity, JinguoError, PriceBand
from exchange.kernel.money import parse_price, parse_yuan
from exchange.markets.types import FULL_WORD, PAYMENT_WORDS, PAYMENTS_BY_WORD, Payment, ProductRow
from exchange.members.types import FeeRates
from matching.desk_types import AuctionKind, AuctionParameter, Pricing
from matching.holds import bond_fen, fee_fen
from matching.payments import buyer_gives_fen
from web.api.hall_rows import KIND_WORDS
from web.pages.words import language

MAX_VALID_DAYS = 5
"""Trading days a listing may stand (market rules, listed)."""
MAX_INVITED = 50
MAX_COUNT = 10_000
NO_FEES = FeeRates(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Deal:
    """What goods come to at a price: for the seller all of it sold, for the buyer all of it bought."""

    price: int
    quantity: int
    fees: FeeRates
    payment: int = 0
    """How it is paid; see ``exchange.markets.types.PAYMENT_WORDS``."""
    minimum_kg: int = 0
    """Of a need: the least kg of a deal. Bonds are rounded up deal by deal, so it holds a fen for each."""

    @property
    def payment_word(self) -> str:
        """The same as a word."""
        return PAYMENT_WORDS[self.payment]

    @property
    def bond_fen(self) -> int:
        """What a buyer gives at the deal if the rest comes later."""
        return bond_fen(self.gross_fen)

    @property
    def balance_fen(self) -> int:
        """The rest."""
        return self.gross_fen - self.bond_fen

    @property
    def escrow_net_fen(self) -> int:
        """What a seller gets on acceptance: no deposit is kept of a price that was."""
        return self.gross_fen - self.fee_fen

    @property
    def gross_fen(self) -> int:
        """Price of the goods."""
        return self.price * self.quantity

    @property
    def fee_fen(self) -> int:
        """The seller's fee."""
        return fee_fen(self.gross_fen, self.fees.seller_bps)

    @property
    def deposit_fen(self) -> int:
        """Kept back as quality deposit."""
        return fee_fen(self.gross_fen, self.fees.deposit_bps)

    @property
    def net_fen(self) -> int:
        """What a seller has at once."""
        return self.gross_fen - self.fee_fen - self.deposit_fen

    @property
    def buyer_fee_fen(self) -> int:
        """The buyer's fee."""
        return fee_fen(self.gross_fen, self.fees.buyer_bps)

    @property
    def hold_fen(self) -> int:
        """What a buyer puts on hold."""
        fen = buyer_gives_fen(self.payment, self.price, self.quantity, self.fees.buyer_bps)
        return fen + self.quantity // self.minimum_kg if self.payment == Payment.BOND else fen


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """The terms of a listing as typed."""

    price: int
    quantity: int
    minimum_kg: int
    valid_until_ns: int
    negotiable: bool
    confirm: bool
    invited: tuple[str, ...]
    payment: int


def shown_error(error: JinguoError) -> dict[str, str]:
    """An error for the head of a form."""
    return {"message": error.message(language()), "hint": error.hint(language())}


def whole_number(text: str) -> int | None:
    """The number in a text that has digits only, or None."""
    digits = text.replace(",", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


def kg_in(text: str, product: ProductRow) -> int:
    """Kilograms on the product's step. Raises BadQuantity."""
    kg = whole_number(text)
    if not kg or kg % product.step_kg:
        raise BadQuantity
    return kg


def price_in(text: str, product: ProductRow) -> int:
    """A price in the product's band. Raises BadPrice, PriceBand."""
    price = parse_price(text.strip())
    if not product.low <= price <= product.high:
        raise PriceBand
    return price


def listing_terms(form: QueryDict, product: ProductRow) -> ListingTerms:
    """The terms in a form. Raises BadPrice, PriceBand, BadQuantity, BadParameter."""
    quantity = kg_in(form.get("quantity", ""), product)
    minimum = form.get("minimum", "").strip()
    minimum_kg = kg_in(minimum, product) if minimum else min(quantity, product.min_kg)
    if minimum_kg > quantity:
        raise BadQuantity
    return ListingTerms(
        price=price_in(form.get("price", ""), product),
        quantity=quantity,
        minimum_kg=minimum_kg,
        valid_until_ns=valid_until_ns(form.get("days", "")),
        negotiable=form.get("negotiable") == "yes",
        confirm=form.get("confirm") == "yes",
        invited=codes_in(form.get("invited", "")),
        payment=payment_in(form.get("payment", ""), product),
    )


def payment_in(word: str, product: ProductRow) -> int:
    """How deals are paid, by its word; none is in full. Raises PaymentOff, BadParameter."""
    payment = PAYMENTS_BY_WORD.get(word or FULL_WORD, -1)
    check_payment(payment, product)
    return payment


def codes_in(text: str) -> tuple[str, ...]:
    """Member codes separated by blanks or commas, each once. Raises BadParameter for too many."""
    codes = tuple(dict.fromkeys(text.replace(",", " ").replace("，", " ").upper().split()))
    if len(codes) > MAX_INVITED or any(len(code) > 32 for code in codes):
        raise BadParameter(name="invited")
    return codes


def valid_until_ns(days: str) -> int:
    """The close of trading so many trading days from now. Raises BadParameter."""
    count = whole_number(days)
    if count is None or not 1 <= count <= MAX_VALID_DAYS:
        raise BadParameter(name="days")
    return close_ns(count)


def close_ns(trading_days: int) -> int:
    """When trading closes on that trading day after today."""
    day = add_trading_days(today(), trading_days)
    return ns_of(datetime.combine(day, SESSIONS[-1][1], TIMEZONE))


def _until(days: int) -> str:
    return ngettext("%(days)s 个交易日，到 %(day)s 收市", "%(days)s 个交易日，到 %(day)s 收市", days)


def validity_choices() -> list[tuple[str, str]]:
    """How long a listing may stand, in the reader's words."""
    return [
        (str(days), _until(days) % {"days": days, "day": f"{day:%m-%d}"})
        for days in range(1, MAX_VALID_DAYS + 1)
        for day in [add_trading_days(today(), days)]
    ]


# Lots ------------------------------------------------------------------------------------------------

ENGLISH, DUTCH, SEALED, CLOCK = "english", "dutch", "sealed", "clock"
KIND_NAMES = {
    ENGLISH: lazy("加价竞价"),
    DUTCH: lazy("降价钟"),
    SEALED: lazy("密封报价"),
    CLOCK: lazy("多轮竞价"),
}
PRICING_NAMES = {
    "first": lazy("最高价得，付自己的价"),
    "second": lazy("最高价得，付第二高的价"),
    "pay_as_bid": lazy("分量成交，各付各的价"),
    "lowest_accepted": lazy("分量成交，都付最低中标价"),
    "first_rejected": lazy("分量成交，都付最高落选价"),
    "lowest_accepted_or_minimum": lazy("分量成交，供过于求付起拍价"),
}
EVERY = (ENGLISH, DUTCH, SEALED, CLOCK)
REVERSE_KINDS = (ENGLISH, SEALED)
"""Kinds in which sellers bid for a buyer's need."""
OPENING_AHEAD_S = 3_600


@dataclass(frozen=True, slots=True)
class LotField:
    """One parameter a form asks for; ``measure`` is a key of UNITS."""

    name: str
    label: str
    kinds: tuple[str, ...]
    measure: str
    parameter: AuctionParameter | None = None
    default: str = ""
    required: bool = False
    help: str = ""


SECONDS_IN = {"seconds": 1, "minutes": 60}


def lot_fields() -> Sequence[LotField]:
    """What a lot's form asks for, by kind; defaults are those of the market rules."""
    of = AuctionParameter
    return (
        LotField("opens_at", _("开拍时间"), EVERY, "time", None, "", True),
        LotField("start_price", _("起拍价"), EVERY, "price", None, "", True),
        LotField("step", _("每档幅度"), EVERY, "price", of.STEP, "0.02", True),
        LotField("max_step", _("一次最多加"), (ENGLISH,), "price", of.MAX_STEP, "0.20"),
        LotField("floor", _("底价"), (DUTCH,), "price", of.FLOOR, "", True, _("降到这里为止")),
        LotField("reserve", _("保留价"), (ENGLISH, SEALED), "price", of.RESERVE, "", False, _("不公开")),
        LotField("pricing", _("怎么定价"), (SEALED,), "choice", of.PRICING, "first", True),
        LotField("minutes", _("竞价时长"), (ENGLISH, SEALED), "minutes", of.DURATION_NS, "30", True),
        LotField("round_seconds", _("每轮时长"), (CLOCK,), "seconds", of.DURATION_NS, "120", True),
        LotField("tick_seconds", _("每跳时间"), (DUTCH,), "seconds", of.TICK_NS, "1", True),
        LotField("rest_seconds", _("重新起钟前停"), (DUTCH,), "seconds", of.REST_NS, "5"),
        LotField("soft_seconds", _("最后多久有出价就延时"), (ENGLISH,), "seconds", of.SOFT_CLOSE_NS, "120"),
        LotField("extension_seconds", _("每次延到"), (ENGLISH,), "seconds", of.EXTENSION_NS, "120"),
        LotField("extensions", _("最多延几次"), (ENGLISH,), "count", of.MAX_EXTENSIONS, "10"),
        LotField("raise_bps", _("剩余部分起钟加价"), (DUTCH,), "bps", of.RAISE_BPS, "500"),
        LotField("rounds", _("最多几轮"), (DUTCH, CLOCK), "count", of.ROUNDS, "1"),
        LotField(
            "reveal_minutes",
            _("开标时间"),
            (SEALED,),
            "minutes",
            of.REVEAL_NS,
            "",
            False,
            _("不填由交易所保管，到时自动开"),
        ),
        LotField("least_kg", _("最少要"), (DUTCH, SEALED, CLOCK), "kg", of.MIN_TAKE, "1000"),
        LotField("bond", _("保证金"), EVERY, "yuan", of.BOND_FEN_PER_T, "200", True),
        LotField("fee_reserve", _("手续费预留"), EVERY, "yuan", of.FEE_RESERVE_FEN_PER_T, "10", True),
        LotField("bidders", _("最少竞价方"), EVERY, "count", of.MIN_BIDDERS, "2"),
        LotField(
            "alert", _("报警价"), (ENGLISH, SEALED), "price", of.ALERT, "", False, _("超过要再确认一次")
        ),
    )


UNITS = {
    "price": lazy("元/公斤"),
    "yuan": lazy("元/吨"),
    "seconds": lazy("秒"),
    "minutes": lazy("分钟"),
    "kg": lazy("公斤"),
    "count": "",
    "bps": lazy("万分之"),
    "time": "",
    "choice": "",
}


@dataclass(frozen=True, slots=True)
class LotTerms:
    """The terms of a lot as typed."""

    kind: AuctionKind
    start_price: int
    opens_at_ns: int
    parameters: dict[AuctionParameter, int]


def suggested_opening() -> str:
    """A full ten minutes at least an hour ahead, as ``datetime-local`` shows it."""
    ahead = now() + timedelta(seconds=OPENING_AHEAD_S)
    moment = ahead.astimezone(TIMEZONE).replace(second=0, microsecond=0, tzinfo=None)
    return (moment + timedelta(minutes=-moment.minute % 10)).isoformat(timespec="minutes")


def lot_terms(form: QueryDict, *, reverse: bool = False) -> LotTerms:
    """The terms in a form. Raises BadPrice, BadAmount, BadParameter (naming the field)."""
    word = form.get("kind", "")
    if word not in (REVERSE_KINDS if reverse else EVERY):
        raise BadParameter(name="kind")
    values = {
        field.name: (field, _value(field, form.get(field.name, "").strip()))
        for field in lot_fields()
        if word in field.kinds
    }
    return LotTerms(
        KIND_WORDS[word],
        start_price=values["start_price"][1],
        opens_at_ns=values["opens_at"][1],
        parameters={field.parameter: value for field, value in values.values() if field.parameter and value},
    )


def _value(field: LotField, text: str) -> int:
    if not text:
        if field.required:
            raise BadParameter(name=field.name)
        return 0
    match field.measure:
        case "price":
            return parse_price(text)
        case "yuan":
            return parse_yuan(text)
        case "time":
            return _moment_ns(text, field.name)
        case "choice":
            return _pricing(text, field.name)
    number = whole_number(text)
    if number is None or number > MAX_COUNT * SECONDS_IN.get(field.measure, 1) * 1_000:
        raise BadParameter(name=field.name)
    return number * SECONDS_IN[field.measure] * NS_PER_S if field.measure in SECONDS_IN else number


def _pricing(text: str, name: str) -> int:
    if text not in PRICING_NAMES:
        raise BadParameter(name=name)
    return Pricing[text.upper()]


def _moment_ns(text: str, name: str) -> int:
    """A time of the exchange's own zone, as ``datetime-local`` sends it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadParameter(name=name) from None
    return ns_of(moment.replace(tzinfo=TIMEZONE) if moment.tzinfo is None else moment)
