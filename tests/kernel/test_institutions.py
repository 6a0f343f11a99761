"""Institutions sign; keys change; what was signed can be checked for as long as the key is believed."""

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from exchange.kernel import institutions
from exchange.kernel.audit import SYSTEM
from exchange.kernel.institution_errors import InstitutionKindFixed, SigningKeyMissing, UnknownInstitution
from exchange.kernel.institutions import EXCHANGE, Verifier, institution_code, rotate_key, sign, verify
from exchange.kernel.selectors import audit_entries

pytestmark = pytest.mark.django_db

STORE = institution_code("warehouse", "XY01")


def registered(code: str = STORE, name: str = "旬邑冷库") -> str:
    return institutions.register(code=code, name=name, kind="warehouse").key_id


def test_a_signature_holds_for_its_payload_and_its_institution_only() -> None:
    registered()
    registered("warehouse:XY02", "淳化冷库")
    signature = sign(STORE, b"goods in store")
    assert len(signature) == institutions.SIGNATURE_BYTES
    assert verify(STORE, b"goods in store", signature)
    assert not verify(STORE, b"goods in st0re", signature)
    assert not verify(STORE, b"goods in store", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not verify(STORE, b"goods in store", b"")
    assert not verify("warehouse:XY02", b"goods in store", signature)
    assert not verify("nobody", b"goods in store", signature)


def test_what_a_retired_key_signed_stays_valid_and_a_revoked_one_is_disowned() -> None:
    first = registered()
    old = institutions.sign_named(STORE, b"first")
    second = rotate_key(STORE, reason="每年更换", actor=SYSTEM)
    new = institutions.sign_named(STORE, b"second")
    assert (old.key_id, new.key_id) == (first, second)
    assert verify(STORE, b"first", old.signature)
    assert not verify(STORE, b"first", old.signature, key_id=second)
    assert Verifier().verify(STORE, b"first", old.signature, key_id=first)

    rotate_key(STORE, reason="失窃", actor=SYSTEM, revoke=True)

    assert verify(STORE, b"first", old.signature)
    assert not verify(STORE, b"second", new.signature)
    assert not Verifier().verify(STORE, b"second", new.signature)
    assert institutions.institution_of_key(second) is None
    actions = [entry.action for entry in audit_entries(search="institution:")]
    assert actions == ["institution.revoke_key", "institution.rotate_key", "institution.register"]


def test_registering_again_changes_nothing_but_the_name() -> None:
    key_id = registered()
    assert registered(name="旬邑马栏冷库") == key_id
    assert institutions.institution(STORE).name == "旬邑马栏冷库"
    with pytest.raises(InstitutionKindFixed):
        institutions.register(code=STORE, name="旬邑冷库", kind="bank")


def test_only_a_registered_institution_whose_key_is_here_signs() -> None:
    with pytest.raises(UnknownInstitution):
        sign("nobody", b"")
    assert verify(EXCHANGE, b"opened", sign(EXCHANGE, b"opened"))
    key_id = registered()
    file = Path(settings.KEYS_DIR) / f"{key_id}.ed25519"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.unlink()
    with pytest.raises(SigningKeyMissing):
        sign(STORE, b"")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_institutionkey SET public_key = '00'",
        "UPDATE kernel_institutionkey SET retired_at = NULL WHERE retired_at IS NOT NULL",
        "DELETE FROM kernel_institutionkey",
        "UPDATE kernel_institution SET kind = 'bank'",
    ],
)
def test_raw_sql_cannot_put_another_key_in_place(statement: str) -> None:
    registered()
    rotate_key(STORE, reason="每年更换", actor=SYSTEM)
    with pytest.raises(IntegrityError, match="final"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
