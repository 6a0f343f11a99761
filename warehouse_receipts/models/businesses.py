"""Tables of what receipts are used for, one business at a time."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.register import Receipt
from warehouse_receipts.types import IN_BUSINESS, Business, SetAsideState


class SetAside(models.Model):
    """Receipts of one holder and product set aside for one business 业务占用.

    left_kg is what its receipts weigh now: it falls as kilograms pass to buyers or go back.
    """

    holder_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    business = models.CharField(max_length=12, choices=Business)
    reference = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=SetAsideState, default=SetAsideState.REQUESTED)
    kg = models.BigIntegerField()
    floor_kg = models.BigIntegerField()
    """Part of kg that the floor has to give up: the rest is in its resale lock, unknown to the floor."""
    left_kg = models.BigIntegerField(default=0)
    hand_backs = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kg__gt=0, floor_kg__gte=0, floor_kg__lte=F("kg"), left_kg__gte=0)
                & Q(left_kg__lte=F("kg")),
                name="set_aside_kg",
            ),
            models.CheckConstraint(condition=Q(business__in=IN_BUSINESS), name="set_aside_business_known"),
            models.CheckConstraint(
                condition=Q(state=SetAsideState.ACTIVE, left_kg__gt=0)
                | Q(
                    state__in=[SetAsideState.REQUESTED, SetAsideState.ENDED, SetAsideState.REFUSED], left_kg=0
                ),
                name="set_aside_left_while_active",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reference"], name="set_aside_by_reference"),
            models.Index(fields=["holder_no", "-id"], name="set_aside_by_holder"),
        ]


class SetAsideLine(models.Model):
    """A receipt named by a set-aside. While open, no other set-aside can name it."""

    set_aside = models.ForeignKey(SetAside, on_delete=models.PROTECT, related_name="lines")
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="set_aside_lines")
    kg = models.BigIntegerField()
    open = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["receipt_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(open=True), name="receipt_set_aside_once"
            ),
            models.CheckConstraint(condition=Q(kg__gt=0), name="set_aside_line_positive"),
        ]
