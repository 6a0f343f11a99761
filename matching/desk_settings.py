"""What the exchange tells the desk of itself and of goods: DESK, TIME, SETTING, LOT, LOT_RETURN."""

from matching.desk_checks import refuse_if
from matching.desk_context import Answer, DeskContext
from matching.desk_events import DeskEventKind, DeskReason
from matching.desk_state import DEFAULT_SETTINGS, DeskProduct, Lot
from matching.desk_types import AUCTION, LISTED, NEGOTIATED, PAYMENTS, DeskCommand, DeskSetting
from matching.types import MAX_ORDER_ID, MAX_QUANTITY, Reason

MAX_SETTING = 10**17
"""Three years in nanoseconds."""


def open_or_close(desk: DeskContext, command: DeskCommand) -> Answer:
    """How a product may be dealt in from now on."""
    desk.product(command.product)
    refuse_if(command.flags & ~(LISTED | AUCTION | NEGOTIATED | PAYMENTS) != 0, Reason.BAD_PARAMETER)
    refuse_if(command.amount not in {0, 1}, Reason.BAD_PARAMETER)
    desk.state.products[command.product] = DeskProduct(command.flags, command.amount == 1)
    desk.reports.tell(
        DeskEventKind.DESK_SET, product=command.product, side=command.flags, other=command.amount
    )
    return Answer(product=command.product)


def pass_time(desk: DeskContext, command: DeskCommand) -> Answer:
    """Nothing but what was due, and is done."""
    return Answer()


def change_setting(desk: DeskContext, command: DeskCommand) -> Answer:
    """A parameter of the desk; what is due already stays due when it was."""
    refuse_if(command.id not in DEFAULT_SETTINGS, Reason.BAD_PARAMETER)
    setting = DeskSetting(command.id)
    most = 1 if setting == DeskSetting.BAND else MAX_SETTING
    refuse_if(not 0 <= command.amount <= most, Reason.BAD_PARAMETER)
    if command.amount == DEFAULT_SETTINGS[setting]:
        desk.state.settings.pop(int(setting), None)
    else:
        desk.state.settings[int(setting)] = command.amount
    desk.reports.tell(DeskEventKind.SETTING_SET, order_id=setting, remaining=command.amount)
    return Answer(order_id=setting)


def put_aside(desk: DeskContext, command: DeskCommand) -> Answer:
    """Free goods become a lot."""
    desk.product(command.product)
    desk.account(command.account)
    refuse_if(not 1 <= command.id <= MAX_ORDER_ID, Reason.BAD_PARAMETER)
    refuse_if(command.id in desk.state.lots, DeskReason.NUMBER_TAKEN)
    refuse_if(not 1 <= command.quantity <= MAX_QUANTITY, Reason.BAD_QUANTITY)
    desk.set_aside(Lot(command.id, command.account, command.product, command.quantity))
    return Answer(command.id, product=command.product, remaining=command.quantity)


def put_back(desk: DeskContext, command: DeskCommand) -> Answer:
    """Goods of a lot that are promised to nothing are free again."""
    lot = desk.state.lots.get(command.id)
    refuse_if(lot is None, DeskReason.UNKNOWN_LOT)
    assert lot is not None
    refuse_if(not 0 <= command.quantity <= MAX_QUANTITY, Reason.BAD_QUANTITY)
    kg = command.quantity or lot.unpromised
    refuse_if(kg == 0 or kg > lot.unpromised, DeskReason.LOT_TOO_SMALL)
    desk.return_goods(lot, kg)
    return Answer(lot.number, product=lot.product, quantity=kg, remaining=lot.kg)
