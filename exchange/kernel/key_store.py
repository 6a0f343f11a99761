"""Where private signing keys are: a small port, and the adapter that keeps them in files.

The tables know public keys only. A hardware module takes the place of the files with a class of the same
three methods, named by the setting KEY_STORE; a private key then never enters this process.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.module_loading import import_string

from exchange.kernel.key_ids import key_id_of


class KeyStore(Protocol):
    """What an institution's signature needs. Keys are named by ``key_ids.key_id_of`` their public half."""

    def make(self) -> bytes:
        """Makes an Ed25519 key pair and returns the public key, 32 bytes."""

    def holds(self, key_id: str) -> bool:
        """Whether this store can sign with the key."""

    def sign(self, key_id: str, payload: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes. Raises KeyError for a key that is not here."""


class FileKeyStore:
    """Private keys as files in KEYS_DIR, readable by their owner only."""

    def make(self) -> bytes:
        """See KeyStore."""
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        write_private(_path(key_id_of(public)), private.private_bytes_raw().hex().encode())
        return public

    def holds(self, key_id: str) -> bool:
        """See KeyStore."""
        return _path(key_id).is_file()

    def sign(self, key_id: str, payload: bytes) -> bytes:
        """See KeyStore."""
        return _private_key(_path(key_id)).sign(payload)


def key_store() -> KeyStore:
    """The store of this process."""
    store: KeyStore = import_string(settings.KEY_STORE)()
    return store


def write_private(path: Path, content: bytes) -> None:
    """Writes a file only its owner can read; raises FileExistsError rather than replace one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _path(key_id: str) -> Path:
    return Path(settings.KEYS_DIR) / f"{key_id}.ed25519"


@lru_cache(maxsize=1_000)
def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        raise KeyError(path.stem) from None
