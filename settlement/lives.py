"""The lives of what settlement keeps, one typed table each; the database keeps them too.

``TRANSITIONS[life][state, event]`` is the state after. Steps go through ``step``, which refuses what the
table does not have and writes the history with the change; the triggers ``settlement_<table>_steps``
(migrations ``0005_delivery_triggers`` and later) refuse what SQL typed by hand would do otherwise.
"""

from collections.abc import Mapping
from typing import Any

from exchange.kernel.errors import BadTransition
from settlement.models import (
    Amendment,
    Breach,
    Charge,
    Claim,
    Contract,
    Delivery,
    DisputeCase,
    Invoice,
    LifeStep,
    MoneyProposal,
    Rescission,
    TermsVersion,
)
from settlement.types import DeliveryStage

Table = Mapping[tuple[str, str], str]

_BEFORE_ACCEPTANCE = ("titled", "pickup_booked", "weighed_out", "departed")

_DELIVERY: dict[tuple[str, str], str] = {
    ("awaiting_payment", "pay"): "titled",
    ("titled", "book_pickup"): "pickup_booked",
    ("pickup_booked", "cancel_pickup"): "titled",
    ("pickup_booked", "weigh_out"): "weighed_out",
    ("weighed_out", "leave"): "departed",
    ("weighed_out", "leave_in_part"): "titled",
    **{(stage, "accept"): "completed" for stage in _BEFORE_ACCEPTANCE},
    **{(stage, "silence"): "completed" for stage in _BEFORE_ACCEPTANCE},
    **{(stage, "claim"): "claimed" for stage in _BEFORE_ACCEPTANCE},
    **{("claimed", f"back_to_{stage}"): stage for stage in _BEFORE_ACCEPTANCE},
    ("claimed", "resolve"): "completed",
    **{(stage, "dispute"): "disputed" for stage in (*_BEFORE_ACCEPTANCE, "claimed")},
    ("disputed", "resolve"): "completed",
    **{
        (stage, "breach"): "breached"
        for stage in ("awaiting_payment", *_BEFORE_ACCEPTANCE, "claimed", "disputed")
    },
}

TRANSITIONS: dict[str, Table] = {
    "charge": {
        ("requested", "take"): "paid",
        ("requested", "refuse"): "due",
        ("due", "ask_again"): "requested",
        ("due", "waive"): "waived",
    },
    "proposal": {("proposed", "approve"): "approved", ("proposed", "reject"): "rejected"},
    "terms": {("proposed", "approve"): "approved", ("proposed", "reject"): "rejected"},
    "amendment": {
        ("proposed", "agree"): "agreed",
        ("proposed", "decline"): "declined",
        ("proposed", "withdraw"): "withdrawn",
        ("proposed", "expire"): "expired",
    },
    "rescission": {
        ("proposed", "approve"): "goods_asked",
        ("proposed", "reject"): "rejected",
        ("goods_asked", "refuse_goods"): "refused",
        ("goods_asked", "give_goods"): "money_asked",
        ("money_asked", "pay"): "done",
        ("money_asked", "abandon"): "abandoned",
    },
    "contract": {
        ("unpaid", "pay"): "effective",
        ("unpaid", "breach"): "breached",
        ("effective", "complete"): "completed",
        ("effective", "dispute"): "disputed",
        ("effective", "breach"): "breached",
        ("disputed", "complete"): "completed",
        ("disputed", "breach"): "breached",
    },
    "delivery": _DELIVERY,
    "claim": {
        ("filed", "agree"): "settled",
        ("filed", "reinspect"): "reinspecting",
        ("filed", "withdraw"): "withdrawn",
        ("filed", "escalate"): "escalated",
        ("reinspecting", "uphold"): "settled",
        ("reinspecting", "reject"): "rejected",
        ("reinspecting", "escalate"): "escalated",
    },
    "breach": {("noticed", "cure"): "cured", ("noticed", "confirm"): "confirmed"},
    "dispute": {
        ("open", "mediate"): "mediation",
        ("open", "withdraw"): "withdrawn",
        ("mediation", "settle"): "settled",
        ("mediation", "withdraw"): "withdrawn",
        ("open", "refer"): "arbitration",
        ("mediation", "refer"): "arbitration",
        ("arbitration", "award"): "awarded",
    },
    "invoice": {
        ("draft", "issue"): "issued",
        ("issued", "ask_red"): "red_requested",
        ("red_requested", "confirm_red"): "reversed",
        ("red_requested", "decline_red"): "issued",
    },
}
"""By life, then by (state, event): the state after."""

_LIFE_OF: dict[type, tuple[str, str]] = {
    Charge: ("charge", "state"),
    MoneyProposal: ("proposal", "state"),
    Contract: ("contract", "status"),
    Delivery: ("delivery", "stage"),
    Claim: ("claim", "state"),
    Breach: ("breach", "state"),
    DisputeCase: ("dispute", "state"),
    Invoice: ("invoice", "state"),
    TermsVersion: ("terms", "state"),
    Amendment: ("amendment", "state"),
    Rescission: ("rescission", "state"),
}
"""By model: its life and the column that keeps the state."""

OPEN_STAGES = frozenset(DeliveryStage) - {DeliveryStage.COMPLETED, DeliveryStage.BREACHED}


def subject_of(row: Any) -> str:
    """How history and evidence name a row, e.g. ``claim:3``."""
    return f"{_LIFE_OF[type(row)][0]}:{row.pk}"


def after(life: str, state: str, event: str) -> str:
    """The state after an event. Raises BadTransition if the table has no such step."""
    try:
        return TRANSITIONS[life][state, event]
    except KeyError:
        raise BadTransition(state=state, event=event) from None


def step(row: Any, event: str, *, actor: str, at_ns: int, why: str = "") -> None:
    """Takes a row one step on and writes the history; the caller saves the row. Raises BadTransition."""
    life, column = _LIFE_OF[type(row)]
    before = getattr(row, column)
    to_state = after(life, before, event)
    setattr(row, column, to_state)
    LifeStep.objects.create(
        subject=f"{life}:{row.pk}",
        from_state=before,
        to_state=to_state,
        event=event,
        actor=actor,
        why=why[:300],
        at_ns=at_ns,
    )


def begin(row: Any, *, actor: str, at_ns: int, why: str = "") -> None:
    """Writes how a row came to be."""
    life, column = _LIFE_OF[type(row)]
    LifeStep.objects.create(
        subject=f"{life}:{row.pk}",
        to_state=getattr(row, column),
        event="begin",
        actor=actor,
        why=why[:300],
        at_ns=at_ns,
    )
