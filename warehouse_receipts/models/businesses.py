"""Tables of what receipts are used for, one business at a time."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from warehouse_receipts.models.register import Intake, Receipt
from warehouse_receipts.states import (
    DisposalKind,
    DisposalState,
    FreezeKind,
    FreezeState,
    IssueState,
    LossState,
)
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
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(business=Business.CONTRACT),
                name="set_aside_once_per_contract",
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


class IssueRequest(models.Model):
    """A receipt to be issued 签发申请: three parties confirm, and another person than its maker registers."""

    no = models.CharField(max_length=24, unique=True)
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="issue_requests")
    product_number = models.BigIntegerField()
    cell = models.JSONField()
    """The grade cell, as in types.CellSpec."""
    kg = models.BigIntegerField()
    shelf_life_days = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=12, choices=IssueState, default=IssueState.REQUESTED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    inspector_by = models.CharField(max_length=150, blank=True)
    inspector_at = models.DateTimeField(null=True)
    owner_by = models.CharField(max_length=150, blank=True)
    owner_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    register_no = models.CharField(max_length=32, null=True, unique=True)  # noqa: DJ001 - none yet
    receipt = models.OneToOneField(Receipt, null=True, on_delete=models.PROTECT, related_name="issue_request")

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kg__gt=0), name="issue_request_positive"),
            models.CheckConstraint(
                condition=~Q(decided_by=F("proposed_by")), name="issue_request_two_persons"
            ),
            models.CheckConstraint(
                condition=~Q(state=IssueState.REGISTERED)
                | Q(receipt__isnull=False, register_no__isnull=False)
                & Q(inspector_at__isnull=False, owner_at__isnull=False)
                & ~Q(decided_by=""),
                name="issue_request_confirmed_by_three",
            ),
            models.UniqueConstraint(
                fields=["intake"], condition=Q(state=IssueState.REQUESTED), name="issue_request_one_open"
            ),
        ]


class Freeze(models.Model):
    """A freeze by an authority, a dispute or a quality alert; one person proposes, another decides."""

    kind = models.CharField(max_length=12, choices=FreezeKind)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="freezes")
    set_aside = models.ForeignKey(SetAside, null=True, on_delete=models.PROTECT, related_name="freezes")
    authority = models.CharField(max_length=120)
    document_no = models.CharField(max_length=60)
    reason = models.CharField(max_length=500)
    until = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=FreezeState, default=FreezeState.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    lifted_by = models.CharField(max_length=150, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="freeze_two_persons"),
            models.UniqueConstraint(
                fields=["receipt"],
                condition=Q(state__in=["proposed", "ordered", "asked", "active"]),
                name="freeze_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=FreezeState.ORDERED) | Q(set_aside__isnull=False),
                name="freeze_order_waits_for_something",
            ),
        ]


class LossNotice(models.Model):
    """A receipt reported lost 挂失: announced, open to objection, then replaced by a new one."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="loss_notices")
    set_aside = models.ForeignKey(SetAside, on_delete=models.PROTECT, related_name="loss_notices")
    reason = models.CharField(max_length=500)
    announced_on = models.DateField()
    objections_until = models.DateField()
    objection = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=LossState, default=LossState.ANNOUNCED)
    proposed_by = models.CharField(max_length=150)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="loss_two_persons"),
            models.UniqueConstraint(
                fields=["receipt"],
                condition=Q(state__in=[LossState.ANNOUNCED, LossState.OBJECTED]),
                name="loss_one_open",
            ),
        ]


class Disposal(models.Model):
    """The exchange ends a receipt 处置: its goods are gone, or are another product; two persons decide.

    freeze is what takes a receipt out of the market that was still in it.
    """

    kind = models.CharField(max_length=10, choices=DisposalKind)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="disposals")
    product_number = models.BigIntegerField(null=True)
    """Of a regrade: the product the goods are from now on."""
    reason = models.CharField(max_length=500)
    freeze = models.OneToOneField(Freeze, null=True, on_delete=models.PROTECT, related_name="disposal")
    state = models.CharField(max_length=10, choices=DisposalState, default=DisposalState.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    """Why it was refused, by the person who did or by what happened meanwhile."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="disposal_two_persons"),
            models.CheckConstraint(
                condition=Q(state=DisposalState.PROPOSED, decided_by="", decided_at__isnull=True)
                | ~Q(state=DisposalState.PROPOSED) & ~Q(decided_by="") & Q(decided_at__isnull=False),
                name="disposal_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(kind=DisposalKind.REGRADE, product_number__isnull=False, freeze__isnull=True)
                | Q(kind=DisposalKind.WRITE_OFF, product_number__isnull=True),
                name="disposal_regrade_names_product",
            ),
            models.UniqueConstraint(
                fields=["receipt"],
                condition=Q(state__in=[DisposalState.PROPOSED, DisposalState.WAITING]),
                name="disposal_one_open",
            ),
        ]


class HolderNotice(models.Model):
    """What a holder has to be told about a receipt: downgrade, top-up call, expiry, freeze. Append only."""

    holder_no = models.BigIntegerField()
    receipt_no = models.CharField(max_length=24)
    kind = models.CharField(max_length=20)
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["holder_no", "-id"], name="holder_notice_by_holder"),
        ]
