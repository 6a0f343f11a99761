"""Tables of the markets: varieties, products, trading sessions and fees.

A product's number is its number in the matching engine, dense from 1. Its phase here is what the floor was
last told through the outbox; the floor itself decides what trades.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from exchange.kernel.two_people import TwoPeople
from exchange.markets.types import (
    ALL_MODES,
    CHOICES_OF_PAYMENTS,
    USUAL_PAYMENTS,
    ChangeKind,
    ChangeState,
    FeeChangeState,
    NewProductState,
    ProductStatus,
    ReferenceSource,
    SessionDeed,
    SessionState,
    TakesEffect,
)
from matching.types import Phase, TieRule
from warehouse_receipts.types import RESALE_LOCK_TRADING_DAYS, Bagging, Grade, StoreType, VarietyGroup


class Variety(models.Model):
    """A variety of apple 品种."""

    code = models.CharField(max_length=30, unique=True)
    name_zh = models.CharField(max_length=30, unique=True)
    name_en = models.CharField(max_length=40)
    group = models.CharField(max_length=16, choices=VarietyGroup)
    colour_zh = models.CharField(max_length=20)
    """How it looks at the market: 片红, 条红, 黄, 绿."""
    shelf_life_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """Early varieties keep this long; empty: as long as the season of the store."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(group__in=VarietyGroup.values), name="variety_group_known"),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Product(models.Model):
    """A product: one grade cell of one crop, e.g. 旬邑 红富士 纸袋 80# 一等. Prices in fen per kg."""

    number = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=24, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=24)
    variety = models.ForeignKey(Variety, on_delete=models.PROTECT, related_name="products")
    bagging = models.CharField(max_length=12, choices=Bagging)
    size_mm = models.PositiveSmallIntegerField()
    grade = models.CharField(max_length=16, choices=Grade)
    county = models.CharField(max_length=30)
    crop_year = models.PositiveSmallIntegerField()
    store_type = models.CharField(max_length=8, choices=StoreType)
    reference_price = models.BigIntegerField()
    reference_rolls = models.BooleanField(default=True)
    """Whether the end of a day makes a new reference price of what was traded."""
    band_bps = models.PositiveSmallIntegerField(default=1_000)
    tick_fen = models.PositiveSmallIntegerField(default=1)
    tie_rule = models.PositiveSmallIntegerField(default=TieRule.MIDPOINT)
    volatility_bps = models.PositiveSmallIntegerField(default=500)
    modes = models.PositiveSmallIntegerField(default=ALL_MODES.value)
    payments = models.PositiveSmallIntegerField(default=USUAL_PAYMENTS.value)
    """Tick, tie rule, range, modes and ways to pay as the newest version of ProductRules has them."""
    step_kg = models.BigIntegerField(default=100)
    min_kg = models.BigIntegerField(default=1_000)
    resale_lock_days = models.PositiveSmallIntegerField(default=RESALE_LOCK_TRADING_DAYS)
    """Trading days goods bought may not be sold again 持续挂牌限制; 0 = at once."""
    is_base = models.BooleanField(default=False)
    premium_discount_fen = models.BigIntegerField(default=0)
    phase = models.PositiveSmallIntegerField(default=Phase.CLOSED)
    halted = models.BooleanField(default=False)
    """A halt outlives the session: only resume ends it."""
    desk_open = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=ProductStatus, default=ProductStatus.LISTED)
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(number__gte=1), name="product_number_from_one"),
            models.CheckConstraint(
                condition=Q(reference_price__gt=0, tick_fen__gt=0, step_kg__gt=0, min_kg__gt=0),
                name="product_amounts_positive",
            ),
            models.CheckConstraint(condition=Q(band_bps__gt=0, band_bps__lt=10_000), name="product_band"),
            models.CheckConstraint(
                condition=Q(phase__in=[int(phase) for phase in Phase]), name="product_phase"
            ),
            models.CheckConstraint(
                condition=Q(tie_rule__in=[int(rule) for rule in TieRule], volatility_bps__lte=10_000),
                name="product_rules",
            ),
            models.CheckConstraint(
                condition=Q(modes__gte=1, modes__lte=ALL_MODES.value), name="product_modes_known"
            ),
            models.CheckConstraint(
                condition=Q(payments__in=[payments.value for payments in CHOICES_OF_PAYMENTS]),
                name="product_payments_known",
            ),
            models.CheckConstraint(
                condition=Q(desk_open=False) | Q(halted=False), name="product_halted_at_the_desk_too"
            ),
            models.CheckConstraint(
                condition=Q(is_base=False) | Q(premium_discount_fen=0), name="product_base_without_premium"
            ),
            models.UniqueConstraint(
                fields=["variety", "bagging", "size_mm", "grade", "county", "crop_year", "store_type"],
                name="product_cell_once",
            ),
            models.UniqueConstraint(fields=["is_base"], condition=Q(is_base=True), name="product_one_base"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class ProductRules(models.Model):
    """A version of how a product trades, as the floor was told. Append only."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="rules_versions")
    version = models.PositiveIntegerField()
    tick_fen = models.PositiveSmallIntegerField()
    tie_rule = models.PositiveSmallIntegerField()
    volatility_bps = models.PositiveSmallIntegerField()
    modes = models.PositiveSmallIntegerField(default=ALL_MODES.value)
    payments = models.PositiveSmallIntegerField(default=USUAL_PAYMENTS.value)
    reference_price = models.BigIntegerField()
    band_bps = models.PositiveSmallIntegerField(default=1_000)
    min_kg = models.BigIntegerField(default=1_000)
    reference_rolls = models.BooleanField(default=True)
    restores = models.PositiveIntegerField(null=True)
    """The version whose values these are, where the floor refused what came after it."""
    reason = models.CharField(max_length=300)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["product", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "version"], name="product_rules_once"),
            models.CheckConstraint(condition=Q(tick_fen__gt=0), name="product_rules_tick"),
        ]


class ProductProposal(TwoPeople):
    """A change of a product that one person proposed; ``proposals`` says what becomes of it."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=8, choices=ChangeKind)
    takes_effect = models.CharField(max_length=12, choices=TakesEffect)
    old = models.JSONField()
    new = models.JSONField()
    """Only what changes, by name: amounts in fen, kg and basis points, rules and modes by number."""
    references = models.JSONField(default=list)
    """The outbox rows that told the floor."""
    floor_reason = models.SmallIntegerField(null=True)
    """``matching.types.Reason`` of a refusal by the floor."""
    failure = models.CharField(max_length=40, blank=True)
    """Code of the error that kept it from taking effect at the opening."""
    carried_out_at = models.DateTimeField(null=True)

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=ChangeState.values, kind__in=ChangeKind.values)
                & Q(takes_effect__in=TakesEffect.values),
                name="product_proposal_words",
            ),
            models.UniqueConstraint(
                fields=["product", "kind"],
                condition=Q(state__in=[ChangeState.WAITING, ChangeState.SCHEDULED]),
                name="product_proposal_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class SessionProposal(TwoPeople):
    """A deed on sessions that one person proposed; ``session_proposals`` says what becomes of it."""

    deed = models.CharField(max_length=20, choices=SessionDeed)
    subject = models.CharField(max_length=64, blank=True)
    """Code of the product it is about; empty for the whole market."""

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(deed__in=SessionDeed.values)
                & Q(state__in=["waiting", "refused", "withdrawn", "done", "lapsed"]),
                name="session_proposal_words",
            ),
            models.UniqueConstraint(
                fields=["deed", "subject"],
                condition=Q(state="waiting"),
                name="session_proposal_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class DayReference(models.Model):
    """The reference price that the end of a day made, and where it came from. Append only."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="day_references")
    day = models.DateField()
    """The day that ended."""
    price = models.BigIntegerField()
    before = models.BigIntegerField()
    """Fen per kg, after and before."""
    source = models.CharField(max_length=8, choices=ReferenceSource)
    trades = models.PositiveIntegerField()
    kg = models.BigIntegerField()
    """What it was made of."""
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["product", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "day"], name="day_reference_once"),
            models.CheckConstraint(
                condition=Q(source__in=ReferenceSource.values, price__gt=0, before__gt=0)
                & (
                    Q(source__in=[ReferenceSource.CLOSING, ReferenceSource.MEAN], trades__gt=0, kg__gt=0)
                    | Q(source__in=[ReferenceSource.KEPT, ReferenceSource.OFF], price=F("before"))
                ),
                name="day_reference_from_trades_or_kept",
            ),
        ]


class TradingSession(models.Model):
    """A span of trading; several a day are numbered. At most one is open."""

    day = models.DateField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=SessionState, default=SessionState.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    open_reason = models.CharField(max_length=300)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    close_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["day", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "number"], name="session_once"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=SessionState.OPEN), name="session_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state=SessionState.OPEN, closed_at__isnull=True)
                | Q(state=SessionState.CLOSED, closed_at__gte=F("opened_at")),
                name="session_closed_after_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.number}"


class PhaseChange(models.Model):
    """What the floor was told about a product's phase, or did by itself; by whom and why. Append only."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="phase_changes")
    session = models.ForeignKey(
        TradingSession, null=True, on_delete=models.PROTECT, related_name="phase_changes"
    )
    phase = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(phase__in=[int(phase) for phase in Phase]), name="phase_change_known"
            ),
        ]


