"""Requests signed by an institution's own system: HTTP Message Signatures (RFC 9421) in one fixed profile.

Ed25519 over method, path, query, the digest of the body (RFC 9530) and the sender's own id of the request;
not older than MAX_AGE_S. Whoever overhears a request cannot change it, and sending it again gives the answer
it had (`answered_once`), so a system may repeat whatever it is unsure of.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from exchange.kernel import audit
from exchange.kernel.audit import Actor
from exchange.kernel.errors import BadParameter, NotFound
from exchange.kernel.institution_errors import BadSignature, RequestIdReused, UnknownInstitution
from exchange.kernel.key_ids import key_id_of
from exchange.kernel.models import AnsweredRequest, Institution, InstitutionClient

MAX_AGE_S = 300
"""How far the clocks of the two sides and the way between them may be apart."""

COMPONENTS = '("@method" "@path" "@query" "content-digest" "idempotency-key")'
_INPUT = re.compile(
    r'sig1=\("@method" "@path" "@query" "content-digest" "idempotency-key"\)'
    r';created=(\d{1,12});keyid="([0-9a-f]{16})";alg="ed25519"'
)
_SIGNATURE = re.compile(r"sig1=:([A-Za-z0-9+/]{86}==):")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,64}")


class SignedRequest(NamedTuple):
    """What of a request is signed, and the headers that say so."""

    method: str
    path: str
    query: str
    """Without the question mark."""
    body: bytes
    content_digest: str
    request_id: str
    signature_input: str
    signature: str


class Sender(NamedTuple):
    """Whose system sent a request."""

    institution: str
    kind: str
    client: str
    """Name of the system."""

    @property
    def own_code(self) -> str:
        """The institution's code in its own register."""
        return self.institution.partition(":")[2]


@transaction.atomic
def register_client(*, institution: str, name: str, public_key: bytes, actor: Actor) -> str:
    """Lets a system of an institution send requests; returns the key id it names in them.

    Raises UnknownInstitution, BadParameter (no Ed25519 key, or one that is known already).
    """
    found = Institution.objects.filter(code=institution).first()
    if found is None:
        raise UnknownInstitution(institution=institution)
    key_id = key_id_of(public_key)
    if len(public_key) != 32 or InstitutionClient.objects.filter(key_id=key_id).exists():
        raise BadParameter(name="public_key")
    InstitutionClient.objects.create(
        key_id=key_id, institution=found, name=name, public_key=public_key.hex(), made_at=timezone.now()
    )
    after = {"client": name, "key_id": key_id}
    audit.record(
        actor=actor, action="institution.add_client", subject=f"institution:{institution}", after=after
    )
    return key_id


@transaction.atomic
def rotate_client(old_key_id: str, *, public_key: bytes, reason: str, actor: Actor) -> str:
    """Gives a system a new key and ends the old one in one step; returns the new key id.

    Raises NotFound, and as `register_client`.
    """
    old = InstitutionClient.objects.select_related("institution").filter(key_id=old_key_id).first()
    if old is None:
        raise NotFound(detail=old_key_id)
    revoke_client(old_key_id, reason=reason, actor=actor)
    return register_client(
        institution=old.institution.code, name=old.name, public_key=public_key, actor=actor
    )


class ClientRow(NamedTuple):
    """A system of an institution and the key it signs with."""

    key_id: str
    name: str
    public_key: str
    made_at: datetime
    revoked_at: datetime | None


def clients(institution: str) -> list[ClientRow]:
    """Systems of an institution, those that may send first, newest first."""
    found = InstitutionClient.objects.filter(institution__code=institution)
    rows = found.order_by(F("revoked_at").desc(nulls_first=True), "-made_at")
    return [ClientRow._make(row) for row in rows.values_list(*ClientRow._fields)]


