"""A request of an institution's system is believed when whole, fresh and signed, and carried out once."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, connection, transaction

from exchange.kernel import institutions
from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import BadParameter, NotFound
from exchange.kernel.institution_errors import BadSignature, RequestIdReused
from exchange.kernel.signed_requests import (
    MAX_AGE_S,
    SignedRequest,
    answered_once,
    check_request,
    register_client,
    revoke_client,
    signed_headers,
)

pytestmark = pytest.mark.django_db

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW_S = 1_763_600_000


@pytest.fixture(autouse=True)
def client() -> str:
    institutions.register(code="warehouse:XY01", name="旬邑冷库", kind="warehouse")
    public_key = KEY.public_key().public_bytes_raw()
    return register_client(institution="warehouse:XY01", name="WMS", public_key=public_key, actor=SYSTEM)


def request(
    body: bytes = b'{"pieces":20}', *, key: Ed25519PrivateKey = KEY, at_s: int = NOW_S
) -> SignedRequest:
    headers = signed_headers(
        key,
        method="POST",
        path="/api/v1/store/weights",
        query="",
        body=body,
        request_id="wms-000001",
        now_s=at_s,
    )
    return SignedRequest(
        "POST",
        "/api/v1/store/weights",
        "",
        body,
        headers["Content-Digest"],
        headers["Idempotency-Key"],
        headers["Signature-Input"],
        headers["Signature"],
    )


def test_a_signed_request_names_its_sender() -> None:
    sender = check_request(request(), now_s=NOW_S + MAX_AGE_S)
    assert (sender.institution, sender.kind, sender.client, sender.own_code) == (
        "warehouse:XY01",
        "warehouse",
        "WMS",
        "XY01",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "PUT"),
        ("path", "/api/v1/store/stock"),
        ("query", "force=1"),
        ("body", b'{"pieces":21}'),
        ("content_digest", "sha-256=:AAAA:"),
        ("request_id", "wms-000002"),
        ("request_id", "short"),
        ("signature", ""),
        ("signature", "sig1=:" + "A" * 86 + "==:"),
        ("signature_input", ""),
        ("signature_input", 'sig1=("@method");created=1763600000;keyid="0000000000000000";alg="ed25519"'),
    ],
)
def test_whatever_is_changed_breaks_the_signature(field: str, value: str | bytes) -> None:
    with pytest.raises(BadSignature):
        check_request(request()._replace(**{field: value}), now_s=NOW_S)


@pytest.mark.parametrize("late_s", [MAX_AGE_S + 1, -MAX_AGE_S - 1])
def test_an_old_request_and_one_from_the_future_are_not_believed(late_s: int) -> None:
    with pytest.raises(BadSignature):
        check_request(request(), now_s=NOW_S + late_s)


def test_an_unknown_and_a_revoked_key_are_not_believed(client: str) -> None:
    with pytest.raises(BadSignature):
        check_request(request(key=Ed25519PrivateKey.generate()), now_s=NOW_S)
    revoke_client(client, reason="更换系统", actor=SYSTEM)
    with pytest.raises(BadSignature):
        check_request(request(), now_s=NOW_S)
    with pytest.raises(NotFound):
        revoke_client(client, reason="更换系统", actor=SYSTEM)
    public_key = KEY.public_key().public_bytes_raw()
    with pytest.raises(BadParameter):
        register_client(institution="warehouse:XY01", name="WMS", public_key=public_key, actor=SYSTEM)


def test_a_request_sent_again_is_answered_and_not_done_again() -> None:
    done: list[int] = []

    def do() -> dict[str, int]:
        done.append(1)
        return {"net_kg": 20_000 + len(done)}

    sender = check_request(request(), now_s=NOW_S)
    first = answered_once(request(), sender, do)
    again = answered_once(request(at_s=NOW_S + 9), sender, do)
    assert first == again == {"net_kg": 20_001}
    with pytest.raises(RequestIdReused):
        answered_once(request(b"{}"), sender, do)


def test_a_refused_request_may_be_corrected_under_its_id() -> None:
    sender = check_request(request(), now_s=NOW_S)

    def refuse() -> dict[str, int]:
        raise NotFound

    with pytest.raises(NotFound):
        answered_once(request(b"{}"), sender, refuse)
    assert answered_once(request(), sender, lambda: {"net_kg": 1}) == {"net_kg": 1}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_institutionclient SET public_key = '00'",
        "DELETE FROM kernel_institutionclient",
        "DELETE FROM kernel_answeredrequest",
    ],
)
def test_raw_sql_cannot_put_another_key_in_place_or_make_an_answer_forgotten(statement: str) -> None:
    sender = check_request(request(), now_s=NOW_S)
    answered_once(request(), sender, dict)
    with pytest.raises(IntegrityError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
