"""Tables of the supply and demand board. Private to this package.

An intention's terms change only with its version, and every step of it is kept with the terms as they stood.
Messages are final. Nothing but a block is deleted.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from exchange.bulletin.supply_types import (
    HIGHEST_PRICE,
    LEAST_KG,
    MAX_MESSAGE,
    MAX_NOTE,
    MAX_PERSON,
    MAX_PLACE,
    MAX_VARIETY,
    MOST_KG,
    InquiryEvent,
    InquiryState,
    IntentionState,
    ReportKind,
    ReportState,
)
from matching.types import Side

SIDES = (Side.BUY, Side.SELL)


class Intention(models.Model):
    """A wish to sell or to buy 意向: no offer, nothing is held for it."""

    account_no = models.BigIntegerField()
    side = models.SmallIntegerField()
    product_number = models.BigIntegerField(null=True)
    variety = models.CharField(max_length=MAX_VARIETY)
    size_mm = models.PositiveSmallIntegerField(default=0, help_text="floor; 0: not said")
    grade = models.CharField(max_length=16, blank=True, help_text="floor")
    grade_rank = models.SmallIntegerField(null=True, help_text="of the grade; see GRADE_RANK")
    ssc_tenths = models.PositiveSmallIntegerField(default=0, help_text="floor of soluble solids 糖度")
    counties = models.CharField(max_length=200, blank=True, help_text="|旬邑县|长武县|; empty: not said")
    store_type = models.CharField(max_length=8, blank=True)
    least_kg = models.BigIntegerField()
    most_kg = models.BigIntegerField()
    price = models.BigIntegerField(null=True, help_text="fen per kg; null: 面议")
    place = models.CharField(max_length=MAX_PLACE, blank=True)
    deliver_from = models.DateField(null=True)
    deliver_until = models.DateField(null=True)
    valid_until = models.DateField(help_text="the last day it is shown")
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    receipt_no = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=12, choices=IntentionState, default=IntentionState.OPEN)
    reason = models.CharField(max_length=300, blank=True, help_text="why it was taken down")
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=SIDES), name="intention_side"),
            models.CheckConstraint(condition=Q(state__in=IntentionState.values), name="intention_state"),
            models.CheckConstraint(
                condition=Q(least_kg__gte=LEAST_KG, most_kg__gte=F("least_kg"), most_kg__lte=MOST_KG),
                name="intention_quantity",
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gt=0, price__lte=HIGHEST_PRICE),
                name="intention_price",
            ),
            models.CheckConstraint(
                condition=Q(deliver_from__isnull=True)
                | Q(deliver_until__isnull=True)
                | Q(deliver_until__gte=F("deliver_from")),
                name="intention_delivery",
            ),
            models.CheckConstraint(
                condition=Q(receipt_no="") | Q(side=Side.SELL), name="intention_receipt_of_a_supply"
            ),
            models.CheckConstraint(
                condition=Q(state=IntentionState.TAKEN_DOWN) & ~Q(reason="")
                | ~Q(state=IntentionState.TAKEN_DOWN),
                name="intention_taken_down_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "-id"], name="intention_by_account"),
            models.Index(
                fields=["side", "variety", "-id"],
                condition=Q(state=IntentionState.OPEN),
                name="intention_open",
            ),
        ]

    def __str__(self) -> str:
        return f"GQ{self.pk:08d}"


class IntentionStep(models.Model):
    """A step of an intention: published, edited, renewed, closed, taken down, restored. Append only."""

    intention = models.ForeignKey(Intention, on_delete=models.PROTECT, related_name="steps")
    event = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    terms = models.JSONField(help_text="as they stood after it")
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]


class Inquiry(models.Model):
    """What another member asks about an intention 询盘, and the head of their conversation."""

    intention = models.ForeignKey(Intention, on_delete=models.PROTECT, related_name="inquiries")
    intention_version = models.PositiveIntegerField()
    account_no = models.BigIntegerField()
    owner_no = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    price = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12, choices=InquiryState, default=InquiryState.OPEN)
    seen_by_asker = models.BigIntegerField(default=0, help_text="the last message it has seen")
    seen_by_owner = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=InquiryState.values), name="inquiry_state"),
            models.CheckConstraint(condition=~Q(account_no=F("owner_no")), name="inquiry_of_two"),
            models.CheckConstraint(
                condition=Q(quantity_kg__gte=LEAST_KG, quantity_kg__lte=MOST_KG)
                & (Q(price__isnull=True) | Q(price__gt=0, price__lte=HIGHEST_PRICE)),
                name="inquiry_amounts",
            ),
            models.UniqueConstraint(
                fields=["intention", "account_no"],
                condition=Q(state=InquiryState.OPEN),
                name="inquiry_one_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "-last_at"], name="inquiry_by_asker"),
            models.Index(fields=["owner_no", "-last_at"], name="inquiry_by_owner"),
        ]

    def __str__(self) -> str:
        return f"XP{self.pk:08d}"


class InquiryMessage(models.Model):
    """What one of the two wrote, or a step one of them took. Append only."""

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="messages")
    sender_no = models.BigIntegerField()
    by = models.CharField(max_length=150)
    event = models.CharField(max_length=12, choices=InquiryEvent, blank=True, help_text="empty: a message")
    text = models.CharField(max_length=MAX_MESSAGE, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(event="") & ~Q(text="") | Q(event__in=InquiryEvent.values, text=""),
                name="supply_message_or_event",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["inquiry", "id"], name="supply_message_by_inquiry"),
            models.Index(fields=["sender_no", "-at"], name="supply_message_by_sender"),
        ]


class InquiryContact(models.Model):
    """Whom a party says to call; the other sees it once it has given its own."""

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="contacts")
    account_no = models.BigIntegerField()
    person = models.CharField(max_length=MAX_PERSON)
    phone = models.CharField(max_length=20)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inquiry", "account_no"], name="supply_contact_once"),
        ]


class MemberBlock(models.Model):
    """A member that does not want to hear from another on the board."""

    account_no = models.BigIntegerField()
    blocked_no = models.BigIntegerField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_no", "blocked_no"], name="supply_block_once"),
            models.CheckConstraint(condition=~Q(account_no=F("blocked_no")), name="supply_block_of_two"),
        ]
        indexes: ClassVar = [models.Index(fields=["blocked_no"], name="supply_block_by_blocked")]


class AbuseReport(models.Model):
    """A report to the operator 举报, of an intention or of what was said in an inquiry about it."""

    intention = models.ForeignKey(Intention, on_delete=models.PROTECT, related_name="reports")
    inquiry = models.ForeignKey(Inquiry, null=True, on_delete=models.PROTECT, related_name="reports")
    reporter_no = models.BigIntegerField()
    accused_no = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=ReportKind)
    text = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ReportState, default=ReportState.WAITING)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ReportKind.values), name="abuse_report_kind"),
            models.CheckConstraint(
                condition=Q(state=ReportState.WAITING, decided_at__isnull=True)
                | Q(state__in=(ReportState.UPHELD, ReportState.DISMISSED), decided_at__isnull=False)
                & ~Q(decision=""),
                name="abuse_report_decided_with_reason",
            ),
            models.UniqueConstraint(
                fields=["intention", "reporter_no"],
                condition=Q(state=ReportState.WAITING, inquiry__isnull=True),
                name="abuse_report_intention_once",
            ),
            models.UniqueConstraint(
                fields=["inquiry", "reporter_no"],
                condition=Q(state=ReportState.WAITING),
                name="abuse_report_inquiry_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state=ReportState.WAITING), name="abuse_report_waiting"),
            models.Index(fields=["reporter_no", "-at"], name="abuse_report_by_reporter"),
        ]
