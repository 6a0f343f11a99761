"""What operations must remember: which scheduled moments have taken effect."""

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
