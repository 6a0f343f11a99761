"""The signed chain: every step of a lot and of a receipt, hashed with the step before and signed.

The institution that takes the step signs: the warehouse, the inspection body, the lender, and the exchange
for itself, for owners and for authorities. A receipt's first step follows the last one of its lot, so that
the chain leads from the truck to the gate. Transfers of title have a chain of their own (`Endorsement`),
written thousands at a time; each step names the title as it stood, which ties the two together, and the
exchange signs runs of endorsements afterwards (`seal_endorsements`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from exchange.kernel import calendar, institutions
from exchange.kernel.audit import GENESIS, Actor
from exchange.kernel.bulk import bulk_writer, table_of
from exchange.kernel.canonical import canonical_json, hash_of_checked
from exchange.kernel.ids import next_number
from exchange.kernel.institution_errors import UnknownInstitution
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.models import Endorsement, EndorsementSeal, LifeEvent, Receipt, Warehouse

EXCHANGE = institutions.EXCHANGE
SEAL_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """A step to be written. born_of is what the first step of a receipt follows; later ones ignore it."""

    subject_no: str
    action: Action
    stage: Stage
    party: Party
    said: dict[str, Any] = field(default_factory=dict)
    born_of: str = GENESIS


def receipt_step(
    receipt: Receipt,
    action: Action,
    stage: Stage,
    party: Party,
    *,
    born_of: str | None = None,
    **said: Any,
) -> Step:
    """A step of a receipt; says also how much it stands for, for whom, and by which title."""
    facts = {"holder": receipt.holder_no, "kg": receipt.kg, "title": receipt.title_hash, **said}
    return Step(receipt.no, action, stage, party, facts, born_of or receipt.title_hash)


def record_steps(
    steps: Sequence[Step], *, institution: str, actor: Actor, at: datetime | None = None
) -> None:
    """Appends steps, at most one a subject, all signed by one institution, in the caller's transaction.

    Raises UnknownInstitution, SigningKeyMissing: then nothing of the change may stand.
    """
    assert connection.in_atomic_block, "a step belongs to the transaction that makes it true"
    numbers = [step.subject_no for step in steps]
    assert len(set(numbers)) == len(numbers), "one step at a time"
    last: dict[str, tuple[int, str]] = {}
    rows = LifeEvent.objects.filter(subject_no__in=numbers).order_by("subject_no", "seq")
    for number, seq, head in rows.values_list("subject_no", "seq", "hash"):
        last[number] = seq, head
    moment = at or calendar.now()
    events = []
    if not steps:
        return
    sign = institutions.named_signer(institution)
    for step in steps:
        seq, head = last.get(step.subject_no, (0, step.born_of))
        event = LifeEvent(
            subject_no=step.subject_no,
            seq=seq + 1,
            action=step.action,
            stage=step.stage,
            party=step.party,
            institution=institution,
            actor=actor.name,
            at=moment,
            said=canonical_json(step.said).decode(),
            prev_hash=head,
        )
        event.hash = event_hash(event)
        event.key_id, signature = sign(event.hash.encode())
        event.signature = signature.hex()
        events.append(event)
    columns = [field.name for field in LifeEvent._meta.concrete_fields if field.name != "id"]
    values = [[_plain(getattr(event, column)) for column in columns] for event in events]
    bulk_writer().insert(table_of(LifeEvent), values)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def record_step(step: Step, *, institution: str, actor: Actor) -> None:
    """Appends one step; see record_steps."""
    record_steps([step], institution=institution, actor=actor)


def warehouse_signer(warehouse_code: str) -> str:
    """Code of the institution whose key a warehouse signs with."""
    return institutions.institution_code("warehouse", warehouse_code)


def sign_as_warehouse(steps: Sequence[Step], house: Warehouse, actor: Actor) -> None:
    """Steps a warehouse takes; one designated before warehouses had keys gets its key now."""
    code = warehouse_signer(house.code)
    try:
        record_steps(steps, institution=code, actor=actor)
    except UnknownInstitution:
        institutions.register(code=code, name=house.keeper, kind="warehouse")
        record_steps(steps, institution=code, actor=actor)


def head_of(subject_no: str) -> str:
    """Hash of the last step of a lot or receipt; GENESIS when it has none."""
    rows = LifeEvent.objects.filter(subject_no=subject_no).order_by("-seq")
    return rows.values_list("hash", flat=True).first() or GENESIS


def event_hash(event: LifeEvent) -> str:
    """SHA-256 over everything a step says and the hash of the one before."""
    return life_hash(
        event.subject_no,
        event.seq,
        str(event.action),
        str(event.stage),
        str(event.party),
        event.institution,
        event.actor,
        event.at,
        event.said,
        event.prev_hash,
    )


def life_hash(
    subject_no: str,
    seq: int,
    action: str,
    stage: str,
    party: str,
    institution: str,
    actor: str,
    at: datetime,
    said: str,
    prev_hash: str,
) -> str:
    """``event_hash`` from bare columns, for walks over many rows."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hash_of_checked(
        [subject_no, seq, action, stage, party, institution, actor, moment, said, prev_hash]
    )


# Endorsements -----------------------------------------------------------------------------------------


def seal_endorsements() -> int:
    """Signs the endorsements written since the last seal; how many. Run every few seconds.

    The projector writes endorsements alone and in order, so none can slip in below the last one seen.
    """
    last = EndorsementSeal.objects.order_by("-pk").values_list("last_id", flat=True).first()
    if not Endorsement.objects.filter(pk__gt=last or 0).exists():
        return 0
    with transaction.atomic():
        next_number("endorsement seal")
        return _seal_next()


def _seal_next() -> int:
    """One seal at a time: the number series is the lock."""
    last = EndorsementSeal.objects.order_by("-pk").first()
    rows = Endorsement.objects.filter(pk__gt=last.last_id if last else 0).order_by("pk")
    found = list(rows.values_list("pk", "hash")[:SEAL_AT_ONCE])
    if not found:
        return 0
    seal = EndorsementSeal(
        first_id=found[0][0],
        last_id=found[-1][0],
        count=len(found),
        at=calendar.now(),
        prev_hash=last.hash if last else GENESIS,
    )
    seal.hash = seal_hash(seal.prev_hash, [head for _, head in found])
    seal.key_id, signature = institutions.sign_named(EXCHANGE, seal.hash.encode())
    seal.signature = signature.hex()
    seal.save(force_insert=True)
    return seal.count


def seal_hash(prev_hash: str, hashes: Sequence[str]) -> str:
    """SHA-256 over the seal before and the hashes of the endorsements, in order."""
    return hashlib.sha256("\n".join([prev_hash, *hashes]).encode()).hexdigest()
