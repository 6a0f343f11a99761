"""What must be true of what people write, before anything is done."""

from settlement.errors import BadReason

SHORTEST_REASON = 2
LONGEST_REASON = 300


def check_reason(reason: str) -> None:
    """Raises BadReason unless the reason can be kept and read."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise BadReason
