"""A member's credit grade as everybody may read it, with the evidence to work it out again."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.timezone import localtime
from ninja import Query, Router, Schema
from pydantic import Field

from exchange.kernel.errors import BadParameter
from exchange.members.credit_evidence import document_of
from exchange.members.credit_selectors import CreditRecord, credit_record, is_public_day
from web.pages.visitors import count_question

credit = Router(tags=["credit"])


class CreditFiguresOut(Schema):
    """Figures of a grade; shares in basis points, null where there is nothing to divide by."""

    contracts: int = Field(description="Kept and failed, in the window.")
    failures: int
    tonnes: int = Field(description="Of the contracts kept.")
    fulfilment_bps: int | None
    dispute_bps: int | None
    on_time_bps: int | None
    score: int | None


class CreditFactOut(Schema):
    """A fact other than a kept contract."""

    token: str
    month: str
    kind: str
    detail: str
    days_late: int
    state: str = Field(description="standing, objected or repaired; a repaired one counts no more.")


class CreditEvidenceOut(Schema):
    """What `jinguo credit verify` works the grade out from."""

    format: str
    member: str
    name: str
    as_of: date
    method: str
    method_sha256: str
    counts: list[tuple[str, str, int, int]] = Field(description="[month, kind, facts, tonnes of those kept].")
    facts: list[CreditFactOut]
    figures: CreditFiguresOut
    arithmetic: list[tuple[str, int]]
    grade: str
    sha256: str


class CreditOut(Schema):
    """One member's credit record, without counterparties."""

    code: str
    name: str = Field(description="Masked for a grower who has not agreed to be shown.")
    masked: bool
    kind: str
    member_since: date
    suspended: bool
    as_of: date
    grade: str = Field(description="AAA to D; empty with too few contracts.")
    figures: CreditFiguresOut
    evidence: CreditEvidenceOut


@credit.get("/credit/{code}", response=CreditOut, summary="Credit grade of a member")
def member_credit(
    request: HttpRequest, code: str, as_of: Annotated[date | None, Query()] = None
) -> dict[str, Any]:
    """Grade and evidence as of the last day of a month, or today. Questions are counted by address."""
    count_question(request)
    if as_of is not None and not is_public_day(as_of):
        raise BadParameter(name="as_of")
    return _shown(credit_record(code, as_of))


def _shown(record: CreditRecord) -> dict[str, Any]:
    evidence = document_of(record)
    return {
        "code": record.code,
        "name": record.name,
        "masked": record.masked,
        "kind": record.kind,
        "member_since": localtime(record.joined_at).date(),
        "suspended": record.suspended,
        "as_of": record.as_of,
        "grade": record.rating.grade,
        "figures": evidence["figures"],
        "evidence": evidence,
    }
