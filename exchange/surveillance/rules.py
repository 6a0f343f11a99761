"""The detectors' thresholds in versions: one person proposes all values, another approves them.

Approved values hold for every run after; what was found before keeps the values it was found by.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import Max

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.proposal_errors import ChangesNothing, ChangeStale, ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WITHDRAWN, decide
from exchange.surveillance.models import RulesVersion
from exchange.surveillance.parameters import (
    BUILT_IN,
    BUILT_IN_VERSION,
    Parameters,
    parameters_of,
    stored_parameters,
)
from exchange.surveillance.types import RulesRow

SUBJECT = "surveillance:rules"


def rules_in_force() -> tuple[int, Parameters]:
    """The version runs are made by now, and its values."""
    row = RulesVersion.objects.filter(state=RulesVersion.APPROVED).order_by("-version").first()
    if row is None or row.version is None:
        return BUILT_IN_VERSION, BUILT_IN
    return row.version, stored_parameters(row.values)


@transaction.atomic
def propose_rules(*, actor: Actor, values: Mapping[str, int], reason: str) -> int:
    """Proposes new values for some parameters; the others stay. Returns the proposal's id.

    Raises BadParameter, ChangesNothing, ChangeWaits.
    """
    if not reason.strip():
        raise BadParameter(name="reason")
    version, now = rules_in_force()
    wanted = {**now.as_values(), **values}
    parameters_of(wanted)
    if wanted == now.as_values():
        raise ChangesNothing
    try:
        with transaction.atomic():
            row = RulesVersion.objects.create(
                base_version=version,
                values=wanted,
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
    except IntegrityError:
        raise ChangeWaits(subject=SUBJECT) from None
    _audit("surveillance.propose_rules", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_rules(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> None:
    """Approves or refuses what another person proposed.

    Raises UnknownChange, ChangeDecided, OwnChange; ChangeStale when other values came into force meanwhile.
    """
    row = _locked(proposal_id)
    if approve:
        if row.base_version != rules_in_force()[0]:
            raise ChangeStale(subject=SUBJECT)
        last = RulesVersion.objects.aggregate(last=Max("version"))["last"] or BUILT_IN_VERSION
        row.version = last + 1
        decide(row, state=RulesVersion.APPROVED, actor=actor, reason=reason.strip(), also=("version",))
    else:
        decide(row, state=REFUSED, actor=actor, reason=reason.strip())
    _audit("surveillance.approve_rules" if approve else "surveillance.refuse_rules", row, actor, reason)


@transaction.atomic
def withdraw_rules(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    row = _locked(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("surveillance.withdraw_rules", row, actor, reason)


def rules_versions(*, before: int | None = None, limit: int = 50) -> list[RulesRow]:
    """Proposals, newest first, each with what it changes against the version it was made from."""
    rows = RulesVersion.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    by_version = {row.version: row.values for row in RulesVersion.objects.filter(state=RulesVersion.APPROVED)}
    return [_row(row, by_version) for row in rows[: max(1, min(limit, 1_000))]]


def _row(row: RulesVersion, by_version: Mapping[int | None, Mapping[str, int]]) -> RulesRow:
    base = stored_parameters(by_version.get(row.base_version, {})).as_values()
    return RulesRow(
        id=row.pk,
        version=row.version or 0,
        state=row.state,
        values=row.values,
        changes={name: (base[name], value) for name, value in row.values.items() if base[name] != value},
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )


def _locked(proposal_id: int) -> RulesVersion:
    row = RulesVersion.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def _audit(action: str, row: RulesVersion, actor: Actor, reason: str) -> None:
    after = {"proposal": row.pk, "version": row.version, "values": row.values}
    audit.record(actor=actor, action=action, subject=SUBJECT, reason=reason, after=after)
