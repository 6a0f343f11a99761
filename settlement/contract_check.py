"""What anybody may know who holds the paper of a contract or statement: it exists, nobody changed it."""

from typing import NamedTuple

from exchange.kernel.canonical import canonical_hash
from exchange.kernel.errors import NotFound
from settlement.amendments import AmendmentRow, amendment_by_no, amendments_of, chain_holds
from settlement.contracts import document_hash
from settlement.models import Contract, DailyStatement, TermsVersion
from settlement.selectors import contract_view, statement_view
from settlement.shown import ContractView, StatementView
from settlement.statements import statement_hash
from settlement.types import RescissionState


class CheckedContract(NamedTuple):
    """A contract as stored, and whether its hash still follows from its document."""

    contract: ContractView
    intact: bool
    terms_intact: bool
    """The common terms it names still have the hash they had."""
    chain_intact: bool
    """Its agreed amendments follow from each other and from it."""
    amendments: list[AmendmentRow]
    """Those agreed, in order."""
    rescinded: bool
    """Undone: goods and price went back."""


def checked_contract(contract_no: str) -> CheckedContract:
    """For whoever has shown the verification code. Raises NotFound."""
    found = Contract.objects.filter(contract_no=contract_no).first()
    if found is None:
        raise NotFound(detail=contract_no)
    view = contract_view(found)
    return CheckedContract(
        contract=view,
        intact=document_hash(found) == found.document_hash,
        terms_intact=terms_intact(found.rulebook_version),
        chain_intact=chain_holds(found),
        amendments=[row for row in amendments_of(contract_no) if row.place is not None],
        rescinded=found.delivery.rescissions.filter(state=RescissionState.DONE).exists(),
    )


class CheckedAmendment(NamedTuple):
    """An agreed amendment, its contract, and whether the chain it is a link of is whole."""

    amendment: AmendmentRow
    contract: ContractView
    intact: bool


def checked_amendment(amendment_no: str) -> CheckedAmendment:
    """Raises NotFound, also for one that was not agreed to."""
    amendment = amendment_by_no(amendment_no)
    if amendment.place is None:
        raise NotFound(detail=amendment_no)
    found = Contract.objects.get(contract_no=amendment.contract_no)
    return CheckedAmendment(amendment, contract_view(found), chain_holds(found))


def terms_intact(version: str) -> bool:
    """Whether a version of the common terms still has its hash; those of the program always have."""
    stored = TermsVersion.objects.filter(version=version).first()
    return stored is None or canonical_hash(stored.terms) == stored.document_hash


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
