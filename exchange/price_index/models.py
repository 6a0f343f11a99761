"""Tables of the price indexes: definitions, editions of weights and their links, values with their evidence,
cell prices and sub-indexes.

A value that was published is never edited: its status moves along `VALUE_TRANSITIONS`, and a correction is
a new revision with a reason. Triggers hold what was computed (value, evidence, hash) in place.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from exchange.kernel.two_people import REFUSED, WAITING, WITHDRAWN, TwoPeople
from exchange.price_index import governance_models, research_models  # noqa: F401 - register tables
from exchange.price_index.series_types import LONGEST_KEY, Dimension
from exchange.price_index.types import BASIS, FIRST_EDITION, ValueStatus


class IndexDefinition(models.Model):
    """An index: what it is called, when it starts, and by which version of the method it is computed."""

    code = models.CharField(max_length=24, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    base_day = models.DateField()
    method_version = models.CharField(max_length=12)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class IndexWeight(models.Model):
    """A cell of an edition: share of value in the season before, and its price in the base period (first
    edition) or on the link day (later ones)."""

    definition = models.ForeignKey(IndexDefinition, on_delete=models.PROTECT, related_name="weights")
    edition = models.PositiveSmallIntegerField(default=FIRST_EDITION)
    product_number = models.BigIntegerField()
    product_code = models.CharField(max_length=24)
    weight_bps = models.PositiveIntegerField()
    base_price_milli = models.BigIntegerField()
    premium_discount_fen = models.BigIntegerField()
    """升贴水 of the cell when the weights were fixed: what normalisation takes off its price."""

    class Meta:
        ordering: ClassVar = ["edition", "product_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["definition", "edition", "product_number"], name="index_cell_once"
            ),
            models.CheckConstraint(
                condition=Q(weight_bps__gte=1, weight_bps__lte=BASIS, base_price_milli__gt=0),
                name="index_weight_in_bounds",
            ),
        ]


class IndexValue(models.Model):
    """An index on a day, with the evidence it was computed from (canonical JSON) and its SHA-256."""

    definition = models.ForeignKey(IndexDefinition, on_delete=models.PROTECT, related_name="values")
    day = models.DateField()
    revision = models.PositiveSmallIntegerField(default=0)
    value = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12, choices=ValueStatus, default=ValueStatus.DRAFT)
    method_version = models.CharField(max_length=12)
    evidence = models.TextField()
    evidence_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["day", "revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["definition", "day", "revision"], name="index_value_once"),
            models.UniqueConstraint(
                fields=["definition", "day"],
                condition=Q(status__in=["provisional", "final", "revised"]),
                name="index_value_one_published",
            ),
            models.CheckConstraint(condition=Q(status__in=ValueStatus.values), name="index_value_status"),
            models.CheckConstraint(
                condition=Q(status=ValueStatus.DRAFT) | Q(published_at__isnull=False),
                name="index_value_published_when",
            ),
            models.CheckConstraint(
                condition=Q(revision=0) | ~Q(reason=""), name="index_value_revised_with_reason"
            ),
        ]


class CellPrice(models.Model):
    """Price of a cell on a day as one value used it; a suspended cell has none."""

    value = models.ForeignKey(IndexValue, on_delete=models.CASCADE, related_name="cells")
    product_number = models.BigIntegerField()
    product_code = models.CharField(max_length=24)
    price_milli = models.BigIntegerField(null=True)
    level = models.PositiveSmallIntegerField()
    observed_on = models.DateField(null=True)
    """Day of the observation behind it; earlier than the value's day when carried forward."""
    trades = models.PositiveIntegerField(default=0)
    volume_kg = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["product_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value", "product_number"], name="cell_price_once"),
            models.CheckConstraint(
                condition=Q(level__in=[1, 2, 3, 4], price_milli__gt=0) | Q(level=5, price_milli__isnull=True),
                name="cell_price_by_level",
            ),
        ]


class SeriesValue(models.Model):
    """A series on a day as one value has it: the headline (dimension all) and each sub-index."""

    value = models.ForeignKey(IndexValue, on_delete=models.CASCADE, related_name="series")
    dimension = models.CharField(max_length=8, choices=Dimension)
    key = models.CharField(max_length=LONGEST_KEY, blank=True)
    points = models.BigIntegerField(null=True)
    """Hundredths of a point; none when too little of the group has a price."""
    coverage_bps = models.PositiveIntegerField()
    weight_bps = models.PositiveIntegerField()
    cells = models.PositiveSmallIntegerField()
    trades = models.PositiveBigIntegerField()
    """Eligible trades of the day itself, and the two that follow are of them."""
    volume_kg = models.BigIntegerField()
    turnover_milli = models.BigIntegerField()
    """Σ normalised price x kg, in thousandths of a fen."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value", "dimension", "key"], name="index_series_once"),
            models.CheckConstraint(
                condition=Q(dimension=Dimension.ALL, key="")
                | (Q(dimension__in=Dimension.values) & ~Q(dimension=Dimension.ALL) & ~Q(key="")),
                name="index_series_key",
            ),
            models.CheckConstraint(
                condition=(Q(points__isnull=True) | Q(points__gt=0))
                & Q(coverage_bps__lte=BASIS, weight_bps__gte=1, weight_bps__lte=BASIS, cells__gte=1)
                & Q(volume_kg__gte=0),
                name="index_series_in_bounds",
            ),
        ]


class IndexEdition(TwoPeople):
    """Weights that one operator proposed and another decides; an approved one waits for its link."""

    APPROVED = "approved"

    definition = models.ForeignKey(IndexDefinition, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    """2 for the first review; a refused or withdrawn number is used again."""
    first_day = models.DateField()
    """The first day it may be used: the link is made on the last published day before, or later."""
    weights = models.JSONField()
    """[[product number, code, weight in basis points, premium or discount in fen], …] by number."""
    waits_for = models.JSONField(default=list)
    """What kept it from being linked when last tried: codes of cells and series, or a day computed before."""

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=[WAITING, REFUSED, WITHDRAWN, "approved"], number__gt=FIRST_EDITION),
                name="index_edition_words",
            ),
            models.UniqueConstraint(
                fields=["definition", "number"],
                condition=Q(state__in=[WAITING, "approved"]),
                name="index_edition_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class IndexLink(models.Model):
    """The link of an edition: where its series go on from. Never changed.

    The document (canonical JSON) has the values of the series and the prices of the cells on the link day,
    with what both follow from.
    """

    edition = models.OneToOneField(IndexEdition, on_delete=models.PROTECT, related_name="link")
    day = models.DateField()
    value = models.BigIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    linked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(value__gt=0), name="index_link_value_positive"),
        ]
