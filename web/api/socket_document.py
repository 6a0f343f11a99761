"""The AsyncAPI document of the socket, from the very structs that decode and encode its messages."""

from typing import Any

import msgspec

from exchange.market_data.messages import Envelope
from web.ws.codec import (
    Ack,
    ArmCancelAfter,
    CancelAfterResult,
    CancelAll,
    Guarded,
    OrderCancel,
    OrderPlace,
    OrderReplace,
    OrderResult,
    OrderTest,
    Ping,
    Refusal,
    Subscribe,
    Unsubscribe,
)
from web.ws.hall_messages import HALL_OPERATIONS, HallResult
from web.ws.order_trials import OrderTrial

_REF = "#/components/schemas/{name}"
_SENT: tuple[type, ...] = (
    OrderPlace,
    OrderTest,
    OrderReplace,
    OrderCancel,
    CancelAll,
    ArmCancelAfter,
    *HALL_OPERATIONS,
    Subscribe,
    Unsubscribe,
    Ping,
)
_HEARD = (Ack, Refusal, Guarded, Envelope)


def socket_document() -> dict[str, Any]:
    """AsyncAPI 3.0: one address, what a client sends and what it hears."""
    _, schemas = msgspec.json.schema_components(
        (*_SENT, *_HEARD, OrderResult, OrderTrial, CancelAfterResult, HallResult), ref_template=_REF
    )
    names = [kind.__name__ for kind in (*_SENT, *_HEARD)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "中国咸阳金果网 · Jinguo exchange, socket",
            "version": "1",
            "description": "Channels, sequence rule, checksum and replay are described in docs/api.md.",
        },
        "channels": {
            "socket": {
                "address": "/ws/v1",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            }
        },
        "operations": {
            "send": _operation("receive", _SENT, "What a client sends: one JSON object per text frame."),
            "hear": _operation("send", _HEARD, "Answers to operations, and the messages of channels."),
        },
        "components": {
            "messages": {name: {"name": name, "payload": {"$ref": _REF.format(name=name)}} for name in names},
            "schemas": schemas,
        },
    }


def _operation(action: str, kinds: tuple[type, ...], text: str) -> dict[str, Any]:
    return {
        "action": action,
        "description": text,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": f"#/channels/socket/messages/{kind.__name__}"} for kind in kinds],
    }
