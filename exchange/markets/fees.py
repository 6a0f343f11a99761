"""Versions of the fees, and how they reach the members. Two people stand before one in ``fee_proposals``."""

from datetime import date

from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.markets.models import FeeSchedule
from exchange.markets.selectors import fees_for
from exchange.members import services as members
from exchange.members.selectors import list_members
from matching.types import BASIS


@transaction.atomic
def define_fees(
    *,
    actor: Actor,
    effective_from: date,
    buyer_bps: int,
    seller_bps: int,
    grower_bps: int,
    deposit_bps: int,
) -> int:
    """Makes the next version of the fees and returns its number; `apply_fees` brings it to the members."""
    if any(not 0 <= rate <= BASIS for rate in (buyer_bps, seller_bps, grower_bps, deposit_bps)):
        raise BadParameter(name="bps")
    version = next_number("fee_schedule")
    rates = {
        "buyer_bps": buyer_bps,
        "seller_bps": seller_bps,
        "grower_bps": grower_bps,
        "deposit_bps": deposit_bps,
    }
    FeeSchedule.objects.create(
        version=version,
        effective_from=effective_from,
        created_by=actor.name,
        created_at=calendar.now(),
        **rates,
    )
    audit.record(
        actor=actor,
        action="fees.define",
        subject=f"fees:{version}",
        after={"effective_from": effective_from.isoformat(), **rates},
    )
    return version


def apply_fees(*, actor: Actor, day: date, reason: str) -> None:
    """Gives every member the rates in force on a day, where they differ. Run daily, before the session."""
    cursor = None
    while True:
        page = list_members(cursor=cursor, limit=500)
        for member in page.rows:
            members.set_fees(actor=actor, code=member.code, fees=fees_for(member.kind, day), reason=reason)
        cursor = page.next_cursor
        if cursor is None:
            return
