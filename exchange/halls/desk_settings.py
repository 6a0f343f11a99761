"""Parameters of the desk: deadlines of the halls, what counts as an outage, whether the band binds offers.

Bonds are lost by these deadlines, so two people stand before each change. Approved, the floor is told at once
(``setting:proposal``), and its answer is the proposal's end; what runs already keeps the deadline it has. The
value in force is what the floor last accepted, else the default it begins with.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from exchange.halls.errors import SettingOutOfBounds
from exchange.halls.models import SettingProposal
from exchange.halls.types import SettingState
from exchange.kernel import audit, calendar, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import NS_PER_S
from exchange.kernel.proposal_errors import ChangesNothing, ChangeWaits, UnknownChange
from exchange.kernel.two_people import REFUSED, WITHDRAWN, decide
from exchange.markets.sessions import check_reason
from matching.desk_state import DEFAULT_SETTINGS
from matching.desk_types import DeskCommand, DeskCommandKind, DeskSetting

STEPS: dict[str, tuple[str, ...]] = {
    "waiting": ("refused", "withdrawn", "told"),
    "told": ("in_force", "floor_refused"),
}
"""Which state may follow which; triggers of migration 0006 keep it."""
FLOOR = Actor("floor")
MAX_ROWS = 1_000
MINUTE_NS = 60 * NS_PER_S
DAY_NS = 24 * 60 * MINUTE_NS


class Bounds(NamedTuple):
    """What a parameter may be, in a unit people enter whole numbers of."""

    unit_ns: int
    """1 for a parameter that is no time."""
    least: int
    most: int
    unit_zh: str = ""
    unit_en: str = ""


_IN_MINUTES = Bounds(MINUTE_NS, 10, 3 * 24 * 60, "分钟", "minutes")
BOUNDS: dict[DeskSetting, Bounds] = {
    DeskSetting.STALL_NS: Bounds(NS_PER_S, 10, 600, "秒", "seconds"),
    DeskSetting.CONFIRM_NS: _IN_MINUTES,
    DeskSetting.RUNNER_UP_NS: _IN_MINUTES,
    DeskSetting.PAY_NS: _IN_MINUTES,
    DeskSetting.DECISION_NS: _IN_MINUTES,
    DeskSetting.BAND: Bounds(1, 0, 1),
    DeskSetting.KEEP_NS: Bounds(DAY_NS, 1, 90, "天", "days"),
}
"""The clock tells the desk the time each second while an auction runs: far below ten seconds, a busy moment
would be an outage."""


class SettingProposalRow(NamedTuple):
    """A proposal. id is what paging goes by; values in nanoseconds, 0 or 1 for BAND."""

    id: int
    setting: DeskSetting
    old: int
    new: int
    state: SettingState
    floor_reason: int | None
    """``matching.types.Reason`` by which the floor refused it."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


# Proposing and deciding ------------------------------------------------------------------------------


@transaction.atomic
def propose_setting(*, actor: Actor, setting: DeskSetting, units: int, reason: str) -> int:
    """Proposes another value, in units of BOUNDS; returns the proposal's id.

    Raises BadParameter, SettingOutOfBounds, ChangesNothing, ChangeWaits.
    """
    check_reason(reason)
    bounds = BOUNDS[setting]
    if not bounds.least <= units <= bounds.most:
        raise SettingOutOfBounds(**bounds._asdict())
    old, new = settings_in_force()[setting], units * bounds.unit_ns
    if old == new:
        raise ChangesNothing
    try:
        with transaction.atomic():
            row = SettingProposal.objects.create(
                setting=int(setting),
                old=old,
                new=new,
                reason=reason.strip(),
                proposed_by=actor.name,
                proposed_at=calendar.now(),
            )
    except IntegrityError:
        raise ChangeWaits(subject=setting.name) from None
    _audit("setting.propose", row, actor, reason)
    return row.pk


@transaction.atomic
def decide_setting(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> SettingState:
    """Approves what another person proposed and tells the floor, or refuses it; what became of it.

    Raises UnknownChange, ChangeDecided, OwnChange.
    """
    check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=SettingState.TOLD.value if approve else REFUSED, actor=actor, reason=reason.strip())
    if approve:
        command = DeskCommand(DeskCommandKind.SETTING, id=row.setting, amount=row.new)
        outbox.enqueue(command, f"setting:{row.pk}")
    _audit("setting.approve" if approve else "setting.refuse", row, actor, reason)
    return SettingState(row.state)


@transaction.atomic
def withdraw_setting(proposal_id: int, *, reason: str, actor: Actor) -> None:
    """Takes one's own proposal back. Raises UnknownChange, ChangeDecided, NotYourChange."""
    check_reason(reason)
    row = _lock(proposal_id)
    decide(row, state=WITHDRAWN, actor=actor, reason=reason.strip())
    _audit("setting.withdraw", row, actor, reason)


def setting_answered(proposal_id: int, reason: int) -> None:
    """The floor's answer ends a proposal it was told of; in the projector's transaction."""
    row = _lock(proposal_id)
    row.state = SettingState.FLOOR_REFUSED if reason else SettingState.IN_FORCE
    row.floor_reason = reason or None
    row.save(update_fields=["state", "floor_reason"])
    if reason:
        _audit("setting.refused_by_floor", row, FLOOR, "")


def _lock(proposal_id: int) -> SettingProposal:
    row = SettingProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None:
        raise UnknownChange(proposal=proposal_id)
    return row


def _audit(action: str, row: SettingProposal, actor: Actor, reason: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"setting:{DeskSetting(row.setting).name}",
        reason=reason,
        before={"value": row.old},
        after={"value": row.new, "proposal": row.pk, "state": row.state},
    )


# Reading ---------------------------------------------------------------------------------------------


def settings_in_force() -> dict[DeskSetting, int]:
    """What the floor goes by, as far as it has answered; nanoseconds, 0 or 1 for BAND."""
    values = dict(DEFAULT_SETTINGS)
    accepted = SettingProposal.objects.filter(state=SettingState.IN_FORCE).order_by("pk")
    values.update({DeskSetting(setting): value for setting, value in accepted.values_list("setting", "new")})
    return values


def changed_settings() -> dict[int, int]:
    """Those in force that are not at their default, as the desk keeps them."""
    return {
        int(setting): value
        for setting, value in settings_in_force().items()
        if value != DEFAULT_SETTINGS[setting]
    }


def setting_proposals(
    *, states: Iterable[SettingState] | None = None, before: int | None = None, limit: int = 50
) -> list[SettingProposalRow]:
    """Proposals, newest first."""
    rows = SettingProposal.objects.order_by("-pk")
    if states is not None:
        rows = rows.filter(state__in=list(states))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        SettingProposalRow(
            id=row.pk,
            setting=DeskSetting(row.setting),
            old=row.old,
            new=row.new,
            state=SettingState(row.state),
            floor_reason=row.floor_reason,
            reason=row.reason,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
        )
        for row in rows[: max(1, min(limit, MAX_ROWS))]
    ]
