"""How a deal of the desk is paid: at once, with a bond and a balance to come, or in escrow until acceptance.

What leaves the buyer at the deal is the desk's; a balance, and what the seller gets of it or of an escrow,
moves after the deal, by FUNDS commands the settlement asks for.
"""

from matching.desk_types import WITH_BOND
from matching.holds import bond_fen, buy_hold_fen, fee_fen


def buyer_gives_fen(payment: int, price: int, kg: int, fee_bps: int) -> int:
    """What leaves a buyer's money at a deal, in fen: the price, or the bond WITH_BOND, and his whole fee."""
    if payment != WITH_BOND:
        return buy_hold_fen(price, kg, fee_bps)
    amount = price * kg
    return bond_fen(amount) + fee_fen(amount, fee_bps)


def payment_of(payment: int, amount: int) -> int:
    """How a deal is paid whose listing says ``payment``: where the bond is all of it, nothing is to come."""
    return 0 if payment == WITH_BOND and bond_fen(amount) == amount else payment
