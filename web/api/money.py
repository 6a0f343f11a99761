"""Paying in and out: the only requests that Django itself takes."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from exchange.kernel.money import parse_yuan
from settlement import services as settlement
from web.api import rows
from web.api.access import actor_of, check_may_move_money, member_of
from web.api.schemas import AmountIn, MovementOut

money = Router(tags=["money"])


@money.post("/deposits", response={201: MovementOut}, summary="Pay money in")
def deposit(request: HttpRequest, body: AmountIn) -> tuple[int, dict[str, Any]]:
    """Ask the bank for money of the member's bound account; it can be spent when the bank has confirmed."""
    who = member_of(request)
    check_may_move_money(who)
    view = settlement.request_deposit(
        actor=actor_of(request, who), account_no=who.account_no, amount_fen=parse_yuan(body.amount)
    )
    return 201, rows.movement(view)


@money.post("/withdrawals", response={201: MovementOut}, summary="Pay money out")
def withdrawal(request: HttpRequest, body: AmountIn) -> tuple[int, dict[str, Any]]:
    """Ask for free money to be sent to the member's bound account; the floor gives it up first."""
    who = member_of(request)
    check_may_move_money(who)
    view = settlement.request_withdrawal(
        actor=actor_of(request, who), account_no=who.account_no, amount_fen=parse_yuan(body.amount)
    )
    return 201, rows.movement(view)
