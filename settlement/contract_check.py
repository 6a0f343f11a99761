"""What anybody may know who holds a contract's paper: that it exists, and that nobody changed it."""

from typing import NamedTuple

from exchange.kernel.errors import NotFound
from settlement.contracts import document_hash
from settlement.models import Contract
from settlement.selectors import contract_view
from settlement.types import ContractView


class CheckedContract(NamedTuple):
    """A contract as stored, and whether its hash still follows from its document."""

    contract: ContractView
    intact: bool


def checked_contract(contract_no: str) -> CheckedContract:
    """For whoever has shown the verification code. Raises NotFound."""
    found = Contract.objects.filter(contract_no=contract_no).first()
    if found is None:
        raise NotFound(detail=contract_no)
    return CheckedContract(contract_view(found), document_hash(found) == found.document_hash)
