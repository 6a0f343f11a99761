"""One socket of a member or of the public: what it asks, and what it is answered."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from django.db import DatabaseError

from exchange.kernel.calendar import format_time, now_ns
from exchange.kernel.errors import (
    BadParameter,
    BodyTooLarge,
    InternalError,
    JinguoError,
    MissingField,
    RateLimited,
    UnknownProduct,
)
from exchange.market_data.messages import Message
from exchange.market_data.public import ALL_PRODUCTS
from exchange.members.types import MemberIdentity
from exchange.trading.replies import Reply
from web.measures import SOCKETS, SOCKETS_OPENED
from web.ws import codec
from web.ws.codec import Guarded, address_of, decode_operation, encode_ack, encode_guarded, encode_refusal
from web.ws.credentials import Credential
from web.ws.fields import MAX_BODY
from web.ws.hall_entry import command_of, floor_key, hall_result
from web.ws.hall_messages import HALL_OPERATIONS, target_of
from web.ws.link import Link
from web.ws.order_entry import cancelled_all, order_result, require_member
from web.ws.order_trials import order_trial
from web.ws.outbound import Outbound
from web.ws.rate_limit import TokenBuckets
from web.ws.services import Services
from web.ws.socket_guards import Guard, Peer, cancel_after, lease_ms

logger = logging.getLogger(__name__)

MAX_MALFORMED = 20
"""Messages that make no sense before the socket is closed."""
MAX_UNANSWERED = 2_000
"""Operations of one socket that may wait for the floor."""
REQUESTS_PER_S = 50
"""Subscriptions and other small requests per second and socket; four times that in a burst."""
POLICY_VIOLATION = 4008
"""Close code of a client that breaks the rules, or whose key is not or no longer valid."""
CREDENTIAL_CHECK_S = 10.0
"""How often an open socket's key or session is looked up again."""


