"""Tables of what people decide about the indexes: proposals to publish, consultations, complaints."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from exchange.kernel.two_people import TwoPeople
from exchange.price_index.governance_types import (
    IN_PUBLIC,
    LEAST_COMMENT_DAYS,
    MOST_COMMENT_DAYS,
    OUTCOMES,
    ComplaintState,
    ComplaintSubject,
    ConsultationState,
    ConsultationSubject,
)


class ValueProposal(TwoPeople):
    """A draft, or the revision of a published day, that one person puts forward and another releases."""

    definition = models.ForeignKey(
        "price_index.IndexDefinition", on_delete=models.PROTECT, related_name="proposals"
    )
    day = models.DateField()
    revision = models.PositiveSmallIntegerField()
    value = models.BigIntegerField(null=True)
    evidence_hash = models.CharField(max_length=64)

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "released", "refused", "withdrawn"]),
                name="index_proposal_state_known",
            ),
            models.UniqueConstraint(
                fields=["definition", "day"], condition=Q(state="waiting"), name="index_proposal_one_waiting"
            ),
            models.UniqueConstraint(
                fields=["definition", "day", "revision"],
                condition=Q(state="released"),
                name="index_proposal_released_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.revision}"


class Consultation(TwoPeople):
    """A change of an index's method, parameters or cells, announced for comments and then decided."""

    number = models.CharField(max_length=24, unique=True)
    definition = models.ForeignKey(
        "price_index.IndexDefinition", on_delete=models.PROTECT, related_name="consultations"
    )
    subject = models.CharField(max_length=12)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=160)
    change_zh = models.TextField()
    change_en = models.TextField()
    why_zh = models.TextField()
    why_en = models.TextField()
    comment_days = models.PositiveSmallIntegerField()
    effective_from = models.DateField()
    """The day it is meant to come into force; the decision names the real one."""
    opened_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    """Last day for comments."""

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=ConsultationState.values), name="consultation_state_known"
            ),
            models.CheckConstraint(
                condition=Q(subject__in=ConsultationSubject.values), name="consultation_subject_known"
            ),
            models.CheckConstraint(
                condition=Q(comment_days__gte=LEAST_COMMENT_DAYS, comment_days__lte=MOST_COMMENT_DAYS),
                name="consultation_long_enough",
            ),
            models.CheckConstraint(
                condition=Q(state__in=IN_PUBLIC, opened_on__isnull=False, closes_on__isnull=False)
                | (~Q(state__in=IN_PUBLIC) & Q(opened_on__isnull=True, closes_on__isnull=True)),
                name="consultation_opened_when",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ConsultationDecision(TwoPeople):
    """How a consultation ends, with the operator's reply; one person proposes it, another approves."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8)
    version = models.CharField(max_length=12, blank=True)
    """Of the method that comes of it; empty when the change was dropped, or is one of cells and weights."""
    effective_from = models.DateField(null=True)
    reply_zh = models.TextField()
    reply_en = models.TextField()

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "approved", "refused", "withdrawn"]),
                name="consultation_decision_state",
            ),
            models.CheckConstraint(
                condition=Q(outcome="dropped", version="", effective_from__isnull=True)
                | Q(outcome__in=OUTCOMES[:2], effective_from__isnull=False),
                name="consultation_decision_whole",
            ),
            models.UniqueConstraint(
                fields=["consultation"],
                condition=Q(state__in=["waiting", "approved"]),
                name="consultation_decision_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultation_id} {self.outcome}"


class ConsultationComment(models.Model):
    """What somebody says to a consultation; it may be taken down, never deleted."""

    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="comments")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=40)
    """The form's own: sent twice, it is one comment."""
    username = models.CharField(max_length=150)
    party = models.CharField(max_length=40)
    """Whom the person acts for, by which the number of comments is limited."""
    author = models.CharField(max_length=120)
    """Their name as it was then."""
    text = models.CharField(max_length=2000)
    is_public = models.BooleanField()
    at = models.DateTimeField()
    taken_down_at = models.DateTimeField(null=True)
    taken_down_by = models.CharField(max_length=150, blank=True)
    takedown_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consultation", "number"], name="consultation_comment_no"),
            models.UniqueConstraint(fields=["username", "key"], name="consultation_comment_once"),
            models.CheckConstraint(
                condition=Q(taken_down_at__isnull=True, taken_down_by="", takedown_reason="")
                | (Q(taken_down_at__isnull=False) & ~Q(taken_down_by="") & ~Q(takedown_reason="")),
                name="consultation_comment_takedown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultation_id} {self.number}"


class IndexComplaint(models.Model):
    """A complaint about a value or the method, by a member or by anybody who can be reached."""

    number = models.CharField(max_length=24, unique=True)
    key = models.CharField(max_length=64, unique=True)
    """SHA-256 of the form's own key: sent twice, it is one complaint. The code is made from that key too."""
    code_hash = models.CharField(max_length=64)
    """SHA-256 of the code by which its complainant finds it without a log-in."""
    definition = models.ForeignKey(
        "price_index.IndexDefinition", on_delete=models.PROTECT, related_name="complaints"
    )
    day = models.DateField(null=True)
    subject = models.CharField(max_length=12)
    text = models.CharField(max_length=2000)
    account_no = models.PositiveIntegerField(null=True)
    filed_by = models.CharField(max_length=150, blank=True)
    contact_name = models.CharField(max_length=40, blank=True)
    contact_phone = models.CharField(max_length=20, blank=True)
    from_ip = models.GenericIPAddressField(null=True)
    filed_at = models.DateTimeField()
    acknowledge_by = models.DateField()
    decide_by = models.DateField()
    state = models.CharField(max_length=12, default=ComplaintState.FILED.value)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    finished_by = models.CharField(max_length=150, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(subject__in=ComplaintSubject.values), name="index_complaint_subject_known"
            ),
            models.CheckConstraint(
                condition=(Q(account_no__isnull=False) & ~Q(filed_by=""))
                | (Q(account_no__isnull=True) & ~Q(contact_name="") & ~Q(contact_phone="")),
                name="index_complaint_reachable",
            ),
            models.CheckConstraint(
                condition=Q(state="filed", acknowledged_at__isnull=True, finished_at__isnull=True)
                | Q(state="acknowledged", acknowledged_at__isnull=False, finished_at__isnull=True)
                | Q(state="withdrawn", finished_at__isnull=False)
                | (
                    Q(
                        state__in=["rejected", "upheld"],
                        acknowledged_at__isnull=False,
                        finished_at__isnull=False,
                    )
                    & ~Q(finished_by="")
                    & ~Q(answer="")
                ),
                name="index_complaint_state_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "id"], name="index_complaint_by_account"),
            models.Index(fields=["state", "id"], name="index_complaint_by_state"),
        ]

    def __str__(self) -> str:
        return self.number