@transaction.atomic
def revoke_client(key_id: str, *, reason: str, actor: Actor) -> None:
    """Ends a system's access at once. Raises NotFound."""
    client = InstitutionClient.objects.select_related("institution").filter(key_id=key_id).first()
    if client is None or client.revoked_at is not None:
        raise NotFound(detail=key_id)
    InstitutionClient.objects.filter(key_id=key_id).update(revoked_at=timezone.now())
    subject = f"institution:{client.institution.code}"
    after = {"key_id": key_id}
    audit.record(actor=actor, action="institution.revoke_client", subject=subject, reason=reason, after=after)


def check_request(request: SignedRequest, *, now_s: int) -> Sender:
    """Who sent it. Raises BadSignature; ``detail`` says what does not hold."""
    told = _INPUT.fullmatch(request.signature_input)
    given = _SIGNATURE.fullmatch(request.signature)
    if told is None or given is None:
        raise BadSignature(detail="Signature-Input or Signature")
    if _REQUEST_ID.fullmatch(request.request_id) is None:
        raise BadSignature(detail="Idempotency-Key")
    if abs(now_s - int(told[1])) > MAX_AGE_S:
        raise BadSignature(detail="created")
    if request.content_digest != content_digest(request.body):
        raise BadSignature(detail="Content-Digest")
    client = InstitutionClient.objects.select_related("institution").filter(key_id=told[2]).first()
    if client is None or client.revoked_at is not None:
        raise BadSignature(detail="keyid")
    public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(client.public_key))
    try:
        public_key.verify(base64.b64decode(given[1], validate=True), _base(request))
    except (InvalidSignature, binascii.Error) as error:
        raise BadSignature(detail="Signature") from error
    return Sender(client.institution.code, client.institution.kind, client.name)


def is_signed_by_known_key(signature_input: str) -> bool:
    """Whether the header names a key of ours that is not revoked; proves nothing before ``check_request``."""
    told = _INPUT.fullmatch(signature_input)
    return told is not None and InstitutionClient.objects.filter(key_id=told[2], revoked_at=None).exists()


def signed_headers(
    private_key: Ed25519PrivateKey,
    *,
    method: str,
    path: str,
    query: str,
    body: bytes,
    request_id: str,
    now_s: int,
) -> dict[str, str]:
    """The headers a system adds to its request: what ``check_request`` wants to see."""
    key_id = key_id_of(private_key.public_key().public_bytes_raw())
    signature_input = f'sig1={COMPONENTS};created={now_s};keyid="{key_id}";alg="ed25519"'
    digest = content_digest(body)
    request = SignedRequest(method, path, query, body, digest, request_id, signature_input, "")
    signature = base64.b64encode(private_key.sign(_base(request))).decode()
    return {
        "Content-Digest": digest,
        "Idempotency-Key": request_id,
        "Signature-Input": signature_input,
        "Signature": f"sig1=:{signature}:",
    }


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@transaction.atomic
def answered_once(request: SignedRequest, sender: Sender, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Does what a request asks for and keeps the answer; for the same request again, only the answer.

    What ``do`` changes and the answer stand or fall together. Raises RequestIdReused, and whatever ``do``
    raises: a refused request may be corrected and sent again under the same id.
    """
    institution = Institution.objects.select_for_update().get(code=sender.institution)
    said = f"{request.method} {request.path}?{request.query}\n".encode() + request.body
    digest = hashlib.sha256(said).hexdigest()
    known = AnsweredRequest.objects.filter(institution=institution, request_id=request.request_id).first()
    if known is not None:
        if known.digest != digest:
            raise RequestIdReused(request_id=request.request_id)
        answer: dict[str, Any] = known.answer
        return answer
    answer = do()
    AnsweredRequest.objects.create(
        institution=institution,
        request_id=request.request_id,
        digest=digest,
        answer=answer,
        answered_at=timezone.now(),
    )
    return answer


def _base(request: SignedRequest) -> bytes:
    """The signature base of RFC 9421, 2.5."""
    lines = (
        f'"@method": {request.method}',
        f'"@path": {request.path}',
        f'"@query": ?{request.query}',
        f'"content-digest": {request.content_digest}',
        f'"idempotency-key": {request.request_id}',
        f'"@signature-params": {request.signature_input.removeprefix("sig1=")}',
    )
    return "\n".join(lines).encode()
