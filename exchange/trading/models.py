"""Tables of the read model: what the journal says happened, in a shape that can be asked.

Nothing here is a source of truth. Every row is written by the projector, in one transaction per
chunk of the journal together with `ProjectorPosition`, and could be written again from the journal.
Sequence numbers and order and trade ids are the engine's; accounts and products are known here by
the engine's dense numbers, because a chunk of thousands of rows is written without looking up keys.
"""

from django.db import models
from django.db.models import F, Q

from exchange.trading.replies import OrderStatus
from exchange.trading.types import DEAL_MODES, TradeMode
from matching.desk_types import FIRST_DEAL
from matching.types import Side, TimeInForce

OPEN_STATUSES = (int(OrderStatus.OPEN), int(OrderStatus.PARTIALLY_FILLED))
"""Statuses of an order that stands in the book."""

DONE_STATUSES = (int(OrderStatus.FILLED), int(OrderStatus.CANCELLED))


class Order(models.Model):
    """An order the floor accepted. remaining is what stands in the book: zero once it left it."""

    order_id = models.BigIntegerField(primary_key=True)
    account_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    client_order_id = models.CharField(max_length=40)
    side = models.SmallIntegerField()
    time_in_force = models.SmallIntegerField()
    flags = models.SmallIntegerField(
        default=0, help_text="post-only, market-to-limit, self-trade: as in its PLACE"
    )
    minimum = models.BigIntegerField(default=0, help_text="kg that had to trade at once; 0 for none")
    expires = models.IntegerField(
        default=0, help_text="last day, days from 1970-01-01; 0 ends with the session"
    )
    price = models.BigIntegerField(help_text="limit, fen per kg")
    quantity = models.BigIntegerField(help_text="kg, filled part included")
    filled = models.BigIntegerField(default=0, help_text="kg")
    remaining = models.BigIntegerField(help_text="kg open in the book")
    status = models.SmallIntegerField()
    reason = models.SmallIntegerField(default=0, help_text="why it left the book, matching.types.Reason")
    placed_at_ns = models.BigIntegerField()
    seq = models.BigIntegerField(help_text="of the command that placed it")
    updated_seq = models.BigIntegerField(help_text="of the command that changed it last")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(filled__gte=0, remaining__gte=0, quantity__gt=0, price__gt=0)
                & Q(quantity__gte=F("filled") + F("remaining")),
                name="order_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES, remaining__gt=0, quantity=F("filled") + F("remaining"))
                | Q(status__in=DONE_STATUSES, remaining=0),
                name="order_open_while_something_remains",
            ),
            models.CheckConstraint(condition=Q(side__in=(Side.BUY, Side.SELL)), name="order_side"),
            models.CheckConstraint(
                condition=Q(time_in_force=TimeInForce.GTD, expires__gt=0)
                | (~Q(time_in_force=TimeInForce.GTD) & Q(expires=0)),
                name="order_expires_with_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["account_no", "order_id"], name="order_by_account"),
            models.Index(fields=["account_no", "client_order_id"], name="order_by_client_id"),
            models.Index(fields=["account_no"], condition=Q(status__in=OPEN_STATUSES), name="order_open"),
        ]


class RefusedOrder(models.Model):
    """An order the floor refused, and why."""

    seq = models.BigIntegerField(primary_key=True)
    account_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    client_order_id = models.CharField(max_length=40)
    side = models.SmallIntegerField()
    time_in_force = models.SmallIntegerField()
    price = models.BigIntegerField()
    quantity = models.BigIntegerField()
    reason = models.SmallIntegerField()
    refused_at_ns = models.BigIntegerField()
    flags = models.SmallIntegerField(null=True, help_text="as in its PLACE; null: from before they were kept")
    minimum = models.BigIntegerField(null=True, help_text="kg that should have traded at once; 0 for none")
    expires = models.BigIntegerField(null=True, help_text="last day, days from 1970-01-01; 0 for none")

    class Meta:
        indexes = [models.Index(fields=["account_no", "seq"], name="refused_by_account")]


