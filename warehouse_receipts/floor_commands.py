"""What the register asks of the floor when goods enter or leave a business.

Goods that are to be sold one by one (listing, auction, negotiation) become a lot at the desk, which has the
number of their set-aside; for any other business they simply leave the goods the floor can sell.
"""

from matching.desk_types import DeskCommand, DeskCommandKind
from matching.types import Command
from warehouse_receipts.title_rows import goods_command
from warehouse_receipts.types import SELLING


def give_up_command(
    *, set_aside_id: int, business: str, holder_no: int, product_number: int, kg: int
) -> Command | DeskCommand:
    """Asks the floor for kg of a member's free goods; it may refuse."""
    if business in SELLING:
        return DeskCommand(
            DeskCommandKind.LOT, product=product_number, account=holder_no, id=set_aside_id, quantity=kg
        )
    return goods_command(holder_no, product_number, -kg)


def give_back_command(
    *, set_aside_id: int, business: str, holder_no: int, product_number: int, kg: int
) -> Command | DeskCommand:
    """Tells the floor that kg can be sold again."""
    if business in SELLING:
        return DeskCommand(DeskCommandKind.LOT_RETURN, id=set_aside_id, quantity=kg)
    return goods_command(holder_no, product_number, kg)
