"""Title that waits for the balance: settlement says when it passes or goes back, the register does it.

The receipts of a deal with a bond stay the seller's, set aside for the contract. Settlement does not know the
receipt register; whoever knows both registers itself here (``exchange.trading.contract_title``), and is told
in the transaction that pays the balance or ends the contract, so that title moves with the money or not at
all.
"""

from typing import NamedTuple, Protocol

from settlement.models import Contract


class GoodsOfContract(NamedTuple):
    """What the register needs to know of a contract."""

    contract_no: str
    trade_id: int
    product_number: int
    seller_no: int
    buyer_no: int
    quantity_kg: int


class TitleKeeper(Protocol):
    """Who keeps receipts for contracts."""

    def pass_title(self, goods: GoodsOfContract, *, seq: int, at_ns: int) -> None:
        """The balance is paid by the floor's command ``seq``: the receipts are the buyer's now."""

    def give_back(self, goods: GoodsOfContract) -> None:
        """The contract is broken before it was paid: the seller may sell the receipts again."""


class _NoKeeper:
    """Until somebody keeps titles nothing is paid or broken behind the register's back."""

    def pass_title(self, goods: GoodsOfContract, *, seq: int, at_ns: int) -> None:
        raise RuntimeError(f"{goods.contract_no} is paid at seq {seq}, and nobody passes its title")

    def give_back(self, goods: GoodsOfContract) -> None:
        raise RuntimeError(f"{goods.contract_no} is broken, and nobody gives its receipts back")


class _Kept:
    by: TitleKeeper = _NoKeeper()


def keep_title_with(keeper: TitleKeeper) -> TitleKeeper:
    """From now on titles are kept by this one; who kept them before."""
    before, _Kept.by = _Kept.by, keeper
    return before


def pass_title(contract: Contract, *, seq: int, at_ns: int) -> None:
    """Title of a contract with a bond passes to the buyer, in the caller's transaction."""
    _Kept.by.pass_title(_goods_of(contract), seq=seq, at_ns=at_ns)


def give_back(contract: Contract) -> None:
    """What was set aside for an unpaid contract goes back to the seller, in the caller's transaction."""
    _Kept.by.give_back(_goods_of(contract))


def _goods_of(contract: Contract) -> GoodsOfContract:
    return GoodsOfContract(
        contract.contract_no,
        contract.trade_id,
        contract.product_number,
        contract.seller_no,
        contract.buyer_no,
        contract.quantity_kg,
    )
