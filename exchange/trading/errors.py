"""What can go wrong on the way to the floor and in its journal."""

from exchange.kernel.errors import FloorUnavailable

__all__ = [
    "DamagedError",
    "FencedError",
    "FloorUnavailable",
    "JournalError",
    "LeaseHeldError",
    "ProjectionError",
]


class JournalError(Exception):
    """The journal cannot be written or read: the floor stops rather than guess."""


class FencedError(JournalError):
    """Another floor writes this journal now; this one must stop without acknowledging anything more."""


class LeaseHeldError(JournalError):
    """The journal already has a floor; a second one must not start."""


class DamagedError(JournalError):
    """Stored bytes do not agree with their hash, or a replay does not give what was recorded."""


class ProjectionError(Exception):
    """The tables cannot follow the journal: the projector halts and says why rather than skip anything."""
