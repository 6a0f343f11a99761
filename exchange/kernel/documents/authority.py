"""Who certifies that a signing key belongs to an institution: a port, and a demo authority of our own.

Documents are signed with ECDSA P-256 certificates (every PDF reader knows them; Ed25519 few do). A licensed
authority (电子认证服务机构) takes the place of the demo one with a class of the same two methods, named
by the setting CERTIFICATE_AUTHORITY: its signer may well be a remote service or a key token.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.module_loading import import_string
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

ROOT_YEARS, LEAF_YEARS = 30, 10
_DAYS_A_YEAR = 365
_COUNTRY, _PLACE = "CN", "陕西省咸阳市"
_ROOT_NAME = "金果网演示根证书（不具法律效力）"


class CertificateAuthority(Protocol):
    """What signing and checking documents needs of an authority."""

    def roots(self) -> list[asn1_x509.Certificate]:
        """The certificates it is trusted by."""

    def signer(self, institution: str, name: str) -> Signer:
        """A signer with the institution's certificate; its code is the subject's serial number."""


class DemoAuthority:
    """A root and a certificate per institution, made on first use in KEYS_DIR/certificates."""

    def roots(self) -> list[asn1_x509.Certificate]:
        """See CertificateAuthority."""
        return [_loaded(_root_path())[1]]

    def signer(self, institution: str, name: str) -> Signer:
        """See CertificateAuthority."""
        root_path = _root_path()
        digest = hashlib.sha256(f"{institution}\n{name}".encode()).hexdigest()[:16]
        path = root_path.with_name(f"{digest}.pem")
        if not path.is_file():
            _publish(path, _leaf(institution, name, root_path))
        key, certificate = _loaded(path)
        return EcdsaSigner(key, certificate, [_loaded(root_path)[1]])


class EcdsaSigner(Signer):
    """Signs with deterministic ECDSA (RFC 6979): the same document gives the same signature."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        certificate: asn1_x509.Certificate,
        chain: list[asn1_x509.Certificate],
    ) -> None:
        registry = SimpleCertificateStore()
        registry.register_multiple(chain)
        super().__init__(signing_cert=certificate, cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """See Signer."""
        assert digest_algorithm == "sha256"
        return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def certificate_authority() -> CertificateAuthority:
    """The authority of this process."""
    authority: CertificateAuthority = import_string(settings.CERTIFICATE_AUTHORITY)()
    return authority


def _root_path() -> Path:
    path = Path(settings.KEYS_DIR) / "certificates" / "root.pem"
    if not path.is_file():
        _publish(path, _root)
    return path


def _publish(path: Path, make: Callable[[], bytes]) -> None:
    """Puts a file in place whole; whoever comes second keeps what is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return
    finally:
        Path(name).unlink()


def _root() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(_ROOT_NAME, "")
    builder = _builder(subject, subject, key.public_key(), ROOT_YEARS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(ca=True), critical=True)
    return _pem(key, builder.sign(key, hashes.SHA256()))


def _leaf(institution: str, name: str, root_path: Path) -> Callable[[], bytes]:
    def make() -> bytes:
        root_key, root_asn1 = _loaded(root_path)
        root = x509.load_der_x509_certificate(root_asn1.dump())
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name, institution), root.subject, key.public_key(), LEAF_YEARS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(ca=False), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        return _pem(key, builder.sign(root_key, hashes.SHA256()))

    return make


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, years: int
) -> x509.CertificateBuilder:
    at = datetime.now(tz=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=years * _DAYS_A_YEAR))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str, serial: str) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY),
        x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, _PLACE),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
    ]
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


@lru_cache(maxsize=1_000)
def _loaded(path: Path) -> tuple[ec.EllipticCurvePrivateKey, asn1_x509.Certificate]:
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    blocks = [der for kind, _, der in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE"]
    return key, asn1_x509.Certificate.load(blocks[0])


def certificate_line(institution: str, name: str) -> str:
    """Which certificate an institution signs with, on one line: serial number, issuer, last day."""
    certificate = certificate_authority().signer(institution, name).signing_cert
    assert certificate is not None
    issuer, until = certificate.issuer.native["common_name"], certificate.not_valid_after
    return f"{certificate.serial_number:X}（{issuer}，有效期至 {until:%Y-%m-%d}）"
