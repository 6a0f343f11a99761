"""The canonical snapshot: layout and seal, the same for both engines.

All numbers are little-endian. A snapshot is a header, then the sections it counts, then the seal::

    HEADER   magic, last order id, last trade id, number of products, accounts, goods, orders
    PRODUCT  number, phase, low, high, step_kg, min_kg, tick, tie rule, reference price, volatility range
    ACCOUNT  number, suspended, buyer fee, seller fee, deposit, group, free, held
    GOODS    account, product, free, held
    ORDER    id, account, product, side, expires, price, quantity, filled
    seal     BLAKE2b-128 of everything before it

Products and accounts are in order of number, goods in order of account and product (none that are
empty), orders by product, bids before asks, by priority. The order of the orders within a level is
their time priority, so nothing else needs to be kept.
Equal states have equal snapshots, whatever led to them.
"""

import hashlib
from struct import Struct

MAGIC = b"JGCORE\x00\x02"
"""Name and version of the layout."""

HEADER = Struct("<8sQQIIQQ")
PRODUCT = Struct("<IIIIIIIIII")
ACCOUNT = Struct("<IHHHHIqq")
GOODS = Struct("<IIqq")
ORDER = Struct("<QIIHHIII")

SEAL_SIZE = 16
"""Bytes of the seal."""


def seal(body: bytes) -> bytes:
    """The snapshot with this body."""
    return body + _digest(body)


def unseal(snapshot: bytes) -> bytes:
    """The body of a snapshot. Raises ValueError if a byte of it changed."""
    if not isinstance(snapshot, bytes):
        raise TypeError("a snapshot is bytes")
    body = snapshot[:-SEAL_SIZE]
    if len(snapshot) < SEAL_SIZE or snapshot[-SEAL_SIZE:] != _digest(body):
        raise ValueError("the snapshot is damaged: its seal does not match")
    return body


def state_hash(snapshot: bytes) -> str:
    """BLAKE2b-256 of a snapshot, in hex: equal states have equal hashes."""
    return hashlib.blake2b(snapshot, digest_size=32).hexdigest()


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=SEAL_SIZE).digest()
