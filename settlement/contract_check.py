"""What anybody may know who holds the paper of a contract or statement: it exists, nobody changed it."""

from typing import NamedTuple

from exchange.kernel.errors import NotFound
from settlement.contracts import document_hash
from settlement.models import Contract, DailyStatement
from settlement.selectors import contract_view, statement_view
from settlement.statements import statement_hash
from settlement.types import ContractView, StatementView


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


class CheckedStatement(NamedTuple):
    """A daily statement, whether it still has the hash of its figures, and whether none came after it."""

    statement: StatementView
    intact: bool
    newest: bool


def checked_statement(statement_no: str) -> CheckedStatement:
    """Raises NotFound."""
    stored = DailyStatement.objects.filter(statement_no=statement_no).first()
    if stored is None:
        raise NotFound(detail=statement_no)
    later = DailyStatement.objects.filter(
        account_no=stored.account_no, day=stored.day, revision__gt=stored.revision
    )
    return CheckedStatement(
        statement_view(stored), statement_hash(stored) == stored.document_hash, not later.exists()
    )
