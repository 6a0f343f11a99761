"""The signed chain of what happened to lots and receipts, and the seals over endorsements."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class LifeEvent(models.Model):
    """A step in the life of a lot or a receipt: hashed with the step before, signed by who took it.

    Append only. subject_no is the number of the intake or receipt; seq counts its steps from 1.
    """

    subject_no = models.CharField(max_length=24)
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=16)
    stage = models.CharField(max_length=12)
    """The stage it led to."""
    party = models.CharField(max_length=12)
    institution = models.CharField(max_length=40)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()
    said = models.TextField()
    """The facts of the step, as canonical JSON."""
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
    """Ed25519 over the hash's text, in hex."""

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_no", "seq"], name="life_event_once"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="life_event_from_one"),
        ]


class EndorsementSeal(models.Model):
    """The exchange's signature over a run of endorsements, chained to the seal before. Append only."""

    first_id = models.BigIntegerField(unique=True)
    last_id = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(count__gte=1), name="endorsement_seal_not_empty"),
        ]
