"""Reading the proposals to change products."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from exchange.kernel.proposal_errors import UnknownChange
from exchange.markets.models import ProductProposal
from exchange.markets.types import ChangeKind, ChangeState, TakesEffect

MAX_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A proposal. id is what paging goes by; values by the names of ``proposals.COLUMNS``."""

    id: int
    product_number: int
    product_code: str
    product_name_zh: str
    product_name_en: str
    kind: ChangeKind
    takes_effect: TakesEffect
    state: ChangeState
    old: dict[str, int | str]
    new: dict[str, int | str]
    floor_reason: int | None
    """``matching.types.Reason`` by which the floor refused it."""
    failure: str
    """Code of the error that kept it from taking effect at the opening."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    carried_out_at: datetime | None


def changes(
    *,
    product_number: int | None = None,
    states: Iterable[ChangeState] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[ChangeRow]:
    """Proposals, newest first."""
    rows = ProductProposal.objects.select_related("product").order_by("-pk")
    if product_number is not None:
        rows = rows.filter(product_id=product_number)
    if states is not None:
        rows = rows.filter(state__in=list(states))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_row(row) for row in rows[: max(1, min(limit, MAX_ROWS))]]


def change_by_id(proposal_id: int) -> ChangeRow:
    """One proposal. Raises UnknownChange."""
    row = ProductProposal.objects.select_related("product").filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return _row(row)


def _row(row: ProductProposal) -> ChangeRow:
    return ChangeRow(
        id=row.pk,
        product_number=row.product_id,
        product_code=row.product.code,
        product_name_zh=row.product.name_zh,
        product_name_en=row.product.name_en,
        kind=ChangeKind(row.kind),
        takes_effect=TakesEffect(row.takes_effect),
        state=ChangeState(row.state),
        old=row.old,
        new=row.new,
        floor_reason=row.floor_reason,
        failure=row.failure,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        carried_out_at=row.carried_out_at,
    )
