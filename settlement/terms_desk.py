"""The desk of contract terms: one person proposes the next version, another approves it; it binds from a day
to come.

A version is in force from its first trading day, at least seven days after it was approved (电子商务法 34:
changes are public seven days before), so no deal of that day can have been settled under another one.
Approved, a version never changes; a trigger keeps it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from string import Formatter
from typing import Any, NamedTuple

from django.db import transaction

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import is_trading_day, now_ns, trading_day
from exchange.kernel.errors import NotFound
from settlement.checks import check_reason
from settlement.errors import SamePerson
from settlement.lives import begin, step
from settlement.locks import locked_terms, locked_terms_desk
from settlement.models import TermsVersion
from settlement.terms import (
    BUILT_IN,
    TERMS,
    ContractTerms,
    clause_values,
    terms_document,
    terms_from_document,
    terms_hash,
    terms_on,
)
from settlement.terms_errors import BadTerms, NothingChanged, NoticeTooShort, TermsAgainstLaw, TermsWaiting
from settlement.types import ProposalState

NOTICE_DAYS = 7
LONGEST_CLAUSE = 600


class Number(NamedTuple):
    """A number of the terms: its words, its unit, and what it may be."""

    name: str
    zh: str
    en: str
    unit_zh: str
    unit_en: str
    least: int
    most: int
    law_zh: str = ""
    """What forbids more than ``most``; empty when only the rulebook does."""
    law_en: str = ""


_BPS, _DAYS, _TRADING_DAYS = ("基点", "bp"), ("日", "days"), ("交易日", "trading days")
_DEPOSIT_LAW = ("民法典第五百八十六条：定金不超过百分之二十", "Civil Code 586: at most 20 %")
_DAMAGES_LAW = (
    "合同价款的百分之二十；超过损失百分之三十的，民法典第五百八十五条可以减少",
    "20 % of the price; Civil Code 585 reduces what is 30 % above the loss",
)

NUMBERS: tuple[Number, ...] = (
    Number("bond_bps", "定金比例", "Bond", *_BPS, 0, 2_000, *_DEPOSIT_LAW),
    Number("balance_trading_days", "尾款期限", "Balance due after", *_TRADING_DAYS, 1, 10),
    Number("late_fee_bps_per_day", "每日滞纳金", "Late fee per day", *_BPS, 0, 10),
    Number("breach_trading_days", "逾期违约", "Breach after", *_TRADING_DAYS, 2, 20),
    Number("over_short_bps", "溢短范围", "Over/short tolerance", *_BPS, 0, 500),
    Number("objection_days", "异议期", "Claim period", *_DAYS, 1, 30),
    Number("pickup_days", "卖方承担仓储费", "Seller bears storage for", *_DAYS, 0, 60),
    Number("longest_storage_days", "最迟提货", "Latest pickup", *_DAYS, 1, 365),
    Number("hidden_hours", "隐蔽缺陷异议", "Hidden defects within", "小时", "hours", 24, 168),
    Number("exit_hours", "过磅后视为离库", "Deemed collected after", "小时", "hours", 1, 72),
    Number("answer_days", "异议答复", "Answer to a claim", *_DAYS, 1, 10),
    Number("reinspection_working_days", "复检期限", "Re-inspection", "工作日", "working days", 1, 10),
    Number("reinspection_fee_fen", "复检费", "Re-inspection fee", "分", "fen", 0, 1_000_000),
    Number("most_discount_bps", "升贴水上限", "Maximum discount", *_BPS, 0, 5_000),
    Number("cure_days", "补正期", "Cure period", *_DAYS, 1, 30),
    Number("damages_bps", "违约金", "Liquidated damages", *_BPS, 0, 2_000, *_DAMAGES_LAW),
    Number("max_damages_bps", "违约金上限", "Maximum damages", *_BPS, 0, 2_000, *_DAMAGES_LAW),
    Number("mediation_days", "调解期限", "Mediation", *_DAYS, 1, 10),
    Number("invoice_days", "开票期限", "Invoice within", *_DAYS, 1, 30),
    Number("loss_permille_month", "损耗标准", "Loss allowance", "‰/月", "‰ a month", 0, 50),
)
TEXTS = {
    "inspection_place": ("检验地点", "Place of inspection"),
    "dispute_clause": ("争议解决", "Disputes"),
}
LONGEST_TEXT = 120


class Difference(NamedTuple):
    """One thing two versions say differently."""

    zh: str
    en: str
    before: str
    after: str


class TermsRow(NamedTuple):
    """A version, as people see it; built-in ones have nobody who proposed them."""

    version: str
    effective_from: date
    document_hash: str
    state: str
    reason: str
    proposed_by: str
    decided_by: str
    decided_at_ns: int | None
    in_force: bool
    differences: list[Difference]
    """From the version before it."""


def propose_terms(
    *,
    actor: Actor,
    effective_from: date,
    reason: str,
    changes: Mapping[str, int | str] | None = None,
    clauses: tuple[tuple[str, str], ...] | None = None,
) -> str:
    """Proposes the next version: the last one with ``changes`` to NUMBERS and TEXTS, and other clauses.

    Returns its number. Raises BadReason, BadTerms, TermsAgainstLaw, NoticeTooShort, NothingChanged,
    TermsWaiting.
    """
    check_reason(reason)
    with transaction.atomic():
        locked_terms_desk()
        waiting = TermsVersion.objects.filter(state=ProposalState.PROPOSED).first()
        if waiting is not None:
            raise TermsWaiting(version=waiting.version)
        _check_day(effective_from)
        last = _last()
        count = len(BUILT_IN) + TermsVersion.objects.count() + 1
        terms = _changed(last, changes or {}, clauses)
        if terms == last:
            raise NothingChanged
        terms = replace(
            terms, rulebook_version=f"{effective_from.year}.{count}", effective_from=effective_from
        )
        check_terms(terms)
        row = TermsVersion.objects.create(
            version=terms.rulebook_version,
            effective_from=effective_from,
            terms=terms_document(terms),
            document_hash=terms_hash(terms),
            reason=reason.strip(),
            proposed_by=actor.name,
            proposed_at_ns=now_ns(),
        )
        begin(row, actor=actor.name, at_ns=row.proposed_at_ns, why=reason)
        _audit(actor, "terms.propose", row, reason)
    return row.version


def approve_terms(*, actor: Actor, version: str) -> None:
    """A second person puts a version in force from its day on.

    Raises NotFound, SamePerson, BadTransition, NoticeTooShort when the day has come too near meanwhile.
    """
    with transaction.atomic():
        locked_terms_desk()
        row = locked_terms(version)
        if row.proposed_by == actor.name:
            raise SamePerson
        if row.state == ProposalState.PROPOSED:
            _check_day(row.effective_from)
        _decide(row, actor, "approve", "")


def reject_terms(*, actor: Actor, version: str, reason: str) -> None:
    """Turns a version down; whoever proposed it may take it back so. Raises NotFound, BadTransition."""
    check_reason(reason)
    with transaction.atomic():
        _decide(locked_terms(version), actor, "reject", reason)


def terms_versions(day: date) -> list[TermsRow]:
    """All versions, newest first; which one is in force on a day."""
    in_force = terms_on(day).rulebook_version
    found: list[tuple[ContractTerms, TermsVersion | None]] = [(terms, None) for terms in BUILT_IN.values()]
    found += [(terms_from_document(row.terms), row) for row in TermsVersion.objects.order_by("pk")]
    rows, before = [], found[0][0]
    for terms, row in found:
        state = ProposalState.APPROVED.value if row is None else row.state
        rows.append(
            TermsRow(
                version=terms.rulebook_version,
                effective_from=terms.effective_from,
                document_hash=terms_hash(terms) if row is None else row.document_hash,
                state=state,
                reason="" if row is None else row.reason,
                proposed_by="" if row is None else row.proposed_by,
                decided_by="" if row is None else row.decided_by,
                decided_at_ns=None if row is None else row.decided_at_ns,
                in_force=terms.rulebook_version == in_force,
                differences=differences(before, terms),
            )
        )
        before = terms if state == ProposalState.APPROVED else before
    return rows[::-1]


def terms_by_version(version: str) -> ContractTerms:
    """Any version, also one that waits for approval. Raises NotFound."""
    if version in BUILT_IN:
        return BUILT_IN[version]
    row = TermsVersion.objects.filter(version=version).first()
    if row is None:
        raise NotFound(detail=version)
    return terms_from_document(row.terms)


def last_terms() -> ContractTerms:
    """The newest approved version, in force or not yet: what the next one is made from."""
    return _last()


def first_day(today: date) -> date:
    """The first trading day new terms can be in force on, when they are approved today."""
    day = max(today + timedelta(days=NOTICE_DAYS), _last().effective_from + timedelta(days=1))
    while not is_trading_day(day):
        day += timedelta(days=1)
    return day


def differences(before: ContractTerms, after: ContractTerms) -> list[Difference]:
    """What two versions say differently, number by number and clause by clause."""
    found = [
        Difference(
            each.zh,
            each.en,
            f"{getattr(before, each.name)} {each.unit_zh}",
            f"{getattr(after, each.name)} {each.unit_zh}",
        )
        for each in NUMBERS
        if getattr(before, each.name) != getattr(after, each.name)
    ]
    found += [
        Difference(zh, en, getattr(before, name), getattr(after, name))
        for name, (zh, en) in TEXTS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = dict(before.clauses), dict(after.clauses)
    titles = dict.fromkeys([*old, *new])
    return found + [
        Difference(title, title, old.get(title, ""), new.get(title, ""))
        for title in titles
        if old.get(title) != new.get(title)
    ]


def check_terms(terms: ContractTerms) -> None:
    """Raises BadTerms, TermsAgainstLaw for what no contract may say."""
    for each in NUMBERS:
        value = getattr(terms, each.name)
        if value > each.most and each.law_zh:
            raise TermsAgainstLaw(term_zh=each.zh, term_en=each.en, law_zh=each.law_zh, law_en=each.law_en)
        if not each.least <= value <= each.most:
            raise BadTerms(
                why_zh=f"{each.zh}须在 {each.least} 至 {each.most} {each.unit_zh}之间",
                why_en=f"{each.en} is from {each.least} to {each.most} {each.unit_en}",
            )
    _check_order(terms)
    _check_built_in(terms)
    for name, (zh, en) in TEXTS.items():
        if not 2 <= len(getattr(terms, name)) <= LONGEST_TEXT:
            raise BadTerms(why_zh=f"{zh}须为 2 至 120 字", why_en=f"{en}: 2 to 120 characters")
    _check_clauses(terms)


def _check_order(terms: ContractTerms) -> None:
    if terms.damages_bps > terms.max_damages_bps:
        raise BadTerms(why_zh="违约金超过其上限", why_en="damages above their own maximum")
    if terms.breach_trading_days <= terms.balance_trading_days:
        raise BadTerms(
            why_zh="逾期违约须晚于尾款期限", why_en="a breach comes after the balance has been due"
        )
    if terms.longest_storage_days < terms.pickup_days:
        raise BadTerms(
            why_zh="最迟提货早于仓储费分担日", why_en="the latest pickup is before storage is shared"
        )


def _check_built_in(terms: ContractTerms) -> None:
    """What the floor and the receipt register reckon with themselves cannot change by words alone."""
    if terms.bond_bps != TERMS.bond_bps:
        raise BadTerms(
            why_zh="场内按 10% 收取定金，改变比例须先升级交易系统",
            why_en="the floor takes a bond of 10 %; another rate needs a new release first",
        )
    if terms.pickup_days != TERMS.pickup_days:
        raise BadTerms(
            why_zh="仓单登记按过户后 7 日由卖方承担仓储费，改变天数须先升级登记系统",
            why_en="the register charges the first 7 days to the seller; others need a new release first",
        )


def _check_clauses(terms: ContractTerms) -> None:
    known = clause_values(terms).keys()
    titles = [title for title, _ in terms.clauses]
    if not titles or len(set(titles)) != len(titles):
        raise BadTerms(why_zh="条款标题须不重复", why_en="every clause has a title of its own")
    for title, text in terms.clauses:
        if not (2 <= len(title) <= 20 and 2 <= len(text) <= LONGEST_CLAUSE):
            raise BadTerms(why_zh=f"“{title}”须为 2 至 600 字", why_en=f"clause {title}: 2 to 600 characters")
        try:
            named = [(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None]
        except ValueError:
            named = [("{", "", None)]
        for name, spec, how in named:
            if name not in known or spec or how:
                raise BadTerms(
                    why_zh=f"“{title}”中的 {{{name}}} 不是条款中的数",
                    why_en=f"clause {title} names {{{name}}}, which is no number of the terms",
                )


def _changed(
    last: ContractTerms,
    changes: Mapping[str, int | str],
    clauses: tuple[tuple[str, str], ...] | None,
) -> ContractTerms:
    numbers = {each.name for each in NUMBERS}
    for name, value in changes.items():
        if name in numbers and type(value) is int:
            continue
        if name in TEXTS and isinstance(value, str):
            continue
        raise BadTerms(why_zh=f"没有 {name} 这一项", why_en=f"there is no term {name}")
    values: dict[str, Any] = dict(changes)
    if clauses is not None:
        values["clauses"] = tuple((title.strip(), text.strip()) for title, text in clauses)
    return replace(last, **values)


def _check_day(effective_from: date) -> None:
    first = first_day(trading_day(now_ns()))
    if effective_from < first or not is_trading_day(effective_from):
        raise NoticeTooShort(first=first.isoformat())


def _last() -> ContractTerms:
    newest = TermsVersion.objects.filter(state=ProposalState.APPROVED).order_by("-effective_from").first()
    return list(BUILT_IN.values())[-1] if newest is None else terms_from_document(newest.terms)


def _decide(row: TermsVersion, actor: Actor, event: str, why: str) -> None:
    at_ns = now_ns()
    step(row, event, actor=actor.name, at_ns=at_ns, why=why)
    row.decided_by, row.decided_at_ns = actor.name, at_ns
    row.save(update_fields=["state", "decided_by", "decided_at_ns"])
    _audit(actor, f"terms.{event}", row, why)


def _audit(actor: Actor, action: str, row: TermsVersion, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"terms:{row.version}",
        reason=reason,
        after={"effective_from": row.effective_from.isoformat(), "sha256": row.document_hash},
    )
