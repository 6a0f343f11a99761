"""Listings and auctions over HTTP: what a member does in the halls, each one command of the floor."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from exchange.kernel.errors import NotFound
from web.ws import hall_messages as wishes
from web.ws.codec import decode_wish
from web.ws.hall_entry import Wish, command_of, floor_key, hall_result
from web.ws.http import Answer, Handler, Request, durable, number_in
from web.ws.order_entry import idempotency_key


class Route(NamedTuple):
    """One request: its method, the form of its address, what its body says, and the status of success."""

    method: str
    form: str
    wish: type[Wish]
    status: int


ROUTES = (
    Route("POST", "listings/{listing_id}/takes", wishes.Take, 201),
    Route("POST", "listings/{listing_id}/proposals", wishes.Proposal, 201),
    Route("DELETE", "listings/{listing_id}", wishes.Withdraw, 200),
    Route("POST", "takes/{take_id}/answer", wishes.TakeAnswer, 200),
    Route("POST", "proposals/{proposal_id}/answer", wishes.ProposalAnswer, 200),
    Route("POST", "auctions/{auction_id}/entry", wishes.Enter, 201),
    Route("DELETE", "auctions/{auction_id}/entry", wishes.Leave, 200),
    Route("POST", "auctions/{auction_id}/bids", wishes.Bid, 201),
    Route("POST", "auctions/{auction_id}/commitments", wishes.Commit, 201),
    Route("POST", "auctions/{auction_id}/reveals", wishes.Reveal, 201),
    Route("POST", "auctions/{auction_id}/decision", wishes.Decide, 200),
    Route("POST", "auctions/{auction_id}/payment", wishes.Pay, 200),
)
"""Every request of the halls that goes straight to the floor."""


def hall_handler(scope: dict[str, Any]) -> Handler | None:
    """Who answers this request, or None when it is none of ROUTES."""
    path = scope["path"]
    for route, pattern in _PATTERNS:
        if route.method == scope["method"] and (found := pattern.match(path)) is not None:
            return _handler(route, found)
    return None


def _pattern(route: Route) -> re.Pattern[str]:
    return re.compile("/api/v1/" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.form) + r"\Z")


_PATTERNS = tuple((route, _pattern(route)) for route in ROUTES)


def _handler(route: Route, found: re.Match[str]) -> Callable[[Request], Awaitable[Answer]]:
    ((name, text),) = found.groupdict().items()

    async def answer(request: Request) -> Answer:
        number = number_in(text, name, NotFound)
        wish = decode_wish(request.body or b"{}", route.wish)
        client_id = getattr(wish, "client_id", None)
        key = floor_key(client_id) if client_id else idempotency_key(request.header(b"idempotency-key"))
        counterparty_no = await counterparty_of(request, wish)
        command = command_of(wish, request.member.account_no, number, counterparty_no)
        entry = request.services.entry
        reply = await durable(request, lambda done: entry.submit(request.member, command, key, done))
        result = hall_result(reply, number, client_id)
        return Answer(200 if result.duplicate else route.status, result)

    answer.__name__ = route.form
    return answer


async def counterparty_of(request: Request, wish: Wish) -> int:
    """Account number of the member a counter-offer answers; 0 for nobody. Raises UnknownMember."""
    code = getattr(wish, "counterparty", None)
    return 0 if code is None else await request.services.directory.account_no(code)
