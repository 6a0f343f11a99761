"""Trading members, the people who act for them, and their API keys.

A member is an enterprise with one account at the exchange; ``account_no`` is its number in the engine
(dense, from 1). Several users act for one member, each in one role; operators belong to no member. Staff
of a warehouse, an inspection body or a lender act for that institution and for no member.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from matching.types import MAX_ACCOUNT


class Member(models.Model):
    """A trading member 交易商: an enterprise legal person admitted to the exchange."""

    class Kind(models.TextChoices):
        GROWER = "grower", "果农合作社"
        DEALER = "dealer", "经销商"
        PROCESSOR = "processor", "加工企业"
        SUPERMARKET = "supermarket", "商超"
        EXPORTER = "exporter", "出口企业"

    class Status(models.TextChoices):
        ACTIVE = "active", "正常"
        SUSPENDED = "suspended", "暂停交易"

    code = models.CharField(max_length=16, unique=True)
    """Trader code 交易商代码, e.g. G001."""
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=Kind)
    uscc = models.CharField(max_length=18, unique=True)
    """Unified social credit code 统一社会信用代码 (GB 32100-2015)."""
    signatory = models.CharField(max_length=60, blank=True)
    """Who signs contracts for the member."""
    county = models.CharField(max_length=60)
    account_no = models.PositiveIntegerField(unique=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    related_group = models.CharField(max_length=60, blank=True, db_index=True)
    """Name of the RelatedGroup; members with the same one are related parties. Empty: of none."""
    buyer_fee_bps = models.PositiveSmallIntegerField(default=0)
    seller_fee_bps = models.PositiveSmallIntegerField(default=0)
    deposit_bps = models.PositiveSmallIntegerField(default=0)
    """Rates the engine was last told for this account, in basis points."""
    joined_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["account_no"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(account_no__gte=1), name="member_account_no_from_one"),
            models.CheckConstraint(
                condition=Q(status__in=["active", "suspended"]), name="member_status_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["grower", "dealer", "processor", "supermarket", "exporter"]),
                name="member_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(buyer_fee_bps__lte=10_000, seller_fee_bps__lte=10_000, deposit_bps__lte=10_000),
                name="member_rates_at_most_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class RelatedGroup(models.Model):
    """A group of related parties 关联方组. Its number is the one the engine knows: its members never meet."""

    name = models.CharField(max_length=60, unique=True)
    number = models.PositiveIntegerField(unique=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MAX_ACCOUNT), name="related_group_number"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who logs in: for a member in one role, for the operator, or for another institution."""

    class Role(models.TextChoices):
        TRADER = "trader", "交易员"
        FINANCE = "finance", "财务"
        LOGISTICS = "logistics", "仓储"
        ADMIN = "admin", "管理员"
        OPERATOR = "operator", "市场经营者"
        STAFF = "staff", "机构人员"

    class Language(models.TextChoices):
        CHINESE = "zh-hans", "简体中文"
        ENGLISH = "en", "English"

    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    role = models.CharField(max_length=12, choices=Role, default=Role.TRADER)
    institution = models.CharField(max_length=40, blank=True, db_index=True)
    """Code of the institution a staff user acts for, e.g. ``warehouse:XY01``; empty for everybody else."""
    language = models.CharField(max_length=8, choices=Language, default=Language.CHINESE)

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(role="operator") | Q(member__isnull=True), name="user_operator_has_no_member"
            ),
            models.CheckConstraint(
                condition=Q(role="staff", member__isnull=True) & ~Q(institution="")
                | ~Q(role="staff") & Q(institution=""),
                name="user_staff_has_an_institution",
            ),
        ]


class ApiKey(models.Model):
    """A key a program sends as ``Authorization: Bearer``; only its SHA-256 is kept."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="api_keys")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16)
    """First characters of the key, so that people can tell keys apart."""
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    """Words out of selectors.SCOPES: read, trade, funds."""
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"
