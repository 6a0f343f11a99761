"""Changes of products by two people: one proposes, another approves or refuses; the floor has the last word.

A proposal says only what it changes, old value and new. Approved, it takes effect at once or before the next
session opens; then the floor is told, and its answer is the proposal's end. Locks, in this order: the open
session, the product, the proposal.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, JinguoError
from exchange.kernel.proposal_errors import ChangesNothing, ChangeStale, ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WITHDRAWN, decide
from exchange.markets.changing import (
    LIMITS_COLUMNS,
    RULES_COLUMNS,
    TERMS_COLUMNS,
    change_limits,
    change_rules,
    change_terms,
    check_limits,
    check_rules,
    check_terms,
    end_product,
)
from exchange.markets.errors import ProductDelisted, StepFixed
from exchange.markets.locks import lock_open_session, lock_product, lock_product_number
from exchange.markets.models import Product, ProductProposal
from exchange.markets.selectors import answer_to_all, limits_of, rules_of
from exchange.markets.sessions import FLOOR, check_reason
from exchange.markets.types import ChangeKind, ChangeState, Mode, Payment, ProductStatus, TakesEffect
from matching.types import TieRule

STEPS: dict[str, tuple[str, ...]] = {
    "waiting": ("refused", "withdrawn", "scheduled", "told"),
    "scheduled": ("told", "failed"),
    "told": ("in_force", "floor_refused"),
}
"""Which state may follow which; triggers of migration 0008 keep it."""

STANDING = (ChangeState.WAITING, ChangeState.SCHEDULED)
COLUMNS = {
    ChangeKind.RULES: RULES_COLUMNS,
    ChangeKind.LIMITS: LIMITS_COLUMNS,
    ChangeKind.TERMS: TERMS_COLUMNS,
    ChangeKind.DELIST: ["status"],
}
TOLD_BY = frozenset({"limits", "rules", "desk", "phase", "delist"})
"""Kinds of the outbox rows by which the floor is told of a change."""

_TYPES: dict[str, type] = {"tie_rule": TieRule, "modes": Mode, "payments": Payment}


# Proposing and deciding ------------------------------------------------------------------------------


@transaction.atomic
def propose_change(
    *,
    actor: Actor,
    code: str,
    kind: ChangeKind,
    values: Mapping[str, int],
    takes_effect: TakesEffect,
    reason: str,
) -> int:
    """Proposes other values for some columns of COLUMNS (none for DELIST); returns the proposal's id.

    Raises BadParameter, BadPrice, UnknownProduct, ProductDelisted, StepFixed, ChangeWaits, ChangesNothing.
    """
    check_reason(reason)
    product = lock_product(code)
    if product.status == ProductStatus.DELISTED:
        raise ProductDelisted(product=code)
    if ProductProposal.objects.filter(product=product, kind=kind, state__in=STANDING).exists():
        raise ChangeWaits(subject=code)
    wanted: dict[str, Any] = dict(values)
    if kind == ChangeKind.DELIST:
        wanted = {"status": ProductStatus.DELISTED.value}
    if wanted.get("step_kg", product.step_kg) != product.step_kg:
        raise StepFixed(product=code)
    wanted.pop("step_kg", None)
    for name in wanted:
        if name not in COLUMNS[kind]:
            raise BadParameter(name=name)
    present = {name: getattr(product, name) for name in wanted}
    new = {name: value for name, value in wanted.items() if value != present[name]}
    if not new:
        raise ChangesNothing
    _check(product, kind, new)
    row = ProductProposal.objects.create(
        product=product,
        kind=kind.value,
        takes_effect=takes_effect.value,
        old={name: present[name] for name in new},
        new=new,
        reason=reason.strip(),
        proposed_by=actor.name,
        proposed_at=calendar.now(),
    )
    _audit("product.propose_change", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_change(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> ChangeState:
    """Approves or refuses a proposal of another person; what became of it.

    An approval that takes effect at once is whole or not at all: what the change itself refuses
    (ProductNotClosed) leaves the proposal waiting.

    Raises UnknownChange, ChangeDecided, OwnChange, ChangeStale.
    """
    check_reason(reason)
    product, row = _lock(proposal_id)
    at_once = row.takes_effect == TakesEffect.NOW
    state = (ChangeState.TOLD if at_once else ChangeState.SCHEDULED).value if approve else REFUSED
    decide(row, state=state, actor=actor, reason=reason.strip())
    if approve:
        if any(getattr(product, name) != value for name, value in row.old.items()):
            raise ChangeStale(subject=product.code)
        _check(product, ChangeKind(row.kind), row.new)
    _audit("product.approve_change" if approve else "product.refuse_change", row, actor, reason)
    if approve and at_once:
        _carry_out(product, row)
    return ChangeState(row.state)


@transaction.atomic
def withdraw_change(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    check_reason(reason)
    _, row = _lock(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("product.withdraw_change", row, actor, reason)


def _lock(proposal_id: int) -> tuple[Product, ProductProposal]:
    number = ProductProposal.objects.filter(pk=proposal_id).values_list("product_id", flat=True).first()
    if number is None:
        raise UnknownChange(proposal=proposal_id)
    lock_open_session()
    product = lock_product_number(number)
    return product, ProductProposal.objects.select_for_update().get(pk=proposal_id)


def _check(product: Product, kind: ChangeKind, new: Mapping[str, Any]) -> None:
    """Whether the product could be so, apart from when."""
    if product.status == ProductStatus.DELISTED:
        raise ProductDelisted(product=product.code)
    rules, limits = rules_of(product), limits_of(product)
    if kind == ChangeKind.RULES:
        rules = replace(rules, **_typed(new))
        check_rules(rules, limits)
    elif kind == ChangeKind.LIMITS:
        check_limits(replace(limits, **new), rules, step_kg=product.step_kg)
    elif kind == ChangeKind.TERMS:
        lock, premium = (new.get(name, getattr(product, name)) for name in TERMS_COLUMNS)
        check_terms(lock, premium, is_base=product.is_base)


def _typed(new: Mapping[str, Any]) -> dict[str, Any]:
    """Stored numbers as what they stand for. Raises BadParameter for a number that stands for nothing."""
    typed = {}
    for name, value in new.items():
        try:
            typed[name] = _TYPES.get(name, int)(value)
        except ValueError:
            raise BadParameter(name=name) from None
    return typed


# Taking effect ---------------------------------------------------------------------------------------


def carry_out_scheduled() -> None:
    """What was approved for the next session, before it opens: product by product, in order of approval.

    What cannot be done any more fails by itself and does not keep the market shut.
    """
    scheduled = ProductProposal.objects.filter(state=ChangeState.SCHEDULED)
    waiting = list(scheduled.order_by("product_id", "decided_at", "pk").values_list("pk", flat=True))
    for proposal_id in waiting:
        product, row = _lock(proposal_id)
        try:
            with transaction.atomic():
                _carry_out(product, row)
        except JinguoError as error:
            row = ProductProposal.objects.get(pk=proposal_id)
            row.state, row.failure = ChangeState.FAILED, error.code
            row.save(update_fields=["state", "failure"])
            _audit("product.change_failed", row, FLOOR, str(error))


def _carry_out(product: Product, row: ProductProposal) -> None:
    """Makes the change of a locked product in the name of who approved it, and tells the floor."""
    if product.status == ProductStatus.DELISTED:
        raise ProductDelisted(product=product.code)
    actor = Actor(row.decided_by)
    match ChangeKind(row.kind):
        case ChangeKind.RULES:
            rules = replace(rules_of(product), **_typed(row.new))
            references = change_rules(product, rules, actor, row.reason)
        case ChangeKind.LIMITS:
            limits = replace(limits_of(product), **row.new)
            references = change_limits(product, limits, actor, row.reason)
        case ChangeKind.TERMS:
            references = change_terms(product, row.new, actor, row.reason)
        case ChangeKind.DELIST:
            references = end_product(product, actor, row.reason)
    row.state, row.references, row.carried_out_at = ChangeState.TOLD, references, calendar.now()
    row.save(update_fields=["state", "references", "carried_out_at"])
    if not references:
        _end(row, 0)


def floor_answered(reference: str, reason: int) -> bool:
    """The floor's answer to an outbox row ends the proposal it belongs to, once all of its rows have one."""
    kind, _, key = reference.partition(":")
    if kind not in TOLD_BY:
        return False
    number = key.partition(":")[0]
    told = ProductProposal.objects.select_for_update().filter(product_id=int(number), state=ChangeState.TOLD)
    row = next((each for each in told if reference in each.references), None)
    if row is None:
        return False
    answers = outbox.answers_to(row.references)
    answer = answer_to_all([answers.get(each) for each in row.references])
    if answer is not None and None not in answers.values():
        _end(row, answer)
    return reason != 0


def _end(row: ProductProposal, answer: int) -> None:
    row.state = ChangeState.FLOOR_REFUSED if answer else ChangeState.IN_FORCE
    row.floor_reason = answer or None
    row.save(update_fields=["state", "floor_reason"])
    if answer:
        _audit("product.change_refused_by_floor", row, FLOOR, "")


def _audit(action: str, row: ProductProposal, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"product:{row.product.code}",
        reason=reason,
        before=row.old,
        after={**row.new, "proposal": row.pk, "takes_effect": row.takes_effect, "state": row.state},
    )
