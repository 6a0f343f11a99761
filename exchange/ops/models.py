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
