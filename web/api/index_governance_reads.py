"""Consultations and the register of complaints about the index, as everybody may read them."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from exchange.kernel import calendar
from exchange.price_index import complaint_selectors, consultation_selectors
from exchange.price_index.governance_types import CommentRow, ComplaintRow, ConsultationRow, DecisionRow
from web.api import rows
from web.api.paging import DEFAULT_LIMIT, MAX_LIMIT, before, page
from web.api.schemas import Listing, Text

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=18)]
Number = Annotated[str, Path(max_length=24)]

index_governance = Router(tags=["index"])


# Shapes ----------------------------------------------------------------------------------------------


class DecisionOut(Schema):
    """How a consultation ended."""

    outcome: Literal["adopted", "changed", "dropped"]
    reply: Text
    method_version: str | None = Field(
        description="Of the method that comes of it; null when dropped, and of cells and weights."
    )
    effective_from: str | None
    published_at: str


class ConsultationOut(Schema):
    """A change that was announced for comments."""

    number: str
    index: str
    subject: Literal["method", "parameters", "cells"]
    title: Text
    change: Text
    why: Text
    state: Literal["open", "adopted", "changed", "dropped"]
    opened_on: str
    closes_on: str = Field(description="Last day for comments.")
    takes_comments: bool
    planned_from: str
    comments: int = Field(description="All that were written, those not shown among them.")
    decision: DecisionOut | None


class CommentOut(Schema):
    """A comment; author and text are null where they are not public or were taken down."""

    number: int
    author: str | None
    text: str | None
    at: str
    taken_down_at: str | None
    takedown_reason: str | None


class ConsultationDetailOut(ConsultationOut):
    """A consultation with its comments."""

    said: list[CommentOut]


class ComplaintOut(Schema):
    """A line of the public register: no names, no text."""

    number: str
    index: str
    day: str | None = Field(description="Of the value; null when it is about the method.")
    subject: Literal["trades", "prices", "arithmetic", "publication", "method", "other"]
    state: Literal["filed", "acknowledged", "rejected", "upheld", "withdrawn"]
    filed_at: str
    acknowledge_by: str
    decide_by: str
    finished_at: str | None
    trading_days: int = Field(description="From the filing to the end, or until today.")
    overdue: bool
    revision: int | None = Field(description="The revision that followed.")


# Reads -----------------------------------------------------------------------------------------------


@index_governance.get(
    "/index/consultations", response=Listing[ConsultationOut], summary="Consultations on the index"
)
def consultation_list(
    request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """Open and past, newest first."""
    found = consultation_selectors.consultations(before=before(cursor), limit=limit + 1)
    return page(found, limit, _consultation, lambda row: row.id)


@index_governance.get(
    "/index/consultations/{number}", response=ConsultationDetailOut, summary="One consultation with comments"
)
def consultation_detail(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Texts, comments and, once there is one, the decision with the operator's reply."""
    row = consultation_selectors.consultation(number)
    return {
        **_consultation(row),
        "said": [_comment(each) for each in consultation_selectors.comments(row.number)],
    }


@index_governance.get(
    "/index/complaints", response=Listing[ComplaintOut], summary="Register of complaints about the index"
)
def complaint_list(
    request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """Every complaint without names and texts, newest first."""
    found = complaint_selectors.complaints(before=before(cursor), limit=limit + 1)
    return page(found, limit, _complaint, lambda row: row.id)


def _consultation(row: ConsultationRow) -> dict[str, Any]:
    terms = row.terms
    assert row.opened_on is not None
    assert row.closes_on is not None
    return {
        "number": row.number,
        "index": row.index_code,
        "subject": terms.subject,
        "title": rows.text(terms.title_zh, terms.title_en),
        "change": rows.text(terms.change_zh, terms.change_en),
        "why": rows.text(terms.why_zh, terms.why_en),
        "state": row.state.value,
        "opened_on": row.opened_on.isoformat(),
        "closes_on": row.closes_on.isoformat(),
        "takes_comments": row.takes_comments(calendar.today()),
        "planned_from": terms.effective_from.isoformat(),
        "comments": row.comments,
        "decision": None if row.decision is None else _decision(row.decision),
    }


def _decision(row: DecisionRow) -> dict[str, Any]:
    assert row.decided_at is not None
    return {
        "outcome": row.outcome,
        "reply": rows.text(row.reply_zh, row.reply_en),
        "method_version": row.version or None,
        "effective_from": row.effective_from.isoformat() if row.effective_from else None,
        "published_at": rows.time_text(row.decided_at),
    }


def _comment(row: CommentRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "author": row.author or None,
        "text": row.text or None,
        "at": rows.time_text(row.at),
        "taken_down_at": rows.time_text(row.taken_down_at) if row.taken_down_at else None,
        "takedown_reason": row.takedown_reason or None,
    }


def _complaint(row: ComplaintRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "index": row.index_code,
        "day": row.day.isoformat() if row.day else None,
        "subject": row.subject,
        "state": row.state.value,
        "filed_at": rows.time_text(row.filed_at),
        "acknowledge_by": row.acknowledge_by.isoformat(),
        "decide_by": row.decide_by.isoformat(),
        "finished_at": rows.time_text(row.finished_at) if row.finished_at else None,
        "trading_days": row.days_taken,
        "overdue": row.overdue,
        "revision": row.revision,
    }
