"""The halls' part of the order path in the OpenAPI document, from the very routes that answer it."""

import re
from typing import Any, NamedTuple

from web.ws import hall_messages as wishes
from web.ws.hall_entry import Wish
from web.ws.halls_http import ROUTES, Route


class Words(NamedTuple):
    """How a request is called and what it does."""

    operation_id: str
    summary: str
    description: str


WORDS: dict[type[Wish], Words] = {
    wishes.Take: Words("take_listing", "Take a listing", "At the price that was seen, all or a part of it."),
    wishes.Proposal: Words(
        "propose", "Make a counter-offer", "It stands until it is answered, replaced, taken back or runs out."
    ),
    wishes.Withdraw: Words("withdraw_listing", "Withdraw a listing", "What is not dealt in is released."),
    wishes.TakeAnswer: Words("answer_take", "Confirm a take or not", "The lister's word, in time."),
    wishes.ProposalAnswer: Words(
        "answer_proposal", "Answer a counter-offer", "Accept it, refuse it, or take back one's own."
    ),
    wishes.Enter: Words("enter_auction", "Enter an auction", "Bond and fee reserve go on hold."),
    wishes.Leave: Words(
        "leave_auction", "Leave an auction", "Before a bid binds; bond and reserve come back."
    ),
    wishes.Bid: Words("bid", "Bid", "It binds once it is answered."),
    wishes.Commit: Words(
        "commit_bid", "Commit to a sealed bid", "Only its hash; it is revealed after the end."
    ),
    wishes.Reveal: Words("reveal_bid", "Reveal a sealed bid", "What the hash stood for."),
    wishes.Decide: Words(
        "decide_auction", "Decide about an unmet reserve", "The owner takes the best bid or not."
    ),
    wishes.Pay: Words("pay_auction", "Pay for what was won", "Or take what a defaulting winner left."),
}


def hall_paths(
    rate_headers: dict[str, Any], key: dict[str, Any], security: list[dict[str, list[str]]]
) -> dict[str, dict[str, Any]]:
    """Every route as OpenAPI operations by address."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operation = {**_operation(route, rate_headers, key), "security": security}
        paths.setdefault(f"/api/v1/{route.form}", {})[route.method.lower()] = operation
    return paths


def _operation(route: Route, rate_headers: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    words = WORDS[route.wish]
    named = "client_id" in route.wish.__struct_fields__
    answer = {"description": "Durable.", "content": _json("HallResult"), "headers": rate_headers}
    responses: dict[int, Any] = {route.status: answer}
    if route.status != 200:
        responses[200] = {**answer, "description": "Done before; the first result."}
    operation: dict[str, Any] = {
        "operationId": words.operation_id,
        "summary": words.summary,
        "description": words.description,
        "tags": ["auctions" if "auction" in route.form else "listings"],
        "parameters": [_number(route), *([] if named else [key])],
        "responses": responses,
    }
    if route.method != "DELETE":
        operation["requestBody"] = {
            "required": bool(route.wish.__struct_fields__),
            "content": _json(route.wish.__name__),
        }
    return operation


def _number(route: Route) -> dict[str, Any]:
    (name,) = re.findall(r"\{(\w+)\}", route.form)
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    }


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
