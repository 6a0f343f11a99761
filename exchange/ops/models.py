"""What operations must remember: scheduled moments that took effect, and drawn ends of calls."""

from django.db import models


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
