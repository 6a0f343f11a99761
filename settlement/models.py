"""Tables of settlement: the double-entry ledger, money at the bank, contracts, statements.

The ledger follows TigerBeetle: every transfer names one account to debit and one to credit, so it balances by
construction; transfers never change; the balances of an account move only with the transfers inserted, by
triggers (see the migration ``0002_ledger_triggers``), whoever inserts them.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from matching.types import MAX_AMOUNT
from settlement.types import AccountKind, ContractStatus, MovementState, Normal, TransferKind, TransferPhase


def _choices(kind: type) -> list[tuple[str, str]]:
    return [(member.value, member.name) for member in kind]  # type: ignore[attr-defined]


class LedgerAccount(models.Model):
    """One account. Its balance is credits − debits (normal credit) or debits − credits (normal debit)."""

    code = models.CharField(max_length=60, unique=True)
    """member:<no>:cash and others, see ``accounts``."""
    kind = models.CharField(max_length=20)
    normal = models.CharField(max_length=6)
    member_account_no = models.PositiveIntegerField(null=True)
    debits_posted = models.BigIntegerField(default=0)
    credits_posted = models.BigIntegerField(default=0)
    debits_pending = models.BigIntegerField(default=0)
    credits_pending = models.BigIntegerField(default=0)
    last_transfer_id = models.BigIntegerField(default=0)
    """The transfer that moved the balances last."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    debits_posted__gte=0, credits_posted__gte=0, debits_pending__gte=0, credits_pending__gte=0
                ),
                name="ledger_account_counters_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(normal=Normal.CREDIT.value)
                | Q(credits_posted__gte=F("debits_posted") + F("debits_pending")),
                name="ledger_account_credit_not_below_zero",
            ),
            models.CheckConstraint(
                condition=~Q(normal=Normal.DEBIT.value)
                | Q(debits_posted__gte=F("credits_posted") + F("credits_pending")),
                name="ledger_account_debit_not_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(normal__in=[side.value for side in Normal]), name="ledger_account_normal_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AccountKind]), name="ledger_account_kind_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["member_account_no"], name="ledger_account_by_member")]

    def __str__(self) -> str:
        return self.code


class Transfer(models.Model):
    """Money moved, reserved, or a reservation resolved. Never changed, never deleted."""

    transfer_key = models.CharField(max_length=80, unique=True)
    """Made by whoever posts it, e.g. trade:42:payment; the same key cannot move money twice."""
    debit_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="debits", db_index=False
    )
    credit_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="credits", db_index=False
    )
    amount_fen = models.BigIntegerField()
    phase = models.SmallIntegerField(default=TransferPhase.POSTED)
    pending = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="resolutions", db_index=False
    )
    released_fen = models.BigIntegerField(null=True)
    """What a resolution takes off the reservation: all of it, also when less is posted."""
    expires_at_ns = models.BigIntegerField(null=True)
    """PENDING: from then on it can only expire."""
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=80)
    """What it is for: trade:42, movement:7, contract:HT…."""
    seq = models.BigIntegerField(null=True)
    day = models.DateField()
    posted_at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="transfer_between_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=[1, 2], pending__isnull=True, released_fen__isnull=True)
                | Q(phase=3, pending__isnull=False, released_fen__gte=F("amount_fen"))
                | Q(phase__in=[4, 5], pending__isnull=False, released_fen=F("amount_fen")),
                name="transfer_phase_and_pending_agree",
            ),
            models.CheckConstraint(
                condition=Q(expires_at_ns__isnull=True) | Q(phase=2), name="transfer_only_pending_expires"
            ),
            models.CheckConstraint(condition=Q(amount_fen__lte=MAX_AMOUNT), name="transfer_amount_bounded"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in TransferKind]), name="transfer_kind_known"
            ),
            models.UniqueConstraint(
                fields=["pending"], condition=Q(pending__isnull=False), name="transfer_pending_resolved_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["debit_account", "id"], name="transfer_by_debit"),
            models.Index(fields=["credit_account", "id"], name="transfer_by_credit"),
            models.Index(fields=["day"], name="transfer_by_day"),
            models.Index(
                fields=["expires_at_ns"], condition=Q(expires_at_ns__isnull=False), name="transfer_expiring"
            ),
        ]

    def __str__(self) -> str:
        return self.transfer_key


class BankAccount(models.Model):
    """The account at a settlement bank a member bound: money comes from there and goes there only."""

    account_no = models.PositiveIntegerField(unique=True)
    """The member's number at the exchange."""
    bank_name = models.CharField(max_length=80)
    bank_account_no = models.CharField(max_length=40, unique=True)
    holder = models.CharField(max_length=120)
    bound_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.bank_name} {self.bank_account_no[-4:]}"


class BankMovement(models.Model):
    """One deposit 入金 or withdrawal 出金; its life is the table in ``transitions``, kept by a trigger."""

    class Direction(models.TextChoices):
        DEPOSIT = "deposit", "入金"
        WITHDRAWAL = "withdrawal", "出金"

    movement_no = models.CharField(max_length=24, unique=True)
    """Number told to the bank; the bank carries out each number at most once."""
    direction = models.CharField(max_length=10, choices=Direction)
    account_no = models.PositiveIntegerField()
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="movements")
    amount_fen = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=_choices(MovementState), default=MovementState.REQUESTED.value
    )
    bank_ref = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001 - unique when there is one
    failure = models.CharField(max_length=200, blank=True)
    engine_seq = models.BigIntegerField(null=True)
    """Where the floor took the money out (withdrawal) or put it in (deposit)."""
    day = models.DateField()
    requested_at_ns = models.BigIntegerField()
    requested_by = models.CharField(max_length=150)
    finished_at_ns = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="movement_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in MovementState]), name="movement_state_known"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["deposit", "withdrawal"]), name="movement_direction_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=MovementState.CONFIRMED.value) | Q(bank_ref__isnull=False),
                name="movement_confirmed_has_bank_ref",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "id"], name="movement_by_account"),
            models.Index(
                fields=["id"], condition=Q(state__in=["requested", "held", "sent"]), name="movement_open"
            ),
        ]

    def __str__(self) -> str:
        return self.movement_no


class BankMovementStep(models.Model):
    """One step in the life of a movement, written with the step."""

    movement = models.ForeignKey(BankMovement, on_delete=models.PROTECT, related_name="steps")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    why = models.CharField(max_length=200, blank=True)
    at_ns = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.movement_id}: {self.from_state} → {self.to_state}"


class MockBankInstruction(models.Model):
    """The mock bank's own book: what it was told and what it did. Only ``banks.MockBank`` reads it."""

    instruction_no = models.CharField(max_length=24, unique=True)
    direction = models.CharField(max_length=10)
    bank_account_no = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    received_at_ns = models.BigIntegerField()
    booked_at_ns = models.BigIntegerField(db_index=True)
    """When the outcome stands in the bank's book and may be reported."""
    bank_ref = models.CharField(max_length=60, unique=True)
    failure = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.instruction_no


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
    document_hash = models.CharField(max_length=64)
    """SHA-256 of the canonical JSON of the document; see ``contracts.document``."""
    status = models.CharField(max_length=10, default=ContractStatus.EFFECTIVE.value)

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
