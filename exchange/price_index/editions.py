"""Editions of weights by two people: reviewed each 10-01, one operator proposes, another approves.

Approved 20 days before they may be used, and never for a day that has been computed. Approval makes them
public; ``linking`` puts them to use.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.proposal_errors import ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, decide
from exchange.markets.selectors import products
from exchange.price_index.errors import BadWeights, EditionTooSoon, UnknownIndex
from exchange.price_index.linking import NewWeight, weights_of
from exchange.price_index.models import IndexDefinition, IndexEdition, IndexLink
from exchange.price_index.services import locked_index
from exchange.price_index.types import BASIS, FIRST_EDITION, HEADLINE

NOTICE_DAYS = 20
DAYS_AHEAD = 400
REVIEW_MONTH = 10
"""Weights are reviewed for 1 October, when the new crop comes."""
MAX_ROWS = 200
MAX_CELLS = 200


class EditionRow(NamedTuple):
    """An edition as it is shown. id is what paging goes by; the first edition is not among them."""

    id: int
    number: int
    first_day: date
    weights: tuple[NewWeight, ...]
    state: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    link_day: date | None
    link_value: int | None
    sha256: str
    waits_for: tuple[str, ...]
    """What kept it from being linked when last tried: codes of cells and series, or a day computed before."""
    overtaken: bool
    """Approved, and never linked because a later edition was."""


@transaction.atomic
def propose_edition(
    *,
    actor: Actor,
    first_day: date,
    weights: Sequence[tuple[str, int]],
    reason: str,
    index_code: str = HEADLINE,
) -> int:
    """Proposes weights in basis points by product code, from a day to come; returns the proposal's id.

    Premiums and discounts are those of the products now. Raises BadParameter, BadWeights, EditionTooSoon,
    ChangeWaits, UnknownIndex.
    """
    if not reason.strip():
        raise BadParameter(name="reason")
    definition = locked_index(index_code)
    if definition.editions.filter(state=WAITING).exists():
        raise ChangeWaits(subject=index_code)
    cells = _checked(weights)
    check_first_day(definition, first_day)
    row = IndexEdition.objects.create(
        definition=definition,
        number=_next_number(definition),
        first_day=first_day,
        weights=[list(cell) for cell in cells],
        reason=reason.strip(),
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("index.edition_propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_edition(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> int | None:
    """Approves or refuses the proposal of another person; the number of the edition, None if refused.

    Raises UnknownChange, ChangeDecided, OwnChange, BadWeights for a product delisted since, EditionTooSoon
    when the notice would be too short now.
    """
    row = _locked(proposal_id)
    if approve and row.state == WAITING and row.proposed_by != actor.name:
        _checked([(cell.product_code, cell.weight_bps) for cell in weights_of(row)])
        check_first_day(row.definition, row.first_day)
    decide(row, state=IndexEdition.APPROVED if approve else REFUSED, actor=actor, reason=reason.strip())
    _audit("index.edition_approve" if approve else "index.edition_refuse", row, actor, reason)
    return row.number if approve else None


@transaction.atomic
def withdraw_edition(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    row = _locked(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("index.edition_withdraw", row, actor, reason)


def earliest_first_day(definition: IndexDefinition) -> date:
    """The first day new weights may be used for: after notice, computed days and other editions."""
    last = definition.values.order_by("-day").values_list("day", flat=True).first()
    approved = definition.editions.filter(state=IndexEdition.APPROVED).order_by("-first_day").first()
    after = [last, approved.first_day if approved else None]
    after_notice = calendar.today() + timedelta(days=NOTICE_DAYS)
    return max([after_notice, *(day + timedelta(days=1) for day in after if day is not None)])


def first_days(index_code: str = HEADLINE) -> tuple[date, date]:
    """The earliest first day, and the first 1 October from then on. Raises UnknownIndex."""
    definition = IndexDefinition.objects.filter(code=index_code).first()
    if definition is None:
        raise UnknownIndex(index=index_code)
    earliest = earliest_first_day(definition)
    review = date(earliest.year, REVIEW_MONTH, 1)
    return earliest, review if review >= earliest else date(earliest.year + 1, REVIEW_MONTH, 1)


def check_first_day(definition: IndexDefinition, day: date) -> None:
    """Raises EditionTooSoon, BadParameter for a day more than a year ahead."""
    first = earliest_first_day(definition)
    if day < first:
        raise EditionTooSoon(first=first.isoformat())
    if day > calendar.today() + timedelta(days=DAYS_AHEAD):
        raise BadParameter(name="first_day")


def _checked(weights: Sequence[tuple[str, int]]) -> list[NewWeight]:
    """The cells by product number. Raises BadWeights."""
    listed = {row.code: row for row in products()}
    codes = [code for code, _ in weights]
    unknown = next((code for code in codes if code not in listed), None)
    if unknown is not None:
        raise BadWeights(why_zh=f"没有上市品种 {unknown[:24]}", why_en=f"no listed product {unknown[:24]}")
    if not 0 < len(codes) <= MAX_CELLS or len(set(codes)) != len(codes):
        raise BadWeights(why_zh="品种为空或重复", why_en="products are missing or twice there")
    if any(not 1 <= bps <= BASIS for _, bps in weights):
        raise BadWeights(why_zh="权重超出范围", why_en="a weight is out of bounds")
    total = sum(bps for _, bps in weights)
    if total != BASIS:
        shown = f"{total / 100:.2f}%"
        raise BadWeights(why_zh=f"合计 {shown}", why_en=f"they come to {shown}")
    return sorted(
        NewWeight(listed[code].number, code, bps, listed[code].premium_discount_fen) for code, bps in weights
    )


def _next_number(definition: IndexDefinition) -> int:
    last = definition.editions.filter(state=IndexEdition.APPROVED).order_by("-number").first()
    return (last.number if last else FIRST_EDITION) + 1


def _locked(proposal_id: int) -> IndexEdition:
    """The proposal, with its index locked first, so that no value is computed meanwhile."""
    row = IndexEdition.objects.select_related("definition").filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    locked_index(row.definition.code)
    return IndexEdition.objects.select_for_update(of=("self",)).select_related("definition").get(pk=row.pk)


def _audit(action: str, row: IndexEdition, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"index:{row.definition.code}:edition:{row.number}",
        reason=reason,
        after={
            "proposal": row.pk,
            "first_day": row.first_day.isoformat(),
            "weights_bps": {cell.product_code: cell.weight_bps for cell in weights_of(row)},
        },
    )


# Reading ---------------------------------------------------------------------------------------------


def editions(
    *,
    before: int | None = None,
    limit: int = 50,
    approved_only: bool = False,
    index_code: str = HEADLINE,
) -> list[EditionRow]:
    """Editions, newest first; the public sees approved ones only."""
    rows = IndexEdition.objects.filter(definition__code=index_code).select_related("link", "definition")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if approved_only:
        rows = rows.filter(state=IndexEdition.APPROVED)
    links = IndexLink.objects.filter(edition__definition__code=index_code)
    linked = max(links.values_list("edition__number", flat=True), default=FIRST_EDITION)
    return [_row(row, linked) for row in rows.order_by("-pk")[: max(1, min(limit, MAX_ROWS))]]


def link_document(number: int, *, index_code: str = HEADLINE) -> str:
    """The document of an edition's link, byte for byte as it was hashed. Raises UnknownChange."""
    row = IndexLink.objects.filter(edition__definition__code=index_code, edition__number=number).first()
    if row is None:
        raise UnknownChange(proposal=number)
    return row.document


def _row(row: IndexEdition, linked: int) -> EditionRow:
    link = getattr(row, "link", None)
    open_ = row.state == IndexEdition.APPROVED and link is None
    return EditionRow(
        id=row.pk,
        number=row.number,
        first_day=row.first_day,
        weights=tuple(weights_of(row)),
        state=row.state,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
        link_day=link.day if link else None,
        link_value=link.value if link else None,
        sha256=link.sha256 if link else "",
        waits_for=tuple(row.waits_for) if open_ else (),
        overtaken=open_ and row.number < linked,
    )
