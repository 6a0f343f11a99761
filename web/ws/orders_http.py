"""Orders over HTTP: place, replace, cancel, cancel all."""

import re
from typing import Any
from urllib.parse import parse_qsl

from exchange.kernel.errors import BadParameter, UnknownOrder
from web.ws.codec import OrderResult, decode_cancel_after, decode_order, decode_replacement
from web.ws.http import Answer, Handler, Request, durable, number_in
from web.ws.order_entry import cancelled_all, idempotency_key, order_result
from web.ws.order_trials import order_trial
from web.ws.socket_guards import cancel_after

ORDERS_PATH = "/api/v1/orders"
TEST_PATH = ORDERS_PATH + "/test"
CANCEL_AFTER_PATH = ORDERS_PATH + "/cancel-after"
_ORDER_PATH = re.compile(re.escape(ORDERS_PATH) + r"/[^/]+\Z")


def order_handler(scope: dict[str, Any]) -> Handler | None:
    """Who answers this request, or None when it is not about changing orders."""
    path: str = scope["path"]
    if path == ORDERS_PATH:
        return {"POST": _place, "DELETE": _cancel_all}.get(scope["method"])
    if scope["method"] == "POST":
        return {TEST_PATH: _test, CANCEL_AFTER_PATH: _cancel_after}.get(path)
    if _ORDER_PATH.match(path) is None:
        return None
    return {"DELETE": _cancel, "PUT": _replace, "PATCH": _replace}.get(scope["method"])


async def _place(request: Request) -> Answer:
    order = decode_order(request.body)
    reply = await durable(request, lambda done: request.services.entry.place(request.member, order, done))
    return _result(request, order_result(reply, order.client_order_id), 201)


async def _test(request: Request) -> Answer:
    return Answer(200, await order_trial(request.services.entry, request.member, decode_order(request.body)))


async def _cancel_after(request: Request) -> Answer:
    timeout_ms, peer = decode_cancel_after(request.body).timeout_ms, request.scope.get("client")
    return Answer(200, await cancel_after(request.services.entry, request.member, timeout_ms, peer))


async def _replace(request: Request) -> Answer:
    order_id, key = _order_id(request), idempotency_key(request.header(b"idempotency-key"))
    wanted = decode_replacement(request.body)
    entry = request.services.entry
    reply = await durable(request, lambda done: entry.replace(request.member, order_id, wanted, key, done))
    return _result(request, order_result(reply, None, order_id))


async def _cancel(request: Request) -> Answer:
    order_id, key = _order_id(request), idempotency_key(request.header(b"idempotency-key"))
    entry = request.services.entry
    reply = await durable(request, lambda done: entry.cancel(request.member, order_id, key, done))
    return _result(request, order_result(reply, None, order_id))


async def _cancel_all(request: Request) -> Answer:
    key = idempotency_key(request.header(b"idempotency-key"))
    product = _product_parameter(request.scope["query_string"])
    entry = request.services.entry
    reply = await durable(request, lambda done: entry.cancel_all(request.member, product, key, done))
    return Answer(200, cancelled_all(reply))


def _result(request: Request, result: OrderResult, status: int = 200) -> Answer:
    return Answer(200 if result.duplicate else status, result)


def _order_id(request: Request) -> int:
    return number_in(request.scope["path"].rpartition("/")[2], "order_id", UnknownOrder)


def _product_parameter(query_string: bytes) -> str | None:
    product = None
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=None):
        if name != "product" or product is not None:
            raise BadParameter(name=name[:64])
        product = value
    return product
