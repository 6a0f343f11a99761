"""The balance of a contract with a bond: what is due, and paying it, as on the contract's page."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from exchange.halls.once import once
from exchange.kernel.errors import NotFound
from exchange.kernel.institution_errors import RequestIdReused
from settlement import services as settlement
from settlement.delivery_selectors import DeliveryDetail, access_delivery
from settlement.types import DeliveryStage
from web.api import rows
from web.api.access import actor_of, check_may_move_money, member_of
from web.api.schemas import BalanceIn, BalanceOut

balances = Router(tags=["money"])


@balances.get("/contracts/{contract_no}/balance", response=BalanceOut, summary="What is still due of it")
def balance(request: HttpRequest, contract_no: str) -> dict[str, Any]:
    """Balance and late fee of a contract with a bond, its deadlines, and the payment if one was asked for."""
    return rows.balance(_found(contract_no, member_of(request).account_no))


@balances.post(
    "/contracts/{contract_no}/balance",
    response={201: BalanceOut, 200: BalanceOut},
    summary="Pay the balance",
)
def pay_balance(request: HttpRequest, contract_no: str, body: BalanceIn) -> Status[dict[str, Any]]:
    """The buyer pays balance and late fee; the floor gives the money up first, title follows the money.

    The same client_id again is answered with the payment as it stands, also when it is through.
    """
    who = member_of(request)
    check_may_move_money(who)
    found = _found(contract_no, who.account_no)

    def pay() -> int:
        settlement.pay_balance(
            actor=actor_of(request, who), account_no=who.account_no, contract_no=found.contract_no
        )
        return found.trade_id

    trade_id, before = once(who.account_no, f"balance:{body.client_id}", pay)
    if trade_id != found.trade_id:
        raise RequestIdReused(request_id=body.client_id)
    return Status(200 if before else 201, rows.balance(_found(contract_no, who.account_no)))


def _found(contract_no: str, account_no: int) -> DeliveryDetail:
    """A contract of the member that has or had a balance. Raises NotFound."""
    if not contract_no.isprintable():
        raise NotFound
    found = access_delivery(contract_no, account_no=account_no)
    if found.payment != "bond" and found.stage != DeliveryStage.AWAITING_PAYMENT:
        raise NotFound(detail=contract_no)
    return found
