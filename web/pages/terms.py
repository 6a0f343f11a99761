"""通用条款公示: the common terms of contracts, those in force, before and to come, for everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exchange.kernel.calendar import today
from settlement.premium_discount import TABLE
from settlement.terms import ContractTerms, clauses_of, percent
from settlement.terms_desk import NUMBERS, TermsRow, terms_by_version, terms_versions
from settlement.types import ProposalState
from web.pages import settlement_words as names
from web.pages.access import public
from web.pages.words import in_chinese, word
from web.templatetags.jinguo import yuan


@public
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every approved version with what it changed; the newest in full."""
    rows = [row for row in terms_versions(today()) if row.state == ProposalState.APPROVED]
    current = next(row for row in rows if row.in_force)
    return _page(request, rows, current)


@public
@require_safe
def one_version(request: HttpRequest, version: str) -> HttpResponse:
    """One approved version in full."""
    rows = [row for row in terms_versions(today()) if row.state == ProposalState.APPROVED]
    found = next((row for row in rows if row.version == version), None)
    if found is None:
        raise Http404
    return _page(request, rows, found)


def _page(request: HttpRequest, rows: list[TermsRow], shown: TermsRow) -> HttpResponse:
    terms = terms_by_version(shown.version)
    context = {
        "rows": [row_shown(row) for row in rows],
        "shown": shown,
        "numbers": [
            (text, _figure(name, value, unit)) for name, text, value, unit, *_ in numbers_shown(terms)
        ],
        "clauses": clauses_of(terms),
        "premiums": premiums_shown(terms),
        "most_discount": percent(terms.most_discount_bps),
    }
    return render(request, "pages/terms.html", context)


def row_shown(row: TermsRow) -> dict[str, object]:
    """A version with its differences in the reader's language."""
    return {
        "row": row,
        "state": word(names.PROPOSAL_STATE, row.state),
        "differences": [
            (each.zh if in_chinese() else each.en, each.before, each.after) for each in row.differences
        ],
    }


def numbers_shown(terms: ContractTerms) -> list[tuple[str, str, int, str, int, int]]:
    """(name, words, value, unit, least, most) of every number of a version."""
    chinese = in_chinese()
    return [
        (
            each.name,
            each.zh if chinese else each.en,
            getattr(terms, each.name),
            each.unit_zh if chinese else each.unit_en,
            each.least,
            each.most,
        )
        for each in NUMBERS
    ]


def _figure(name: str, value: int, unit: str) -> str:
    """A number as people read it: basis points as a percentage, fen as yuan, the rest with its unit."""
    if "_bps" in name:
        return percent(value)
    if name.endswith("_fen"):
        return f"{yuan(value)} {_('元')}"
    return f"{value} {unit.removesuffix('s') if value == 1 else unit}"


def premiums_shown(terms: ContractTerms) -> list[tuple[str, str, int]]:
    """(criterion, rate a step, most steps) of the version's premium and discount table."""
    chinese = in_chinese()
    return [
        ((TABLE[code].zh if chinese else TABLE[code].en) if code in TABLE else code, percent(bps), most)
        for code, bps, most in terms.premium_discount
    ]
