"""Contracts and daily statements: what members were told, with the hash of it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from settlement.types import ContractStatus, PaymentVariant


class Contract(models.Model):
    """The electronic contract 电子交易合同 formed by a trade; only ``status`` may change after."""

    contract_no = models.CharField(max_length=24, unique=True)
    trade_id = models.BigIntegerField(unique=True)
    mode = models.CharField(max_length=12)
    """spot | listing | auction | negotiated."""
    rulebook_version = models.CharField(max_length=20)
    formed_at_ns = models.BigIntegerField()
    day = models.DateField()
    seq = models.BigIntegerField()
    """Formation event: sequence number in the journal."""
    seller_no = models.PositiveIntegerField()
    seller_code = models.CharField(max_length=16)
    seller_name = models.CharField(max_length=120)
    seller_uscc = models.CharField(max_length=18)
    seller_signatory = models.CharField(max_length=60, blank=True)
    buyer_no = models.PositiveIntegerField()
    buyer_code = models.CharField(max_length=16)
    buyer_name = models.CharField(max_length=120)
    buyer_uscc = models.CharField(max_length=18)
    buyer_signatory = models.CharField(max_length=60, blank=True)
    product_number = models.PositiveIntegerField()
    product_code = models.CharField(max_length=40)
    product_name = models.CharField(max_length=120)
    spec = models.JSONField()
    quality_standard = models.CharField(max_length=80)
    inspection_nos = models.JSONField()
    receipt_nos = models.JSONField()
    delivery_place = models.CharField(max_length=300)
    quantity_kg = models.BigIntegerField()
    price_fen = models.BigIntegerField()
    """Per kg, tax included."""
    amount_fen = models.BigIntegerField()
    buyer_fee_fen = models.BigIntegerField()
    seller_fee_fen = models.BigIntegerField()
    deposit_fen = models.BigIntegerField()
    deposit_release_day = models.DateField()
    price_basis = models.CharField(max_length=20)
    over_short_bps = models.PositiveSmallIntegerField()
    delivery_method = models.CharField(max_length=20)
    storage_fee_from = models.DateField()
    """From this day on the buyer pays the storage fee."""
    payment_schedule = models.JSONField()
    dispute_clause = models.CharField(max_length=120)
    lots = models.JSONField(null=True)
    """[[receipt no, kg, pieces, packaging, mark, origin, harvested on, certificate no], …]; None in contracts
    of the first version."""
    document_hash = models.CharField(max_length=64)
    """SHA-256 of the canonical JSON of the document; see ``contracts.document``."""
    status = models.CharField(max_length=10, default=ContractStatus.EFFECTIVE.value)
    payment = models.CharField(max_length=6, default=PaymentVariant.FULL.value)
    """full | bond | escrow; how, stands in ``payment_schedule``."""
    bond_fen = models.BigIntegerField(default=0)
    payment_due_ns = models.BigIntegerField(null=True)
    """When the balance is due."""
    final_at_ns = models.BigIntegerField(null=True)
    """Finality 结算最终性: when payment and title were posted together; irrevocable from then on."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_fen=F("price_fen") * F("quantity_kg")),
                name="contract_amount_is_price_by_kg",
            ),
            models.CheckConstraint(
                condition=Q(quantity_kg__gt=0, price_fen__gt=0), name="contract_has_goods"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in ContractStatus]),
                name="contract_status_known",
            ),
            models.CheckConstraint(
                condition=Q(payment__in=["full", "escrow"], bond_fen=0, payment_due_ns__isnull=True)
                | Q(payment="bond", bond_fen__gt=0, payment_due_ns__isnull=False),
                name="contract_payment_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer_no", "id"], name="contract_by_buyer"),
            models.Index(fields=["seller_no", "id"], name="contract_by_seller"),
            models.Index(
                fields=["deposit_release_day", "id"], condition=Q(status="effective"), name="contract_running"
            ),
        ]

    def __str__(self) -> str:
        return self.contract_no


class DailyStatement(models.Model):
    """Statement of one member for one day; a later run that finds other figures adds a revision."""

    account_no = models.PositiveIntegerField()
    day = models.DateField()
    revision = models.PositiveSmallIntegerField(default=1)
    statement_no = models.CharField(max_length=40, unique=True)
    opening_fen = models.BigIntegerField()
    deposits_fen = models.BigIntegerField()
    withdrawals_fen = models.BigIntegerField()
    sales_fen = models.BigIntegerField()
    purchases_fen = models.BigIntegerField()
    buyer_fees_fen = models.BigIntegerField()
    seller_fees_fen = models.BigIntegerField()
    deposits_kept_fen = models.BigIntegerField()
    deposits_released_fen = models.BigIntegerField()
    corrections_fen = models.BigIntegerField()
    """Everything without a column of its own; ``other`` says what."""
    other = models.JSONField(null=True)
    """{kind of transfer: fen, in +, out −}; its sum is ``corrections_fen``. None when there was nothing."""
    closing_fen = models.BigIntegerField()
    quality_deposit_fen = models.BigIntegerField()
    trades = models.PositiveIntegerField()
    document_hash = models.CharField(max_length=64)
    built_at_ns = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_no", "day", "revision"], name="statement_once_per_revision"
            ),
            models.CheckConstraint(
                condition=Q(
                    closing_fen=F("opening_fen")
                    + F("deposits_fen")
                    - F("withdrawals_fen")
                    + F("sales_fen")
                    - F("purchases_fen")
                    - F("buyer_fees_fen")
                    - F("seller_fees_fen")
                    - F("deposits_kept_fen")
                    + F("deposits_released_fen")
                    + F("corrections_fen")
                ),
                name="statement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.statement_no