class Trade(models.Model):
    """A trade, settled in the same transaction that wrote this row."""

    trade_id = models.BigIntegerField(primary_key=True)
    product_number = models.BigIntegerField()
    price = models.BigIntegerField(help_text="fen per kg")
    quantity = models.BigIntegerField(help_text="kg")
    amount_fen = models.BigIntegerField()
    buyer_no = models.BigIntegerField()
    seller_no = models.BigIntegerField()
    buy_order_id = models.BigIntegerField()
    sell_order_id = models.BigIntegerField()
    buyer_fee = models.BigIntegerField(help_text="fen")
    seller_fee = models.BigIntegerField(help_text="fen")
    deposit_fen = models.BigIntegerField(help_text="quality deposit kept from the seller")
    taker_side = models.SmallIntegerField()
    in_call = models.BooleanField(default=False, help_text="made when a call ended: both orders were resting")
    seq = models.BigIntegerField()
    traded_at_ns = models.BigIntegerField()
    day = models.DateField(help_text="trading day in Asia/Shanghai")
    mode = models.SmallIntegerField(
        default=0, help_text="TradeMode: 0 in the books, else a deal of the halls"
    )
    subject = models.BigIntegerField(default=0, help_text="listing or auction of a deal")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mode=TradeMode.SPOT, subject=0, trade_id__lte=FIRST_DEAL)
                | Q(
                    mode__in=DEAL_MODES,
                    subject__gt=0,
                    trade_id__gt=FIRST_DEAL,
                    buy_order_id=0,
                    sell_order_id=0,
                    in_call=False,
                ),
                name="trade_mode",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, price__gt=0, amount_fen=F("price") * F("quantity")),
                name="trade_amount",
            ),
            models.CheckConstraint(
                condition=Q(buyer_fee__gte=0, seller_fee__gte=0, deposit_fen__gte=0), name="trade_fees"
            ),
            models.CheckConstraint(
                condition=~Q(buyer_no=F("seller_no")) | Q(in_call=True), name="trade_between_two_members"
            ),
        ]
        indexes = [
            models.Index(fields=["product_number", "trade_id"], name="trade_by_product"),
            models.Index(fields=["buyer_no", "seq", "trade_id"], name="trade_in_order_by_buyer"),
            models.Index(fields=["seller_no", "seq", "trade_id"], name="trade_in_order_by_seller"),
            models.Index(fields=["day", "product_number"], name="trade_by_day"),
        ]


class Bar(models.Model):
    """Open, high, low and close of one minute, hour or trading day of a product.

    The other periods of a chart are folded from these when they are asked for.
    """

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"

    product_number = models.BigIntegerField()
    period = models.CharField(max_length=1, choices=[(MINUTE, "minute"), (HOUR, "hour"), (DAY, "day")])
    start_s = models.BigIntegerField(help_text="epoch second of its beginning; days begin in Asia/Shanghai")
    open = models.BigIntegerField()
    high = models.BigIntegerField()
    low = models.BigIntegerField()
    close = models.BigIntegerField()
    volume_kg = models.BigIntegerField()
    turnover_fen = models.BigIntegerField()
    trades = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product_number", "period", "start_s"], name="bar_key"),
            models.CheckConstraint(
                condition=Q(low__lte=F("open"), high__gte=F("open"))
                & Q(low__lte=F("close"), high__gte=F("close"))
                & Q(volume_kg__gt=0, trades__gt=0),
                name="bar_shape",
            ),
        ]


class AccountPosition(models.Model):
    """Money of one account as the engine holds it after `updated_seq`."""

    account_no = models.BigIntegerField(primary_key=True)
    funds_free = models.BigIntegerField()
    funds_held = models.BigIntegerField()
    updated_seq = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(funds_free__gte=0, funds_held__gte=0), name="account_covered")
        ]


class GoodsPosition(models.Model):
    """Goods of one account and product as the engine holds them."""

    account_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    free_kg = models.BigIntegerField()
    held_kg = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_no", "product_number"], name="goods_key"),
            models.CheckConstraint(condition=Q(free_kg__gte=0, held_kg__gte=0), name="goods_covered"),
        ]


class ProjectorPosition(models.Model):
    """How far the tables follow the journal: after command `seq`, whose chain hash is `chain_hash`.

    halt_reason is empty while the projector may go on; it says why it stopped to processes that wait.
    """

    name = models.CharField(primary_key=True, max_length=40)
    seq = models.BigIntegerField()
    chain_hash = models.CharField(max_length=64)
    halt_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(seq__gte=0), name="projector_seq")]