class FeeSchedule(models.Model):
    """A version of the fees, in basis points of the amount. A version is never changed: make the next."""

    version = models.PositiveIntegerField(primary_key=True)
    effective_from = models.DateField()
    buyer_bps = models.PositiveSmallIntegerField()
    seller_bps = models.PositiveSmallIntegerField()
    grower_bps = models.PositiveSmallIntegerField()
    """What growers pay instead, on either side."""
    deposit_bps = models.PositiveSmallIntegerField()
    """品质担保金: share of the seller's proceeds kept for seven days."""
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["version"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(buyer_bps__lte=50, seller_bps__lte=50, grower_bps__lte=50),
                name="fee_at_most_half_percent",
            ),
            models.CheckConstraint(condition=Q(deposit_bps__lte=2_000), name="deposit_at_most_fifth"),
        ]


class FeeProposal(TwoPeople):
    """Fees that one person proposed from a day to come; approved, they are a version of FeeSchedule."""

    effective_from = models.DateField()
    buyer_bps = models.PositiveSmallIntegerField()
    seller_bps = models.PositiveSmallIntegerField()
    grower_bps = models.PositiveSmallIntegerField()
    deposit_bps = models.PositiveSmallIntegerField()
    instead_of = models.PositiveIntegerField(null=True)
    """The version that would have been in force on that day when it was proposed; null: none."""
    version = models.OneToOneField(
        FeeSchedule, null=True, on_delete=models.PROTECT, related_name="proposal", db_column="version"
    )

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state=FeeChangeState.APPROVED, version__isnull=False)
                | Q(
                    state__in=[FeeChangeState.WAITING, FeeChangeState.REFUSED, FeeChangeState.WITHDRAWN],
                    version__isnull=True,
                ),
                name="fee_proposal_approved_is_a_version",
            ),
            models.CheckConstraint(
                condition=Q(
                    buyer_bps__lte=50, seller_bps__lte=50, grower_bps__lte=50, deposit_bps__lte=2_000
                ),
                name="fee_proposal_within_bounds",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=FeeChangeState.WAITING),
                name="fee_proposal_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class NewProductProposal(TwoPeople):
    """A product that one person proposed; approved, it is a Product with a number."""

    code = models.CharField(max_length=24)
    values = models.JSONField()
    """The fields of ``types.NewProduct`` by name, without the code and the trading rules."""
    product = models.OneToOneField(Product, null=True, on_delete=models.PROTECT, related_name="proposal")

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state=NewProductState.APPROVED, product__isnull=False)
                | Q(
                    state__in=[NewProductState.WAITING, NewProductState.REFUSED, NewProductState.WITHDRAWN],
                    product__isnull=True,
                ),
                name="new_product_approved_is_a_product",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state=NewProductState.WAITING),
                name="new_product_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
