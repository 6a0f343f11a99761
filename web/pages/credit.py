"""信用查询: anyone looks up one member's grade, figures and facts, and takes the evidence home.

Exact code, full name or credit code; nothing lists members or completes what is typed, an unknown member and
one who has not agreed to be found by name get the same answer, and questions are counted.
"""

from collections import defaultdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from exchange.kernel.calendar import today
from exchange.kernel.canonical import canonical_json
from exchange.kernel.errors import JinguoError, RateLimited
from exchange.members.credit_evidence import document_of
from exchange.members.credit_method import METHODS, Method, method_by_version, method_hash, method_on
from exchange.members.credit_selectors import (
    KG_PER_T,
    LONGEST_QUERY,
    CreditRecord,
    credit_record,
    find_credit,
    is_public_day,
    public_days,
)
from exchange.members.credit_types import FactKind, month_text
from web.pages import credit_words as names
from web.pages import words
from web.pages.access import message_of, public
from web.pages.visitors import count_question


@public
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """The form; what it finds has an address of its own."""
    if request.method != "POST":
        return _form(request)
    query = request.POST.get("q", "")[:LONGEST_QUERY]
    try:
        count_question(request)
        code = find_credit(query)
    except JinguoError as error:
        return _form(request, query=query, error=error)
    return redirect("credit_record", code)


@public
@require_safe
def record(request: HttpRequest, code: str) -> HttpResponse:
    """One member's record as of the end of a month, or today if no day is named."""
    try:
        count_question(request)
        found = credit_record(code, _day_in(request))
    except JinguoError as error:
        return _form(request, query=code, error=error)
    method = method_by_version(found.rating.method)
    context = {
        "record": found,
        "rating": found.rating,
        "tonnes": found.rating.kg // KG_PER_T,
        "mark": names.grade_mark(found.rating.grade),
        "kind_text": words.word(words.KIND, found.kind),
        "county_text": words.word(words.COUNTY, found.county),
        "method": method,
        "months": _months(found),
        "facts": [
            {
                "fact": fact,
                "kind": words.word(names.KIND, fact.kind),
                "adverse": names.is_adverse(fact.kind),
                "detail": names.detail_text(fact.detail),
                "mark": names.state_mark(fact.state),
            }
            for fact in found.facts
        ],
        "steps": [(words.word(names.STEP, step.name), step.value) for step in found.rating.steps],
        "days": [day.isoformat() for day in public_days()],
        "day": found.as_of.isoformat(),
    }
    return _unlisted(render(request, "pages/credit_record.html", context))


@public
@require_safe
def evidence_json(request: HttpRequest, code: str) -> HttpResponse:
    """The evidence file, as `jinguo credit verify` reads it."""
    count_question(request)
    found = credit_record(code, _day_in(request))
    response = HttpResponse(canonical_json(document_of(found)), content_type="application/json")
    name = f"credit-{found.code}-{found.as_of.isoformat()}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _unlisted(response)


@public
@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """How a grade is worked out: every version with every number."""
    current = method_on(today())
    context = {
        "versions": [_version(each, current) for each in reversed(METHODS)],
        "method": current,
        "weights": _weights(current),
        "letters": [(*row, names.grade_mark(row[0])) for row in current.letters],
    }
    return render(request, "pages/credit_method.html", context)


def _version(method: Method, current: Method) -> dict[str, Any]:
    return {"method": method, "hash": method_hash(method), "in_force": method == current}


def _weights(method: Method) -> list[tuple[int, int, int]]:
    """(from months, to months, weight)."""
    starts = [0, *(months for months, _ in method.age_weights)]
    return [
        (start, months, weight) for start, (months, weight) in zip(starts, method.age_weights, strict=False)
    ]


def _months(found: CreditRecord) -> list[dict[str, Any]]:
    """Facts by month, newest first: contracts kept with their tonnes, and everything else by kind."""
    rows: dict[int, dict[str, Any]] = defaultdict(lambda: {"kept": 0, "tonnes": 0, "others": []})
    for row in found.counts:
        month = rows[row.month]
        if row.kind == FactKind.FULFILLED:
            month["kept"], month["tonnes"] = row.facts, row.kg // KG_PER_T
        else:
            text = words.word(names.KIND, row.kind.value)
            month["others"].append((text, row.facts, names.is_adverse(row.kind.value)))
    return [{"month": month_text(number), **rows[number]} for number in sorted(rows, reverse=True)]


def _day_in(request: HttpRequest) -> date | None:
    text = request.GET.get("day", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if not is_public_day(day):
        raise Http404
    return day


def _form(request: HttpRequest, *, query: str = "", error: JinguoError | None = None) -> HttpResponse:
    context = {"query": query, "error": message_of(error) if error else ""}
    response = render(request, "pages/credit.html", context, status=error.status if error else 200)
    if isinstance(error, RateLimited):
        response["Retry-After"] = str(error.facts.get("retry_after_s", 1))
    return _unlisted(response)


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Neither kept by caches nor found by search engines."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
