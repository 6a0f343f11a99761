"""What one person proposes and another decides: the columns, the guards in the database, the decision.

A table of proposals inherits ``TwoPeople`` (and its Meta), makes ``fixed_by_triggers`` part of its migration,
and leaves the decision to ``decide``. What a decision then does is the table's own.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q

from exchange.kernel import calendar
from exchange.kernel.proposal_errors import ChangeDecided, NotYourChange, OwnChange
from exchange.kernel.triggers import VendorSQL, refuse

if TYPE_CHECKING:
    from exchange.kernel.audit import Actor  # which needs the kernel's models, and these need this module

WAITING = "waiting"
REFUSED = "refused"
WITHDRAWN = "withdrawn"


class TwoPeople(models.Model):
    """Who proposed, when and why; who decided, when and why. Every table begins in ``waiting``."""

    state = models.CharField(max_length=16, default=WAITING)
    reason = models.CharField(max_length=300)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=WAITING, decided_by="", decided_at__isnull=True)
                | Q(state=WITHDRAWN, decided_by=F("proposed_by"))
                | ~Q(state__in=[WAITING, WITHDRAWN])
                & ~Q(decided_by="")
                & ~Q(decided_by=F("proposed_by"))
                & Q(decided_at__isnull=False),
                name="%(class)s_two_people",
            ),
        ]


def fixed_by_triggers(
    table: str, columns: Sequence[str], steps: Mapping[str, Sequence[str]]
) -> list[VendorSQL]:
    """Operations that keep what was proposed as it was, and its state on the given steps.

    columns: those of the table beside ``reason``, ``proposed_by`` and ``proposed_at``. steps: the states that
    may follow each state.
    """
    fixed = ", ".join(f'"{name}"' for name in (*columns, "reason", "proposed_by", "proposed_at"))
    allowed = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state = '{after}')" for before in steps for after in steps[before]
    )
    what = "what was proposed stays as it was"
    return [
        VendorSQL(*refuse(name=f"{table}_fixed", table=table, event=f"UPDATE OF {fixed}", message=what)),
        VendorSQL(*refuse(name=f"{table}_kept", table=table, event="DELETE", message="a proposal stays")),
        VendorSQL(
            *refuse(
                name=f"{table}_steps",
                table=table,
                event='UPDATE OF "state"',
                message="a proposal does not go there from here",
                when=f"OLD.state <> NEW.state AND NOT ({allowed})",
            )
        ),
    ]


def decide(row: TwoPeople, *, state: str, actor: "Actor", reason: str, also: Sequence[str] = ()) -> None:
    """Takes a locked row that waits to the state another person chose, and saves the decision.

    also: columns the caller has set that go with the decision. WITHDRAWN is its maker's only.
    Raises ChangeDecided, OwnChange, NotYourChange.
    """
    if row.state != WAITING:
        raise ChangeDecided(proposal=row.pk)
    own = row.proposed_by == actor.name
    if state == WITHDRAWN and not own:
        raise NotYourChange
    if state != WITHDRAWN and own:
        raise OwnChange
    row.state, row.decided_by, row.decided_at = state, actor.name, calendar.now()
    row.decision_reason = reason
    row.save(update_fields=["state", "decided_by", "decided_at", "decision_reason", *also])
