"""Institutions and their signatures: who says it, so that anybody can check it later.

Each step of a receipt is signed by the body that takes it: warehouse, inspector, lender, exchange. Keys are
Ed25519 (RFC 8032). The table keeps every public key an institution ever had; the private one stays in the
key store. A new key retires the old one, and what the old one signed stays valid; a stolen key is revoked,
and nothing it signed is believed any more.

A signature alone is 64 bytes. ``sign_named`` says also which key made it, which is what a record should keep;
``verify`` without that name tries the keys of the institution.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.utils import timezone

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.institution_errors import InstitutionKindFixed, SigningKeyMissing, UnknownInstitution
from exchange.kernel.key_ids import key_id_of
from exchange.kernel.key_store import key_store
from exchange.kernel.models import Institution, InstitutionKey

EXCHANGE = "exchange"
"""Code of the operator itself; registered by its first signature."""
EXCHANGE_NAME = "中国咸阳金果网"
KINDS = tuple(Institution.Kind.values)
SIGNATURE_BYTES = 64


class InstitutionRow(NamedTuple):
    """An institution; ``key_id`` names the key it signs with now."""

    code: str
    name: str
    kind: str
    key_id: str
    registered_at: datetime


class NamedSignature(NamedTuple):
    """A signature and the key that made it."""

    key_id: str
    signature: bytes


def institution_code(kind: str, own_code: str) -> str:
    """Code of the institution behind a row of another package, e.g. ``warehouse:XY01``, ``member:G001``."""
    assert kind in KINDS
    return f"{kind}:{own_code}"


@transaction.atomic
def register(*, code: str, name: str, kind: str, actor: Actor = SYSTEM) -> InstitutionRow:
    """Registers an institution and makes its first key; safe to repeat, a new name replaces the old one.

    Raises InstitutionKindFixed.
    """
    assert kind in KINDS
    found, new = Institution.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "registered_at": timezone.now()}
    )
    if found.kind != kind:
        raise InstitutionKindFixed(institution=code, kind=found.kind)
    if new:
        key = _new_key(found)
        after = {"name": name, "kind": kind, "key_id": key.key_id}
        audit.record(actor=actor, action="institution.register", subject=_subject(code), after=after)
    elif found.name != name:
        audit.record(
            actor=actor,
            action="institution.rename",
            subject=_subject(code),
            before={"name": found.name},
            after={"name": name},
        )
        found.name = name
        found.save(update_fields=["name"])
    return institution(code)


@transaction.atomic
def rotate_key(code: str, *, reason: str, actor: Actor, revoke: bool = False) -> str:
    """Gives an institution a new key and returns its key id; ``revoke`` disowns all that the old one signed.

    Raises UnknownInstitution.
    """
    found = Institution.objects.select_for_update().filter(code=code).first()
    if found is None:
        raise UnknownInstitution(institution=code)
    old = InstitutionKey.objects.get(institution=found, retired_at__isnull=True)
    old.retired_at = timezone.now()
    old.revoked_at = old.retired_at if revoke else None
    old.save(update_fields=["retired_at", "revoked_at"])
    new = _new_key(found)
    audit.record(
        actor=actor,
        action="institution.revoke_key" if revoke else "institution.rotate_key",
        subject=_subject(code),
        reason=reason,
        before={"key_id": old.key_id},
        after={"key_id": new.key_id},
    )
    return new.key_id


def sign(code: str, payload: bytes) -> bytes:
    """The institution's Ed25519 signature, 64 bytes. Raises UnknownInstitution, SigningKeyMissing."""
    return sign_named(code, payload).signature


def sign_named(code: str, payload: bytes) -> NamedSignature:
    """As ``sign``, with the id of the key."""
    key_id, signed = _signer(code)
    return NamedSignature(key_id, signed(payload))


def named_signer(code: str) -> Callable[[bytes], NamedSignature]:
    """``sign_named`` of one institution that looks its key up once: for many signatures in one go."""
    key_id, signed = _signer(code)
    return lambda payload: NamedSignature(key_id, signed(payload))


def signer(code: str) -> Callable[[bytes], bytes]:
    """A ``sign`` of one institution that looks its key up once: for many signatures in one go."""
    return _signer(code)[1]


