"""Walking every signed chain: hashes, links, signatures, seals, and what the steps say against the register.

One pass over the steps in order, without building objects; signatures, which cost most, may be checked by
several processes. Whatever does not hold is reported, never repaired.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from django.db import connections
from django.db.models import F

from exchange.kernel.audit import GENESIS
from exchange.kernel.institutions import EXCHANGE, Verifier
from warehouse_receipts.chain import life_hash, seal_hash
from warehouse_receipts.lifecycle import stage_of
from warehouse_receipts.models import Endorsement, EndorsementSeal, Intake, LifeEvent, Receipt

AT_ONCE = 5_000
_COLUMNS = (
    "subject_no", "seq", "action", "stage", "party", "institution", "actor", "at", "said", "prev_hash",
    "hash", "key_id", "signature",
)  # fmt: skip

Signed = tuple[str, str, str, str]
"""Institution, key id, hash, signature in hex."""


class Broken(NamedTuple):
    """Something in a chain that does not hold."""

    what: str
    subject: str
    detail: str = ""


@dataclass(slots=True)
class _Heads:
    """What the walk has seen: hashes a first step may follow, and where each chain ends."""

    hashes: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, tuple[str, str]] = field(default_factory=dict)
    """subject → (stage, title) of its last step."""


def broken_chains(*, processes: int = 1) -> list[Broken]:
    """Everything in the signed chains that does not hold; empty when they are whole."""
    found: list[Broken] = []
    heads = _Heads()
    verifier = Verifier()
    found += _check_signatures(_walk_steps(heads, found), verifier, processes)
    heads.titles.update(Endorsement.objects.values_list("hash", flat=True).iterator(chunk_size=AT_ONCE))
    found += [
        Broken("step does not follow", subject)
        for subject, prev_hash in heads.first.items()
        if prev_hash != GENESIS and prev_hash not in heads.hashes and prev_hash not in heads.titles
    ]
    found += _against_register(heads)
    found += _broken_seals(verifier)
    return found


def _walk_steps(heads: _Heads, found: list[Broken]) -> Iterator[list[Signed]]:
    """Checks hashes and links of all steps in order; yields what is to be checked for its signature."""
    subject, seq, head = "", 0, GENESIS
    signed: list[Signed] = []
    rows = LifeEvent.objects.order_by("subject_no", "seq").values_list(*_COLUMNS)
    for row in rows.iterator(chunk_size=AT_ONCE):
        no, number, prev_hash, own = row[0], row[1], row[9], row[10]
        if no != subject:
            subject, seq, head = no, 0, prev_hash
            heads.first[no] = prev_hash
        if number != seq + 1:
            found.append(Broken("missing step", no, str(seq + 1)))
        elif prev_hash != head:
            found.append(Broken("step does not follow", no, str(number)))
        if life_hash(*row[:10]) != own:
            found.append(Broken("step and its hash", no, str(number)))
        title = _title_of(row[8])
        heads.hashes.add(own)
        heads.titles.add(title)
        heads.last[no] = row[3], title
        seq, head = number, own
        signed.append((row[5], row[11], own, row[12]))
        if len(signed) >= AT_ONCE:
            yield signed
            signed = []
    yield signed


def _title_of(said: str) -> str:
    try:
        facts = msgspec.json.decode(said)
    except msgspec.DecodeError:
        return ""
    return str(facts.get("title", "")) if isinstance(facts, dict) else ""


def _check_signatures(chunks: Iterator[list[Signed]], verifier: Verifier, processes: int) -> Iterator[Broken]:
    """Signatures that are not their institution's."""
    if processes == 1:
        for chunk in chunks:
            for hash_text in _false(chunk, verifier):
                yield Broken("signature", _subject_of(hash_text))
        return
    # The children only compute; they get the parent's memory and must not touch its connections.
    connections.close_all()
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_remember, initargs=(verifier,)
    ) as pool:
        for false in [pool.submit(_false_here, chunk) for chunk in chunks]:
            for hash_text in false.result():
                yield Broken("signature", _subject_of(hash_text))


_own_verifier: list[Verifier] = []


def _remember(verifier: Verifier) -> None:
    _own_verifier[:] = [verifier]


def _false_here(chunk: list[Signed]) -> list[str]:
    return _false(chunk, _own_verifier[0])


def _false(chunk: Sequence[Signed], verifier: Verifier) -> list[str]:
    """Hashes of the chunk whose signature does not hold."""
    return [
        hash_text
        for code, key_id, hash_text, signature in chunk
        if not is_signed(verifier, code, key_id, hash_text, signature)
    ]


def is_signed(verifier: Verifier, code: str, key_id: str, hash_text: str, signature: str) -> bool:
    """Whether an institution signed a hash with the named key; nonsense is no signature."""
    try:
        return verifier.verify(code, hash_text.encode(), bytes.fromhex(signature), key_id=key_id)
    except ValueError:
        return False


def _subject_of(hash_text: str) -> str:
    return LifeEvent.objects.filter(hash=hash_text).values_list("subject_no", flat=True).first() or hash_text


def _against_register(heads: _Heads) -> Iterator[Broken]:
    """

    ots and root receipts without a chain, and those whose chain ends in another stage than they are in.
    """
    for no, state in Intake.objects.values_list("no", "state").iterator(chunk_size=AT_ONCE):
        last = heads.last.get(no)
        if last is None:
            yield Broken("missing step", no, "lot without steps")
        elif last[0] != state:
            yield Broken("stage and last step", no, f"{state}, {last[0]}")
    rows = Receipt.objects.annotate(parent_no=F("parent_id"))
    columns = ("no", "parent_no", "state", "business", "ended", "title_hash")
    for no, parent, state, business, ended, title in rows.values_list(*columns).iterator(chunk_size=AT_ONCE):
        last = heads.last.get(no)
        stage = stage_of(state, business, ended)
        if last is None:
            if parent is None:
                yield Broken("missing step", no, "receipt without steps")
            elif stage != "free":
                yield Broken("stage and last step", no, f"{stage}, none")
        elif last[1] == title and last[0] != stage:
            yield Broken("stage and last step", no, f"{stage}, {last[0]}")


def _broken_seals(verifier: Verifier) -> Iterator[Broken]:
    """Seals that are not over the endorsements that are there now."""
    head = GENESIS
    sealed_to = 0
    for seal in EndorsementSeal.objects.order_by("pk").iterator(chunk_size=AT_ONCE):
        subject = f"{seal.first_id}-{seal.last_id}"
        run = Endorsement.objects.filter(pk__gt=sealed_to, pk__lte=seal.last_id).order_by("pk")
        hashes = list(run.values_list("hash", flat=True))
        if seal.prev_hash != head:
            yield Broken("seal does not follow", subject)
        if len(hashes) != seal.count or seal_hash(seal.prev_hash, hashes) != seal.hash:
            yield Broken("seal and its endorsements", subject)
        if not is_signed(verifier, EXCHANGE, seal.key_id, seal.hash, seal.signature):
            yield Broken("seal's signature", subject)
        head, sealed_to = seal.hash, seal.last_id
