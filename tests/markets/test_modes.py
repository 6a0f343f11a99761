"""Products that are traded in some ways only, and the desk that opens with their sessions."""

import pytest
from django.db import IntegrityError, transaction

from exchange.kernel import calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.desk_errors import ModeOff
from exchange.markets import selectors, services
from exchange.markets.errors import ProductNotClosed
from exchange.markets.models import Product
from exchange.markets.types import (
    ALL_MODES,
    BOOK_MODES,
    DESK_MODES,
    Mode,
    Payment,
    TradingRules,
    mode_words,
    payment_words,
)
from matching.desk_types import (
    AUCTION,
    IN_ESCROW,
    LISTED,
    NEGOTIATED,
    PAYMENTS,
    WITH_BOND,
    DeskCommand,
    DeskCommandKind,
)
from matching.types import Command, CommandKind, Phase
from tests.markets.cells import a_product, the_fuji

pytestmark = pytest.mark.django_db

OPERATOR = Actor("jiaoyi")
CODE = "HFS-Z80-1-XY"
ALL_OF_THE_DESK = LISTED | AUCTION | NEGOTIATED


@pytest.fixture(autouse=True)
def _product(db: None) -> None:
    the_fuji()
    a_product(CODE)


def told() -> list[tuple[str, int, int]]:
    """Phases (with the day) and desks (with modes and whether it is open), oldest first."""
    found = []
    for row in outbox.pending():
        command, desk = Command.unpack(row.command), DeskCommand.unpack(row.command)
        if command.kind in (CommandKind.PHASE, CommandKind.UNCROSS):
            found.append((CommandKind(command.kind).name, command.flags, command.amount))
        elif desk.kind == DeskCommandKind.DESK:
            found.append(("DESK", desk.flags & ~PAYMENTS, desk.amount))
    return found


def with_modes(modes: Mode) -> None:
    services.set_trading_rules(
        actor=OPERATOR, code=CODE, rules=TradingRules(modes=modes), reason="理事会决定"
    )


def test_the_desk_is_known_from_the_first_and_open_in_sessions() -> None:
    services.open_session(actor=OPERATOR, reason="开市")
    services.close_session(actor=OPERATOR, reason="收市")

    assert told() == [
        ("DESK", ALL_OF_THE_DESK, 0),
        ("DESK", ALL_OF_THE_DESK, 1),
        ("PHASE", Phase.CONTINUOUS, 0),
        ("DESK", ALL_OF_THE_DESK, 0),
        ("PHASE", Phase.CLOSED, calendar.day_number(calendar.now().date())),
    ]


def test_a_product_of_the_desk_alone_keeps_its_book_closed() -> None:
    with_modes(Mode.LISTED | Mode.AUCTION)
    services.open_session(actor=OPERATOR, reason="开市")
    assert selectors.product_by_code(CODE).desk_open
    services.close_session(actor=OPERATOR, reason="收市")

    assert told()[1:] == [
        ("DESK", LISTED | AUCTION, 0),
        ("DESK", LISTED | AUCTION, 1),
        ("DESK", LISTED | AUCTION, 0),
    ]
    assert selectors.current_phase(1) == Phase.CLOSED


def test_a_product_of_the_book_alone_has_no_desk() -> None:
    with_modes(BOOK_MODES)
    services.open_session(actor=OPERATOR, reason="开市", with_call=True)

    assert told()[1:] == [("DESK", 0, 0), ("PHASE", Phase.CALL, 0)]
    assert not selectors.product_by_code(CODE).desk_open


def test_a_product_without_calls_opens_in_continuous_trading_and_cannot_begin_one() -> None:
    with_modes(ALL_MODES & ~Mode.CALL)
    services.open_session(actor=OPERATOR, reason="开市", with_call=True)

    assert selectors.current_phase(1) == Phase.CONTINUOUS
    with pytest.raises(ModeOff):
        services.begin_call(actor=OPERATOR, code=CODE, reason="价格发现")
    services.halt(actor=OPERATOR, code=CODE, reason="质量异议")
    with pytest.raises(ModeOff):
        services.resume(actor=OPERATOR, code=CODE, reason="核查完毕", with_call=True)
    services.resume(actor=OPERATOR, code=CODE, reason="核查完毕")
    assert selectors.current_phase(1) == Phase.CONTINUOUS


def test_a_product_of_calls_alone_closes_after_its_call_and_keeps_orders_of_the_day() -> None:
    with_modes(Mode.CALL)
    services.open_session(actor=OPERATOR, reason="开市")
    assert selectors.current_phase(1) == Phase.CALL

    services.end_call(actor=OPERATOR, code=CODE, reason="随机结束")

    yesterday = calendar.day_number(calendar.now().date()) - 1
    assert told()[-1] == ("UNCROSS", Phase.CLOSED, yesterday)
    assert selectors.current_phase(1) == Phase.CLOSED


def test_a_halt_closes_the_desk_too_and_outlives_the_session() -> None:
    with_modes(DESK_MODES)
    services.open_session(actor=OPERATOR, reason="开市")
    services.halt(actor=OPERATOR, code=CODE, reason="质量异议")
    assert told()[-1] == ("DESK", ALL_OF_THE_DESK, 0)
    services.close_session(actor=OPERATOR, reason="收市")
    services.open_session(actor=OPERATOR, reason="开市")
    assert told()[-1] == ("DESK", ALL_OF_THE_DESK, 0), "nothing opened"

    services.resume(actor=OPERATOR, code=CODE, reason="核查完毕")

    assert told()[-1] == ("DESK", ALL_OF_THE_DESK, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.update(halted=True)


def test_ways_to_pay_are_versions_and_the_desk_is_told() -> None:
    assert selectors.product_by_code(CODE).payments == Payment.BOND
    both = TradingRules(payments=Payment.BOND | Payment.ESCROW)
    services.set_trading_rules(actor=OPERATOR, code=CODE, rules=both, reason="试行先货后款")
    services.set_trading_rules(
        actor=OPERATOR, code=CODE, rules=TradingRules(payments=Payment(0)), reason="只收全款"
    )

    desks = [DeskCommand.unpack(row.command) for row in outbox.pending()]
    flags = [desk.flags & PAYMENTS for desk in desks if desk.kind == DeskCommandKind.DESK]
    assert flags == [WITH_BOND, WITH_BOND | IN_ESCROW, 0]
    versions = [payment_words(row.rules.payments) for row in selectors.trading_rules(1)]
    assert versions == [["full"], ["full", "bond", "escrow"], ["full", "bond"]]


def test_modes_are_versions_and_do_not_change_while_the_desk_is_open() -> None:
    with_modes(DESK_MODES)
    assert [mode_words(row.rules.modes) for row in selectors.trading_rules(1)] == [
        ["listed", "auction", "negotiated"],
        ["listed", "auction", "negotiated", "call", "continuous"],
    ]
    services.open_session(actor=OPERATOR, reason="开市")

    with pytest.raises(ProductNotClosed):
        with_modes(ALL_MODES)


def test_a_delisted_product_has_no_open_desk() -> None:
    services.open_session(actor=OPERATOR, reason="开市")
    services.delist_product(actor=OPERATOR, code=CODE, reason="产季结束")

    assert ("DESK", ALL_OF_THE_DESK, 0) in told()[3:]