def verify(code: str, payload: bytes, signature: bytes, *, key_id: str | None = None) -> bool:
    """Whether the institution signed this, with the named key or with any it has or had."""
    keys = InstitutionKey.objects.filter(institution__code=code, revoked_at__isnull=True)
    if key_id is not None:
        keys = keys.filter(key_id=key_id)
    found = keys.order_by("-made_at").values_list("public_key", flat=True)
    return any(_is_signed(public_key, payload, signature) for public_key in found)


class Verifier:
    """``verify`` for walks over many signatures: reads all keys once, newest first, and asks no more."""

    def __init__(self) -> None:
        self._keys: dict[str, list[tuple[str, str]]] = {}
        rows = InstitutionKey.objects.filter(revoked_at__isnull=True).order_by("-made_at")
        for code, key_id, public_key in rows.values_list("institution__code", "key_id", "public_key"):
            self._keys.setdefault(code, []).append((key_id, public_key))

    def verify(self, code: str, payload: bytes, signature: bytes, *, key_id: str | None = None) -> bool:
        """See ``verify``."""
        return any(
            _is_signed(public_key, payload, signature)
            for its_id, public_key in self._keys.get(code, ())
            if key_id is None or key_id == its_id
        )


def institution(code: str) -> InstitutionRow:
    """Raises UnknownInstitution."""
    rows = institutions(codes=[code])
    if not rows:
        raise UnknownInstitution(institution=code)
    return rows[0]


def institutions(*, kind: str | None = None, codes: list[str] | None = None) -> list[InstitutionRow]:
    """All institutions by code, of one kind or with certain codes only."""
    keys = InstitutionKey.objects.filter(retired_at__isnull=True)
    if kind is not None:
        keys = keys.filter(institution__kind=kind)
    if codes is not None:
        keys = keys.filter(institution__code__in=codes)
    names = [f"institution__{name}" for name in ("code", "name", "kind")]
    rows = keys.order_by("institution__code").values_list(*names, "key_id", "institution__registered_at")
    return [InstitutionRow._make(row) for row in rows]


class KeyRow(NamedTuple):
    """A key an institution signs or signed with."""

    key_id: str
    public_key: str
    made_at: datetime
    retired_at: datetime | None
    revoked_at: datetime | None


def keys_of(code: str) -> list[KeyRow]:
    """All keys of an institution, newest first."""
    found = InstitutionKey.objects.filter(institution__code=code).order_by("-made_at", "retired_at")
    return [KeyRow._make(row) for row in found.values_list(*KeyRow._fields)]


def institution_of_key(key_id: str) -> str | None:
    """Code of the institution a valid key belongs to; None for a key that is unknown, retired or revoked."""
    keys = InstitutionKey.objects.filter(key_id=key_id, retired_at__isnull=True)
    return keys.values_list("institution__code", flat=True).first()


def _signer(code: str) -> tuple[str, Callable[[bytes], bytes]]:
    key_id = _current_key_id(code)
    if key_id is None and code == EXCHANGE:
        key_id = register(code=EXCHANGE, name=EXCHANGE_NAME, kind=Institution.Kind.EXCHANGE).key_id
    if key_id is None:
        raise UnknownInstitution(institution=code)
    store = key_store()
    if not store.holds(key_id):
        raise SigningKeyMissing(institution=code)
    return key_id, lambda payload: store.sign(key_id, payload)


def _current_key_id(code: str) -> str | None:
    keys = InstitutionKey.objects.filter(institution__code=code, retired_at__isnull=True)
    return keys.values_list("key_id", flat=True).first()


def _new_key(found: Institution) -> InstitutionKey:
    public_key = key_store().make()
    return InstitutionKey.objects.create(
        key_id=key_id_of(public_key),
        institution=found,
        public_key=public_key.hex(),
        made_at=timezone.now(),
    )


def _subject(code: str) -> str:
    return f"institution:{code}"


def _is_signed(public_key: str, payload: bytes, signature: bytes) -> bool:
    try:
        _public_key(public_key).verify(signature, payload)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=10_000)
def _public_key(public_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