class MemberSocket:
    """Handles the messages of one socket. ``member`` is None for the public."""

    def __init__(
        self,
        services: Services,
        link: Link,
        member: MemberIdentity | None,
        credential: Credential | None,
        guard: Guard | None = None,
        peer: Peer = None,
    ) -> None:
        self._services = services
        self._outbound = Outbound(link, self.recovered)
        self._member = member
        self._credential = credential
        self._guard = guard
        self._peer = peer
        self.heard_at = time.monotonic()
        self._malformed = 0
        self._unanswered = 0
        self._requests = TokenBuckets(REQUESTS_PER_S, 4 * REQUESTS_PER_S)
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[type, Callable[[Any], None]] = {
            codec.OrderPlace: self._place,
            codec.OrderTest: self._test,
            codec.OrderReplace: self._replace,
            codec.OrderCancel: self._cancel,
            codec.CancelAll: self._cancel_all,
            codec.ArmCancelAfter: self._cancel_after,
            codec.Subscribe: self._subscribe,
            codec.Unsubscribe: self._unsubscribe,
            codec.Ping: self._ping,
            **dict.fromkeys(HALL_OPERATIONS, self._hall),
        }

    # The hub's side -----------------------------------------------------------------------------

    def offer(self, message: Message) -> None:
        """See Sink."""
        self._outbound.offer(message)

    def open(self) -> None:
        """The socket is accepted."""
        SOCKETS.add(1)
        SOCKETS_OPENED.add()
        self._services.hub.join(self)
        if self._credential is not None:
            self._spawn(self._recheck(self._credential))
        if self._guard is not None:
            self._services.guards.hold(self._guard, self)
            self._outbound.send(encode_guarded(Guarded(self._guard.heartbeat_ms, lease_ms())))

    def end(self, code: int) -> None:
        """Close it from our side; see GuardedSocket."""
        self._outbound.close(code)

    def close(self) -> None:
        """The socket is gone."""
        SOCKETS.add(-1)
        self._services.hub.leave(self)
        self._outbound.stop()
        if self._guard is not None:
            self._services.guards.release(self._guard.connection_id)
        for task in list(self._tasks):
            task.cancel()

    def recovered(self) -> None:
        """The client reads again after it lagged."""
        self._services.hub.refresh(self)

    # The client's side --------------------------------------------------------------------------

    def receive(self, text: str | None) -> None:
        """One message of the client; every one gets exactly one answer, now or when it is durable."""
        if self._outbound.closed:
            return
        self.heard_at = time.monotonic()
        if text is None or len(text) > MAX_BODY:
            self._not_understood(BodyTooLarge() if text is not None else BadParameter(name="binary"), "")
            return
        try:
            operation = decode_operation(text)
        except JinguoError as error:
            self._not_understood(error, text)
            return
        try:
            self._handlers[type(operation)](operation)
        except JinguoError as error:
            self._refuse(error, operation.__struct_config__.tag, operation.id)

    def _not_understood(self, error: JinguoError, text: str) -> None:
        op, given = address_of(text)
        self._refuse(error, op, given)
        self._malformed += 1
        if self._malformed >= MAX_MALFORMED:
            self._outbound.close(POLICY_VIOLATION)

    def _refuse(self, error: JinguoError, op: Any, given: str | int | None) -> None:
        self._outbound.send(encode_refusal(error, op, given))

    def _acknowledge(self, op: str, given: str | int | None, content: object) -> None:
        self._outbound.send(encode_ack(op, given, content))

    # Orders -------------------------------------------------------------------------------------

    def _settler(
        self, op: str, given: str | int | None, result: Callable[[Reply], object]
    ) -> Callable[[Reply], None]:
        """What to do with the floor's reply: remember how far the member's writes have come, and answer."""
        member = require_member(self._member)
        if self._unanswered >= MAX_UNANSWERED:
            raise RateLimited(retry_after_s=1)

        def settle(reply: Reply) -> None:
            self._unanswered -= 1
            self._services.entry.note(member.account_no, reply.seq)
            try:
                self._acknowledge(op, given, result(reply))
            except JinguoError as error:
                self._refuse(error, op, given)

        return settle

    def _place(self, order: codec.OrderPlace) -> None:
        settle = self._settler(
            "order.place", order.id, lambda reply: order_result(reply, order.client_order_id)
        )
        self._services.entry.place(require_member(self._member), order, settle)
        self._unanswered += 1

    def _test(self, order: codec.OrderTest) -> None:
        member = require_member(self._member)

        async def work() -> None:
            found = await order_trial(self._services.entry, member, order)
            self._acknowledge("order.test", order.id, found)

        self._answer_later("order.test", order.id, work)

    def _replace(self, wanted: codec.OrderReplace) -> None:
        settle = self._settler(
            "order.replace", wanted.id, lambda reply: order_result(reply, None, wanted.order_id)
        )
        self._services.entry.replace(require_member(self._member), wanted.order_id, wanted, "", settle)
        self._unanswered += 1

    def _cancel(self, wanted: codec.OrderCancel) -> None:
        settle = self._settler(
            "order.cancel", wanted.id, lambda reply: order_result(reply, None, wanted.order_id)
        )
        self._services.entry.cancel(require_member(self._member), wanted.order_id, "", settle)
        self._unanswered += 1

    def _cancel_all(self, wanted: codec.CancelAll) -> None:
        settle = self._settler("orders.cancel_all", wanted.id, cancelled_all)
        self._services.entry.cancel_all(require_member(self._member), wanted.product, "", settle)
        self._unanswered += 1

    def _cancel_after(self, wanted: codec.ArmCancelAfter) -> None:
        member = require_member(self._member)

        async def work() -> None:
            result = await cancel_after(self._services.entry, member, wanted.timeout_ms, self._peer)
            self._acknowledge("orders.cancel_after", wanted.id, result)

        self._answer_later("orders.cancel_after", wanted.id, work)

    # Halls --------------------------------------------------------------------------------------

    def _hall(self, wish: Any) -> None:
        counterparty = getattr(wish, "counterparty", None)
        if counterparty is None:
            self._submit_wish(wish, 0)
            return
        self._requests.take(0)

        async def work() -> None:
            self._submit_wish(wish, await self._services.directory.account_no(counterparty))

        self._answer_later(wish.__struct_config__.tag, wish.id, work)

    def _submit_wish(self, wish: Any, counterparty_no: int) -> None:
        member, number = require_member(self._member), target_of(wish)
        client_id = getattr(wish, "client_id", None)
        command = command_of(wish, member.account_no, number, counterparty_no)
        settle = self._settler(
            wish.__struct_config__.tag, wish.id, lambda reply: hall_result(reply, number, client_id)
        )
        key = floor_key(client_id) if client_id else ""
        self._services.entry.submit(member, command, key, settle)
        self._unanswered += 1

    # Channels -----------------------------------------------------------------------------------

    def _subscribe(self, wanted: codec.Subscribe) -> None:
        self._requests.take(0)
        if wanted.channel == "account":
            require_member(self._member)
        if self._services.hub.ready.is_set() and wanted.channel != "account":
            self._listen(wanted)
        else:
            self._answer_later("subscribe", wanted.id, lambda: self._subscribe_later(wanted))

    def _listen(self, wanted: codec.Subscribe) -> None:
        number = self._number(wanted)
        self._acknowledge("subscribe", wanted.id, _channel(wanted))
        self._services.hub.public.subscribe(self, wanted.channel, number)

    async def _subscribe_later(self, wanted: codec.Subscribe) -> None:
        await self._services.hub_ready()
        if wanted.channel == "account":
            member = require_member(self._member)
            self._acknowledge("subscribe", wanted.id, {"channel": "account", "product": None})
            hub = self._services.hub
            await hub.private.subscribe(self, member.account_no, hub.market.seq, wanted.since)
        else:
            self._listen(wanted)

    def _unsubscribe(self, wanted: codec.Unsubscribe) -> None:
        self._requests.take(0)
        if wanted.channel == "account":
            self._services.hub.private.leave(self)
        else:
            number = self._number(wanted)
            self._services.hub.public.unsubscribe(self, wanted.channel, number)
        self._acknowledge("unsubscribe", wanted.id, _channel(wanted))

    def _number(self, wanted: codec.Subscribe | codec.Unsubscribe) -> int:
        """Number of the product or auction of a public channel. Raises MissingField, UnknownProduct."""
        if wanted.channel == "auction":
            if wanted.auction is None:
                raise MissingField(field="auction")
            return wanted.auction
        product = wanted.product
        if product is None:
            if wanted.channel != "ticker":
                raise MissingField(field="product")
            return ALL_PRODUCTS
        number = self._services.hub.numbers.get(product)
        if number is None:
            raise UnknownProduct
        return number

    def _ping(self, ping: codec.Ping) -> None:
        self._requests.take(0)
        self._acknowledge("ping", ping.id, {"ts": format_time(now_ns())})

    # Life ---------------------------------------------------------------------------------------

    def _answer_later(self, op: str, given: str | int | None, work: Callable[[], Awaitable[None]]) -> None:
        """Do what waits for the tables or the floor, and answers; what fails, however, is answered too."""
        if len(self._tasks) > REQUESTS_PER_S:
            raise RateLimited(retry_after_s=1)

        async def answered() -> None:
            try:
                await work()
            except JinguoError as error:
                self._refuse(error, op, given)
            except Exception:
                logger.exception("a socket's request failed")
                self._refuse(InternalError(), op, given)

        self._spawn(answered())

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = self._services.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a socket's task failed", exc_info=task.exception())

    async def _recheck(self, credential: Credential) -> None:
        """Close the socket when its key was revoked or its session ended; follow a changed role.

        Tables that are away say nothing of it: it is asked again.
        """
        while not self._outbound.closed:
            await asyncio.sleep(CREDENTIAL_CHECK_S)
            try:
                member = await self._services.authenticator.identify(credential)
            except JinguoError:
                member = None
            except DatabaseError as error:
                logger.warning("Whose a socket is waits for the tables: %s", error)
                continue
            if member is None and self._member is not None:
                self._outbound.close(POLICY_VIOLATION)
            self._member = member


def _channel(wanted: codec.Subscribe | codec.Unsubscribe) -> dict[str, object]:
    """What a subscription is about, as its answer says it."""
    named: dict[str, object] = {"channel": wanted.channel, "product": wanted.product}
    return named if wanted.auction is None else {**named, "auction": wanted.auction}
