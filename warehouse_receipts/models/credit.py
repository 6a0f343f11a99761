"""Tables of pledges 质押 and the lenders that take them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.businesses import SetAside
from warehouse_receipts.states import PledgeState


class Lender(models.Model):
    """A lender 质权人; its staff and its signature are those of institution lender:CODE."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=120, unique=True)
    uscc = models.CharField(max_length=18)
    first_ltv_bps = models.PositiveIntegerField()
    """Highest loan to value when a pledge is registered."""
    call_ltv_bps = models.PositiveIntegerField()
    """Loan to value above which it calls for more."""
    cure_days = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(first_ltv_bps__gt=0, first_ltv_bps__lt=F("call_ltv_bps"))
                & Q(call_ltv_bps__lte=10_000),
                name="lender_call_above_first",
            ),
        ]


class Pledge(models.Model):
    """A pledge: the holder keeps title, the lender's word is needed to move the goods."""

    no = models.CharField(max_length=24, unique=True)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="pledges")
    holder_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    principal_fen = models.BigIntegerField()
    owed_fen = models.BigIntegerField()
    due_on = models.DateField()
    price_fen = models.BigIntegerField()
    """Price per kg at which the goods were last valued."""
    valued_on = models.DateField()
    state = models.CharField(max_length=12, choices=PledgeState, default=PledgeState.APPLIED)
    registration_no = models.CharField(max_length=32, null=True, unique=True)  # noqa: DJ001 - none yet
    call_kg = models.BigIntegerField(default=0)
    """Goods asked for by the open top-up call; 0 when none is open."""
    call_due_on = models.DateField(null=True)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=150)
    decided_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(principal_fen__gt=0, owed_fen__gte=0, owed_fen__lte=F("principal_fen"))
                & Q(price_fen__gt=0, call_kg__gte=0),
                name="pledge_amounts",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("applied_by")), name="pledge_two_persons"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder_no", "-id"], name="pledge_by_holder"),
        ]


class PledgedGoods(models.Model):
    """The set-asides of a pledge: the first, and those that topped it up."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="goods")
    set_aside = models.OneToOneField(SetAside, on_delete=models.PROTECT, related_name="pledged")
