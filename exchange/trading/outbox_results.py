"""The floor's answers to commands from the outbox, written where they are awaited.

Runs in the projector's transaction: the row is marked, and the package that wrote it acts on the answer (a
withdrawal is reserved in the ledger, for example) together with everything else the chunk caused.
"""

from collections.abc import Sequence

from exchange.halls import services as halls
from exchange.kernel import audit, outbox
from exchange.kernel.errors import error_for_reason
from exchange.markets import services as markets
from exchange.trading import rescission
from exchange.trading.errors import ProjectionError
from exchange.trading.projector_reading import OutboxResult
from settlement import services as settlement
from warehouse_receipts import services as receipts


def answer_outbox(results: Sequence[OutboxResult]) -> None:
    """Mark the rows and hand each answer on, in the order of the journal."""
    if not results:
        return
    references = outbox.references([result.outbox_id for result in results])
    outbox.mark_applied(outbox.Answer(result.outbox_id, result.seq, result.reason) for result in results)
    for result in results:
        reference = references.get(result.outbox_id)
        if reference is None:
            raise ProjectionError(f"seq {result.seq} answers outbox row {result.outbox_id}: there is none")
        followed = settlement.floor_answered(reference, result.seq, result.reason)
        followed = receipts.floor_answered(reference, result.seq, result.reason) or followed
        _tell_of_refused_pickup(reference)
        followed = rescission.floor_answered(reference) or followed
        followed = halls.floor_answered(reference, result.reason) or followed
        followed = markets.floor_answered(reference, result.reason) or followed
        if not followed and result.reason:
            _report(reference, result)


def _tell_of_refused_pickup(reference: str) -> None:
    """A pickup whose goods the market keeps: the contracts they were bought under hear of it."""
    set_aside_id = receipts.set_aside_id_of(reference)
    pickup_no = receipts.refused_pickup_of(set_aside_id) if set_aside_id is not None else ""
    if pickup_no:
        settlement.pickup_cancelled(actor=audit.SYSTEM, pickup_no=pickup_no)


def _report(reference: str, result: OutboxResult) -> None:
    """The tables and the floor disagree about something no package handles: a person has to look at it."""
    audit.record(
        actor=audit.SYSTEM,
        action="floor.refused",
        subject=reference,
        after={"seq": result.seq, "reason": error_for_reason(result.reason).code},
    )
