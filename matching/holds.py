"""What an order can cost and what a trade moves: pure arithmetic in fen and kg.

Everything that computes money from a trade uses these functions: the engine that reserves it, and
the projector that posts it to the ledger. The two can therefore never disagree by a fen.

Rates are basis points (see ``matching.types.BASIS``). A fee is rounded down to whole fen, in the
member's favour.
"""

from typing import NamedTuple

from matching.types import BASIS

BOND_BPS = 1_000
"""Bond of a deal with a balance to come, in basis points of its amount. Part of the rulebook: contracts name
the fen, so another rate is another command, not another number here."""


class Settlement(NamedTuple):
    """What one trade moves, in fen."""

    amount: int
    """Price times quantity."""
    buyer_fee: int
    seller_fee: int
    deposit: int
    """Quality deposit kept back from the seller's proceeds."""
    buyer_pays: int
    """Amount and buyer fee: what leaves the buyer's funds."""
    seller_gets: int
    """Amount less seller fee and deposit: what the seller can spend at once."""


def fee_fen(amount: int, bps: int) -> int:
    """The fee (or deposit) in fen on ``amount`` fen at ``bps`` basis points, rounded down."""
    return amount * bps // BASIS


def buy_hold_fen(price: int, kg: int, fee_bps: int) -> int:
    """The most a buy of ``kg`` with limit ``price`` fen/kg can cost, fee included, in fen.

    Filling the order in parts never costs more than this: fees of parts, each rounded down, do not
    exceed the fee of the whole.
    """
    amount = price * kg
    return amount + fee_fen(amount, fee_bps)


def bond_fen(amount: int) -> int:
    """The bond 定金 in fen on ``amount`` fen, rounded up: what a buyer gives who pays the balance later."""
    return -(-amount * BOND_BPS // BASIS)


def settlement_of(
    price: int, kg: int, buyer_fee_bps: int, seller_fee_bps: int, deposit_bps: int
) -> Settlement:
    """What a trade of ``kg`` at ``price`` fen/kg moves, at the buyer's and the seller's rates."""
    amount = price * kg
    buyer_fee = fee_fen(amount, buyer_fee_bps)
    seller_fee = fee_fen(amount, seller_fee_bps)
    deposit = fee_fen(amount, deposit_bps)
    return Settlement(
        amount, buyer_fee, seller_fee, deposit, amount + buyer_fee, amount - seller_fee - deposit
    )
