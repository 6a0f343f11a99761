"""What a member asks of the halls becomes exactly the command the desk understands."""

import hashlib
import json
import struct
from typing import Any

import pytest

from exchange.kernel.errors import (
    BadClientOrderId,
    BadParameter,
    BadPrice,
    BadQuantity,
    JinguoError,
    MalformedJson,
    MissingField,
    UnknownField,
)
from matching.desk_types import DeskCommand, DeskCommandKind
from web.ws.codec import decode_operation, decode_wish
from web.ws.hall_entry import command_of
from web.ws.hall_messages import (
    HALL_OPERATIONS,
    Bid,
    Commit,
    HallOperation,
    Proposal,
    Reveal,
    Take,
    target_of,
)
from web.ws.halls_http import ROUTES, hall_handler

TAKE = {"price": "7.20", "quantity_kg": 2_000, "client_id": "t-1"}
BID = {"price": "7.20", "client_id": "b-1", "epoch": 1}
NONCE = bytes(range(16))


def packed(wish: Any, number: int = 12, counterparty_no: int = 0) -> DeskCommand:
    """The command of a wish of account 7."""
    return DeskCommand.unpack(command_of(wish, 7, number, counterparty_no))


def test_a_take_names_the_price_that_was_seen() -> None:
    command = packed(decode_wish(json.dumps(TAKE).encode(), Take))
    assert command._replace(time_ns=0) == DeskCommand(
        DeskCommandKind.TAKE, account=7, id=12, price=720, quantity=2_000
    )


def test_a_counter_offer_names_whom_it_answers_and_when_it_ends() -> None:
    wish = decode_wish(
        b'{"price":"7","quantity_kg":1000,"client_id":"c","expires_at":"2026-11-20T09:30:00.5+08:00"}',
        Proposal,
    )
    command = packed(wish, counterparty_no=9)
    assert (command.kind, command.other, command.price) == (DeskCommandKind.COUNTER, 9, 700)
    assert command.amount == 1_795_138_200_500_000_000


def test_hash_and_nonce_reach_the_desk_byte_by_byte() -> None:
    text = b"JGBID1" + struct.pack("<QIqq", 12, 7, 720, 5_000) + NONCE
    commitment = hashlib.sha256(text).digest()
    commit = packed(Commit(commitment.hex(), "x", 3))
    reveal = packed(Reveal("7.20", 5_000, NONCE.hex(), "y"))
    assert (commit.commitment, commit.other) == (commitment, 3)
    assert (reveal.nonce, reveal.price, reveal.quantity) == (NONCE, 720, 5_000)


def test_a_bid_carries_what_the_bidder_saw() -> None:
    command = packed(Bid("7.20", "b", 2, maximum="8.00", beyond_alert=True))
    assert (command.price, command.amount, command.other, command.flags) == (720, 800, 2, 1)
    assert command.quantity == 0


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        (Take, TAKE | {"price": 7.2}, BadPrice),
        (Take, TAKE | {"price": "7.205"}, BadPrice),
        (Take, TAKE | {"quantity_kg": "2000"}, BadQuantity),
        (Take, TAKE | {"quantity_kg": 0}, BadQuantity),
        (Take, TAKE | {"client_id": "a b"}, BadClientOrderId),
        (Take, TAKE | {"account": 9}, UnknownField),
        (Take, {"price": "7.20", "quantity_kg": 1}, MissingField),
        (Proposal, TAKE | {"expires_at": "2026-11-20T09:30:00"}, BadParameter),
        (Bid, BID | {"maximum": "-1"}, BadPrice),
        (Bid, BID | {"epoch": -1}, BadParameter),
        (Bid, BID | {"epoch": 2**32}, BadParameter),
        (Bid, BID | {"quantity_kg": -100}, BadQuantity),
        (Commit, {"hash": "00", "client_id": "c", "epoch": 1}, BadParameter),
        (Commit, {"hash": "g" * 64, "client_id": "c", "epoch": 1}, BadParameter),
        (Reveal, TAKE | {"nonce": "00"}, BadParameter),
        (Take, "take", MalformedJson),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_floor(
    kind: type, body: object, error: type[JinguoError]
) -> None:
    with pytest.raises(error):
        packed(decode_wish(json.dumps(body).encode(), kind))


def test_every_operation_of_the_socket_has_a_target_and_a_command() -> None:
    fields = {
        "price": "7.20",
        "quantity_kg": 1_000,
        "client_id": "c",
        "epoch": 1,
        "accept": True,
        "answer": "take_back",
        "hash": "00" * 32,
        "nonce": "00" * 16,
    }
    kinds = set()
    for kind in HALL_OPERATIONS:
        names = set(kind.__struct_fields__)
        target = {
            name: 12 for name in names if name in {"listing_id", "take_id", "proposal_id", "auction_id"}
        }
        body = {"op": kind.__struct_config__.tag, **target, **{n: v for n, v in fields.items() if n in names}}
        operation = decode_operation(json.dumps(body))
        assert type(operation) is kind
        assert isinstance(operation, HallOperation)
        assert target_of(operation) == 12
        kinds.add(packed(operation).kind)
    assert len(kinds) == len(HALL_OPERATIONS) == len(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", "/api/v1/listings/5/takes", True),
        ("DELETE", "/api/v1/auctions/5/entry", True),
        ("POST", "/api/v1/listings", False),
        ("GET", "/api/v1/listings/5", False),
        ("POST", "/api/v1/listings/5/takes/", False),
        ("POST", "/api/v1/listings/5/6/takes", False),
        ("PUT", "/api/v1/listings/5/takes", False),
    ],
)
def test_only_commands_leave_djangos_way(method: str, path: str, ours: bool) -> None:
    assert (hall_handler({"method": method, "path": path}) is not None) == ours
