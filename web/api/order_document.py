"""The order path's part of the OpenAPI document, from the very structs that decode its requests."""

from typing import Any

import msgspec
from ninja.openapi.schema import OpenAPISchema

from exchange.kernel.errors import CONTENT_TYPE
from web.api.hall_document import hall_paths
from web.ws.codec import CancelAfter, CancelAfterResult, Order, OrderResult, Replacement
from web.ws.fields import CLIENT_ORDER_ID, SHOWN_CLIENT_ORDER_ID
from web.ws.hall_messages import HEX_HASH, HEX_NONCE, HallResult
from web.ws.halls_http import ROUTES
from web.ws.order_trials import OrderTrial

SECURITY: list[dict[str, list[str]]] = [{"MemberAuth": []}]
_REF = "#/components/schemas/{name}"
RATE_HEADERS = {
    name: {"description": text, "schema": {"type": "integer"}}
    for name, text in (
        ("X-RateLimit-Limit", "Orders the member may send at once after a pause"),
        ("X-RateLimit-Remaining", "What is left of it"),
        ("X-RateLimit-Reset", "Seconds until it is full again"),
    )
}
_PRODUCT = {
    "name": "product",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "maxLength": 64},
    "description": "Only orders of this product.",
}
_ORDER_ID = {
    "name": "order_id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": SHOWN_CLIENT_ORDER_ID},
    "description": "The same key again gives the first answer and does nothing twice.",
}


def add_order_path(document: OpenAPISchema) -> OpenAPISchema:
    """The document with the order path's requests, and with the problems every request may answer."""
    shapes = (
        Order,
        Replacement,
        CancelAfter,
        OrderResult,
        OrderTrial,
        CancelAfterResult,
        HallResult,
        *(route.wish for route in ROUTES),
    )
    _, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    schemas = document["components"]["schemas"]
    schemas.update({name: _open_api(schema) for name, schema in components.items()})
    schemas["Problem"] = PROBLEM
    schemas["CancelAllResult"] = CANCEL_ALL_RESULT
    paths = document["paths"]
    paths.setdefault("/api/v1/orders", {}).update({"post": _place(), "delete": _cancel_all()})
    paths.setdefault("/api/v1/orders/test", {}).update({"post": _test()})
    paths.setdefault("/api/v1/orders/cancel-after", {}).update({"post": _cancel_after()})
    paths.setdefault("/api/v1/orders/{order_id}", {}).update(
        {"delete": _cancel(), "put": _replace("put"), "patch": _replace("patch")}
    )
    for address, operations in hall_paths(RATE_HEADERS, KEY, SECURITY).items():
        paths.setdefault(address, {}).update(operations)
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"].setdefault("default", _problem())
    return document


def _open_api(schema: dict[str, Any]) -> dict[str, Any]:
    """A pattern in the dialect of JSON Schema, which has no ``\\Z``."""
    if schema.get("pattern") in (CLIENT_ORDER_ID, HEX_HASH, HEX_NONCE):
        schema = {**schema, "pattern": schema["pattern"].replace(r"\Z", "$")}
    return {name: _open_api(value) if isinstance(value, dict) else value for name, value in schema.items()}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=name)}}}


def _answer(text: str, name: str) -> dict[str, Any]:
    return {"description": text, "content": _json(name), "headers": RATE_HEADERS}


def _problem() -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {"description": "Refused; nothing has changed.", "content": content}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": _json(name)}


def _operation(operation_id: str, summary: str, description: str, **more: Any) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": summary,
        "description": description,
        "tags": ["orders"],
        "security": SECURITY,
        **more,
    }


def _place() -> dict[str, Any]:
    return _operation(
        "place_order",
        "Place an order",
        "Answered after the order is durable.",
        requestBody=_body("Order"),
        responses={
            201: _answer("Placed; an `ioc` order that found nothing is `cancelled`.", "OrderResult"),
            200: _answer("This `client_order_id` was placed before; its first result.", "OrderResult"),
        },
    )


def _test() -> dict[str, Any]:
    return _operation(
        "test_order",
        "Test an order",
        "Everything an order is checked for, and what it would do now. Nothing is sent.",
        requestBody=_body("Order"),
        responses={200: _answer("It would be taken; what it would hold, cost and trade.", "OrderTrial")},
    )


def _cancel_after() -> dict[str, Any]:
    return _operation(
        "cancel_orders_after",
        "Cancel every open order unless armed again",
        "When the time-out lapses all open orders of the account go; each call arms anew, 0 ends it.",
        requestBody=_body("CancelAfter"),
        responses={200: _answer("Armed, or switched off.", "CancelAfterResult")},
    )


def _cancel_all() -> dict[str, Any]:
    return _operation(
        "cancel_all_orders",
        "Cancel every open order",
        "Of one product, or of all.",
        parameters=[_PRODUCT, KEY],
        responses={200: _answer("None is open any more.", "CancelAllResult")},
    )


def _cancel() -> dict[str, Any]:
    return _operation(
        "cancel_order",
        "Cancel an order",
        "Takes what is open of it out of the book.",
        parameters=[_ORDER_ID, KEY],
        responses={200: _answer("Cancelled.", "OrderResult")},
    )


def _replace(method: str) -> dict[str, Any]:
    return _operation(
        f"replace_order_{method}",
        "Replace an order",
        "New price and new total quantity; a smaller quantity at the same price keeps its place.",
        parameters=[_ORDER_ID, KEY],
        requestBody=_body("Replacement"),
        responses={200: _answer("Replaced.", "OrderResult")},
    )


_TEXT = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). Programs decide by `code`, which never changes.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "message"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "message": _TEXT,
        "hint": _TEXT,
        "facts": {"type": "object"},
    },
}
CANCEL_ALL_RESULT: dict[str, Any] = {
    "title": "CancelAllResult",
    "type": "object",
    "required": ["status", "seq"],
    "properties": {"status": {"const": "cancelled"}, "seq": {"type": "integer"}},
}
