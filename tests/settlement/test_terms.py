"""Versions of the common terms: proposed by one, approved by another, in force from their day, for ever."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadTransition
from exchange.kernel.problems import JinguoError
from settlement import services, terms_desk
from settlement.contracts import FIELDS, document_hash, document_of
from settlement.models import Contract, TermsVersion
from settlement.terms import (
    BUILT_IN,
    FIRST_VERSION,
    TERMS,
    balance_due_ns,
    clauses_of,
    terms_document,
    terms_from_document,
    terms_hash,
    terms_of,
    terms_on,
)
from settlement.types import PaymentVariant
from settlement.verify import verify_settlement
from tests.settlement.clock import Clock, stopped_clock
from tests.settlement.market import DAY, PRODUCTS, goods, open_market, run_sql, trade

ANNA, BO = Actor("anna"), Actor("bo")
FROM = date(2026, 11, 27)
"""The first trading day seven days after DAY."""


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch)


def approved(effective_from: date = FROM, **changes: int | str) -> str:
    version = services.propose_terms(
        actor=ANNA,
        effective_from=effective_from,
        reason="降低违约金",
        changes=changes or {"damages_bps": 800},
    )
    services.approve_terms(actor=BO, version=version)
    return version


def formed(day: date, trade_id: int) -> Contract:
    money = trade(trade_id, day=day)._replace(payment=PaymentVariant.BOND, bond_fen=72_000)
    services.settle_trades([money])
    services.form_contracts([(money, goods())], PRODUCTS)
    return Contract.objects.get(trade_id=trade_id)


def test_a_contract_is_under_the_version_of_its_day_whenever_it_is_formed(clock: Clock) -> None:
    open_market()
    version = approved(balance_trading_days=2, over_short_bps=300)
    before, on_the_day = formed(FROM - timedelta(days=1), 1), formed(FROM, 2)
    assert (before.rulebook_version, on_the_day.rulebook_version) == (TERMS.rulebook_version, version)
    assert (before.over_short_bps, on_the_day.over_short_bps) == (200, 300)
    assert on_the_day.payment_due_ns == balance_due_ns(FROM, terms_of(version)) > balance_due_ns(FROM)
    late = formed(FROM - timedelta(days=2), 3)
    assert late.rulebook_version == TERMS.rulebook_version
    assert document_of(on_the_day)["terms_hash"] == TermsVersion.objects.get().document_hash
    assert verify_settlement() == []


def test_a_chunk_over_midnight_has_both_versions(clock: Clock) -> None:
    open_market()
    version = approved()
    deals = [(trade(n, day=FROM - timedelta(days=n % 2)), goods()) for n in range(1, 5)]
    services.settle_trades([money for money, _ in deals])
    services.form_contracts(deals, PRODUCTS)
    found = list(Contract.objects.order_by("trade_id").values_list("rulebook_version", flat=True))
    assert found == [TERMS.rulebook_version, version] * 2


def test_nobody_approves_alone_and_what_is_decided_stays(clock: Clock) -> None:
    version = services.propose_terms(
        actor=ANNA, effective_from=FROM, reason="更长异议期", changes={"objection_days": 10}
    )
    for act, code in (
        (lambda: services.approve_terms(actor=ANNA, version=version), "same_person_twice"),
        (lambda: services.approve_terms(actor=BO, version="2099.1"), "not_found"),
        (approved, "terms_waiting"),
    ):
        with pytest.raises(JinguoError) as refused:
            act()
        assert refused.value.code == code
    assert terms_on(FROM) == TERMS
    services.approve_terms(actor=BO, version=version)
    assert terms_on(FROM).objection_days == 10
    assert terms_on(FROM - timedelta(days=1)) == TERMS
    with pytest.raises(BadTransition):
        services.reject_terms(actor=BO, version=version, reason="太迟了")
    for statement in (
        "UPDATE settlement_termsversion SET effective_from = '2026-12-30'",
        "UPDATE settlement_termsversion SET decided_by = 'x'",
        "UPDATE settlement_termsversion SET state = 'proposed'",
        "DELETE FROM settlement_termsversion",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run_sql(statement)
    (change,) = terms_desk.terms_versions(FROM)[0].differences
    assert (change.zh, change.before, change.after) == ("异议期", "7 日", "10 日")


def test_a_version_that_waited_too_long_needs_another_day(clock: Clock) -> None:
    version = services.propose_terms(
        actor=ANNA, effective_from=FROM, reason="降低违约金", changes={"damages_bps": 800}
    )
    clock.go_to(DAY + timedelta(days=3))
    with pytest.raises(JinguoError) as refused:
        services.approve_terms(actor=BO, version=version)
    assert refused.value.code == "notice_too_short"
    services.reject_terms(actor=BO, version=version, reason="过期")
    second = approved(date(2026, 11, 30))
    with pytest.raises(JinguoError) as refused:
        approved(date(2026, 11, 30), damages_bps=900)
    assert refused.value.code == "notice_too_short"
    assert second == "2026.4"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bond_bps": 2_001}, "terms_against_law"),
        ({"max_damages_bps": 3_001}, "terms_against_law"),
        ({"damages_bps": 2_001}, "terms_against_law"),
        ({"damages_bps": 1_500, "max_damages_bps": 1_000}, "bad_terms"),
        ({"objection_days": -1}, "bad_terms"),
        ({"breach_trading_days": 2, "balance_trading_days": 2}, "bad_terms"),
        ({"rulebook_version": "2020.1"}, "bad_terms"),
        ({"bond_bps": "1000"}, "bad_terms"),
        ({"dispute_clause": ""}, "bad_terms"),
        ({"bond_bps": 1_000}, "terms_unchanged"),
    ],
)
def test_terms_no_contract_may_have_are_refused(
    clock: Clock, changes: dict[str, int | str], code: str
) -> None:
    with pytest.raises(JinguoError) as refused:
        services.propose_terms(actor=ANNA, effective_from=FROM, reason="试试", changes=changes)
    assert refused.value.code == code
    assert not TermsVersion.objects.exists()


@pytest.mark.parametrize(
    "text", ["{bond_bps.__class__}", "{nothing}", "{", "{bond_bps!r}", "{bond_bps:9999d}"]
)
def test_clauses_name_numbers_and_nothing_else(clock: Clock, text: str) -> None:
    with pytest.raises(JinguoError) as refused:
        services.propose_terms(
            actor=ANNA, effective_from=FROM, reason="试试", clauses=(("标题", f"条款{text}"),)
        )
    assert refused.value.code == "bad_terms"


def test_contracts_of_the_first_version_stay_what_they_were(clock: Clock) -> None:
    open_market()
    contract = formed(DAY, 1)
    contract.rulebook_version = FIRST_VERSION
    assert tuple(document_of(contract)) == FIELDS
    assert document_hash(contract) != contract.document_hash


def test_the_built_in_versions_have_the_hashes_contracts_name() -> None:
    """A change to ContractTerms or to a built-in version would make every contract under it look forged."""
    assert terms_hash(BUILT_IN["2026.2"]).startswith("eba5858a8516739b")
    assert all("{" not in text for terms in BUILT_IN.values() for _, text in clauses_of(terms))
    assert terms_from_document(terms_document(TERMS)) == TERMS
    terms_desk.check_terms(TERMS)


class TermsProperty(TestCase):
    """Whatever numbers are proposed: refused with a code, or within the law and the same after storing."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from([each.name for each in terms_desk.NUMBERS]), st.integers(-5, 4_000), min_size=1
        )
    )
    def test_what_is_approved_is_within_its_bounds(self, changes: dict[str, int]) -> None:
        first = terms_desk.first_day(date.today() + timedelta(days=1))
        code = ""
        try:
            version = services.propose_terms(actor=ANNA, effective_from=first, reason="试试", changes=changes)
        except JinguoError as error:
            code = error.code
        if code:
            assert code in ("bad_terms", "terms_against_law", "terms_unchanged")
            assert not TermsVersion.objects.exists()
            return
        services.approve_terms(actor=BO, version=version)
        terms = terms_on(first)
        assert all(getattr(terms, name) == value for name, value in changes.items())
        assert terms.bond_bps <= 2_000
        assert terms.damages_bps <= terms.max_damages_bps <= 2_000
        assert terms_hash(terms) == TermsVersion.objects.get().document_hash
