"""A measurement of the day's end: so many members, so many trades of one day, then the whole job, timed."""

from datetime import date
from typing import Any

from django.core.management import call_command
from django.db import transaction

from exchange.kernel.audit import SYSTEM
from exchange.kernel.calendar import day_bounds_ns, today
from exchange.members import services as members
from exchange.members.types import FeeRates
from exchange.members.uscc import make_uscc
from exchange.ops.end_of_day import run_day_end
from settlement import services as settlement
from settlement.accounts import CLIENT_MONEY, cash_of
from settlement.types import NewTransfer, ProductTerms, TradeGoods, TradeMoney, TransferKind

PRICE_FEN, KG = 720, 1_000
CHUNK = 2_000
TERMS = ProductTerms(code="FUJI-80", name_zh="红富士 80#", spec={"size_mm": 80})


def measure(*, members_count: int, trades: int) -> dict[str, Any]:
    """Seconds of the day's end, in all and by step, on the empty database of this process."""
    call_command("migrate", verbosity=0, interactive=False)
    day = today()
    numbers = _members(members_count)
    _fund(numbers, day, 2 * PRICE_FEN * KG * (trades // members_count + 2))
    _trade(numbers, day, trades)
    row = run_day_end(day)
    steps = {step["name"]: round(step["seconds"], 2) for step in row.steps}
    statements = next(step["result"]["new"] for step in row.steps if step["name"] == "statements")
    assert statements == members_count
    assert not next(step["result"]["findings"] for step in row.steps if step["name"] == "verify")
    return {"end_of_day_s": sum(steps.values()), "steps_s": steps, "statements": statements}


def _members(count: int) -> list[int]:
    numbers: list[int] = []
    for first in range(0, count, CHUNK):
        with transaction.atomic():
            numbers += [_register(serial) for serial in range(first, min(count, first + CHUNK))]
    return numbers


def _register(serial: int) -> int:
    return members.register_member(
        actor=SYSTEM,
        code=f"M{serial:05d}",
        name=f"咸阳{serial}果业",
        kind="grower" if serial % 2 else "dealer",
        uscc=make_uscc(division="610425", serial=serial),
        county="旬邑",
        fees=FeeRates(20, 20, 200),
    ).account_no


def _fund(numbers: list[int], day: date, fen: int) -> None:
    at_ns = day_bounds_ns(day)[0]
    for first in range(0, len(numbers), CHUNK):
        settlement.post(
            [
                NewTransfer(
                    key=f"fund:{number}",
                    debit=CLIENT_MONEY,
                    credit=cash_of(number),
                    amount_fen=fen,
                    kind=TransferKind.DEPOSIT,
                    reference=f"fund:{number}",
                    day=day,
                    posted_at_ns=at_ns,
                )
                for number in numbers[first : first + CHUNK]
            ]
        )


def _trade(numbers: list[int], day: date, trades: int) -> None:
    for first in range(0, trades, CHUNK):
        batch = [_money(numbers, day, at) for at in range(first, min(trades, first + CHUNK))]
        goods = TradeGoods(1, PRICE_FEN, KG, ("JG1",), ("ZJ1",), "旬邑果库", "GB/T 10651-2008")
        with transaction.atomic():
            settlement.settle_trades(batch)
            settlement.form_contracts([(money, goods) for money in batch], {1: TERMS})


def _money(numbers: list[int], day: date, at: int) -> TradeMoney:
    amount = PRICE_FEN * KG
    count = len(numbers)
    return TradeMoney(
        trade_id=at + 1,
        seq=at + 1,
        traded_at_ns=day_bounds_ns(day)[0] + at,
        day=day,
        buyer_no=numbers[at % count],
        seller_no=numbers[(at * 7 + 1 + at // count) % count],
        amount_fen=amount,
        buyer_fee_fen=amount * 20 // 10_000,
        seller_fee_fen=amount * 20 // 10_000,
        deposit_fen=amount * 200 // 10_000,
    )
