"""What operations must remember: scheduled moments that took effect, and drawn ends of calls."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class JobRun(models.Model):
    """A moment of a timetable that took effect; written in the same transaction as the effect."""

    timetable = models.CharField(max_length=60)
    moment_ns = models.BigIntegerField(help_text="epoch ns the moment was due")
    ran_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["timetable", "moment_ns"], name="job_run_once"),
        ]


class CallEnd(models.Model):
    """The moment drawn for the end of a call; an operator may have ended it before."""

    change_id = models.BigIntegerField(unique=True, help_text="phase change that began the call")
    product_number = models.BigIntegerField()
    ends_at = models.DateTimeField()
    drawn_at = models.DateTimeField(auto_now_add=True)


class DayEnd(models.Model):
    """The end of a day 日终: one resumable job; how far it is."""

    day = models.DateField(unique=True)
    state = models.CharField(max_length=8, default="running", help_text="running | done | failed")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    archive_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "done", "failed"]), name="day_end_state_known"
            ),
        ]


class DayEndStep(models.Model):
    """A step of it; done once, with what it found.

    A job that is run again goes on after the last one done.
    """

    day_end = models.ForeignKey(DayEnd, on_delete=models.PROTECT, related_name="steps")
    name = models.CharField(max_length=20)
    result = models.JSONField()
    seconds = models.FloatField()
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["day_end", "name"], name="day_end_step_once"),
        ]


class TradingStop(models.Model):
    """Trading was stopped because the books and the bank differ; two people let it go on."""

    reason = models.CharField(max_length=300)
    stopped_by = models.CharField(max_length=150)
    stopped_at = models.DateTimeField(auto_now_add=True)
    products = models.JSONField(default=list, help_text="codes of the products it halted")
    proposed_by = models.CharField(max_length=150, blank=True)
    proposed_reason = models.CharField(max_length=300, blank=True)
    proposed_at = models.DateTimeField(null=True)
    resumed_by = models.CharField(max_length=150, blank=True)
    resumed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(resumed_at__isnull=True), name="trading_stop_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(resumed_at__isnull=True)
                | (
                    ~models.Q(proposed_by="")
                    & ~models.Q(resumed_by="")
                    & ~models.Q(resumed_by=models.F("proposed_by"))
                ),
                name="trading_stop_two_people_resume",
            ),
        ]


class OrderGuard(models.Model):
    """What takes a member's open orders out of the books unless somebody is heard of before ``lapses_at_ns``.

    A ``cancel_after`` is the member's switch, one an account. A ``connection`` is one socket the orders
    depend on; ``process`` keeps it alive. Rows go when they have done their work.
    """

    CANCEL_AFTER = "cancel_after"
    CONNECTION = "connection"

    kind = models.CharField(max_length=12)
    account_no = models.BigIntegerField()
    session = models.CharField(max_length=64, blank=True, help_text="digest of the key or log-in of a socket")
    connection = models.CharField(max_length=32, blank=True)
    process = models.CharField(max_length=32, blank=True, help_text="web process that holds the socket")
    lapses_at_ns = models.BigIntegerField(db_index=True, help_text="epoch ns; 0: it has lapsed")
    armed_by = models.CharField(max_length=150)
    armed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_no", "kind", "session", "connection"], name="order_guard_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="cancel_after", session="", connection="", process="")
                | (Q(kind="connection") & ~Q(session="") & ~Q(connection="") & ~Q(process="")),
                name="order_guard_kind",
            ),
            models.CheckConstraint(condition=Q(lapses_at_ns__gte=0), name="order_guard_time"),
        ]
        indexes: ClassVar = [models.Index(fields=["process"], name="order_guard_process")]
