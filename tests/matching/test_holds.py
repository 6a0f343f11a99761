"""Fees, holds and what a trade moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.holds import buy_hold_fen, fee_fen, settlement_of
from matching.types import BASIS, MAX_PRICE, MAX_QUANTITY

prices = st.integers(1, MAX_PRICE)
quantities = st.integers(1, MAX_QUANTITY)
rates = st.integers(0, BASIS)


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [(0, 20, 0), (499, 20, 0), (500, 20, 1), (999, 20, 1), (720_000, 20, 1_440), (10**15, 10_000, 10**15)],
)
def test_a_fee_is_rounded_down(amount: int, bps: int, fee: int) -> None:
    assert fee_fen(amount, bps) == fee


def test_a_hold_is_the_amount_and_the_fee() -> None:
    assert buy_hold_fen(720, 1_000, 20) == 720_000 + 1_440


def test_a_settlement_tells_every_leg() -> None:
    legs = settlement_of(720, 1_000, 20, 10, 200)

    assert legs._asdict() == {
        "amount": 720_000,
        "buyer_fee": 1_440,
        "seller_fee": 720,
        "deposit": 14_400,
        "buyer_pays": 721_440,
        "seller_gets": 704_880,
    }


@given(prices, quantities, st.data(), rates)
def test_filling_in_parts_never_costs_more_than_was_held(
    price: int, kg: int, data: st.DataObject, bps: int
) -> None:
    part = data.draw(st.integers(1, kg))
    paid_price = data.draw(st.integers(1, price))

    freed = buy_hold_fen(price, kg, bps) - (buy_hold_fen(price, kg - part, bps) if part < kg else 0)

    assert freed >= settlement_of(paid_price, part, bps, 0, 0).buyer_pays


@given(prices, quantities, rates, rates, rates)
def test_a_settlement_creates_no_money(price: int, kg: int, buyer: int, seller: int, deposit: int) -> None:
    legs = settlement_of(price, kg, buyer, seller, deposit)

    assert legs.buyer_pays == legs.seller_gets + legs.buyer_fee + legs.seller_fee + legs.deposit
    assert min(legs) >= 0 or seller + deposit > BASIS
