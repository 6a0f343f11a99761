"""Trading members, the people who act for them, their API keys, and their credit records.

A member is an enterprise with one account at the exchange; ``account_no`` is its number in the engine
(dense, from 1). Several users act for one member, each in one role; operators belong to no member. Staff
of a warehouse, an inspection body or a lender act for that institution and for no member.
"""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from exchange.kernel.two_people import TwoPeople
from exchange.members.credit_types import SETTING_ASIDE, FactKind, Ground, ObjectionState, Outcome
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
    shows_credit = models.BooleanField(default=False)
    """A grower's consent that its credit record is found by name and shown under it."""
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


_SETTING_ASIDE = sorted(kind.value for kind in SETTING_ASIDE)


class CreditFact(models.Model):
    """One fact of a member's credit record 信用记录. Append only: a wrong one is set aside by a later one.

    Members are known by account number without a foreign key: settlement writes facts under its ledger lock,
    and must not wait for whoever changes the member.
    """

    account_no = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=80)
    """Number of what it comes from: contract, breach, case, claim, charge, award, objection."""
    role = models.CharField(max_length=6, blank=True)
    """seller | buyer of the contract; bidder in an auction."""
    contract_no = models.CharField(max_length=24, blank=True)
    detail = models.CharField(max_length=24, blank=True)
    """Ground of a breach, kind of a claim, what was paid late."""
    kg = models.BigIntegerField(default=0)
    amount_band = models.PositiveSmallIntegerField(default=0)
    """0 = no amount, else the place in ``credit_types.AMOUNT_BANDS_FEN`` from 1; the amount is not kept."""
    days_late = models.PositiveSmallIntegerField(default=0)
    day = models.DateField()
    """When it happened, in Asia/Shanghai."""
    month = models.PositiveIntegerField()
    """The same as a number of months: year × 12 + month − 1."""
    sets_aside = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="set_aside_by"
    )
    recorded_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_no", "kind", "source"], name="credit_fact_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in FactKind]), name="credit_fact_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_SETTING_ASIDE, sets_aside__isnull=False)
                | ~Q(kind__in=_SETTING_ASIDE) & Q(sets_aside__isnull=True),
                name="credit_fact_corrections_name_one",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["", "seller", "buyer", "bidder"], kg__gte=0, amount_band__lte=5),
                name="credit_fact_figures",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "month", "kind"], name="credit_fact_by_month"),
            models.Index(fields=["contract_no"], name="credit_fact_by_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class CreditObjection(models.Model):
    """A member's objection 异议, or application for repair 信用修复, against one fact of its record."""

    objection_no = models.CharField(max_length=24, unique=True)
    fact = models.ForeignKey(CreditFact, on_delete=models.PROTECT, related_name="objections")
    account_no = models.PositiveIntegerField()
    ground = models.CharField(max_length=8)
    """wrong: the fact is not so. repaired: it was so, and what it did was made good."""
    reason = models.CharField(max_length=300)
    evidence = models.CharField(max_length=2000)
    filed_by = models.CharField(max_length=150)
    filed_at_ns = models.BigIntegerField()
    due_day = models.DateField()
    """Last trading day on which it is to be decided."""
    state = models.CharField(max_length=10, default=ObjectionState.OPEN.value)
    answer = models.CharField(max_length=300, blank=True)
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", finished_at_ns__isnull=True)
                | Q(state__in=[each.value for each in ObjectionState if each != ObjectionState.OPEN])
                & Q(finished_at_ns__isnull=False),
                name="credit_objection_state_known",
            ),
            models.CheckConstraint(
                condition=Q(ground__in=[ground.value for ground in Ground]), name="credit_objection_ground"
            ),
            models.UniqueConstraint(
                fields=["fact"], condition=Q(state="open"), name="credit_objection_one_open_per_fact"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "id"], name="credit_objection_by_account"),
        ]

    def __str__(self) -> str:
        return self.objection_no


class CreditDecision(TwoPeople):
    """What one person of staff proposes to answer an objection; another approves or refuses it."""

    APPROVED = "approved"

    objection = models.ForeignKey(CreditObjection, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8)

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in Outcome]),
                name="credit_decision_outcome",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "approved", "refused", "withdrawn"]),
                name="credit_decision_state_known",
            ),
            models.UniqueConstraint(
                fields=["objection"], condition=Q(state="waiting"), name="credit_decision_one_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.objection_id} {self.outcome}"
