"""The table of the research series; private to this package."""

from typing import ClassVar

from django.db import models


class ResearchMonth(models.Model):
    """A month of the research series as it was published. Append only."""

    month = models.DateField(unique=True)
    """Its first day."""
    method_version = models.CharField(max_length=12)
    figures = models.TextField()
    """Canonical JSON, see ``research_method.ResearchFigures``."""
    figures_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["month"]
