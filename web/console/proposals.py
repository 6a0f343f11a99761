"""What desks share whose changes one person proposes and another decides: verbs, and columns of an export."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils.translation import gettext as _

from exchange.kernel.audit import Actor
from web.console.listing import Verb, id_in
from web.console.reasons import reason_in


class Decided(Protocol):
    """A proposal with who proposed and who decided it, as ``kernel.two_people`` keeps it."""

    @property
    def reason(self) -> str:
        """Why it was proposed."""

    @property
    def proposed_by(self) -> str:
        """Who proposed it."""

    @property
    def proposed_at(self) -> datetime:
        """When."""

    @property
    def decided_by(self) -> str:
        """Who decided or withdrew it; empty while it waits."""

    @property
    def decided_at(self) -> datetime | None:
        """When."""

    @property
    def decision_reason(self) -> str:
        """Why."""


def deciding(
    decide: Callable[..., Any], withdraw: Callable[..., Any] | None, approved: Callable[[Any], str]
) -> dict[str, Verb]:
    """The verbs of one kind of proposals: approve, refuse and, where its service takes one back, withdraw.

    ``decide`` takes the id, approve, reason and actor, ``withdraw`` the same without approve; ``approved``
    makes of what ``decide`` returned the sentence that tells it.
    """

    def approve(request: HttpRequest, actor: Actor, subject: str) -> str:
        return approved(decide(id_in(subject), approve=True, reason=reason_in(request), actor=actor))

    def refuse(request: HttpRequest, actor: Actor, subject: str) -> str:
        decide(id_in(subject), approve=False, reason=reason_in(request), actor=actor)
        return _("提案已驳回")

    verbs: dict[str, Verb] = {"approve": approve, "refuse": refuse}
    if withdraw is not None:
        take_back = withdraw

        def withdrawn(request: HttpRequest, actor: Actor, subject: str) -> str:
            take_back(id_in(subject), reason=reason_in(request), actor=actor)
            return _("提案已撤回")

        verbs["withdraw"] = withdrawn
    return verbs


def decision_columns() -> list[str]:
    """Headings of ``decision_cells``."""
    return [_("原因"), _("提出人"), _("提出时间"), _("复核人"), _("复核时间"), _("复核意见")]


def decision_cells(row: Decided) -> list[object]:
    """Who proposed and who decided, when and why, for an export."""
    return [
        row.reason,
        row.proposed_by,
        row.proposed_at.isoformat(timespec="seconds"),
        row.decided_by,
        row.decided_at.isoformat(timespec="seconds") if row.decided_at else "",
        row.decision_reason,
    ]
