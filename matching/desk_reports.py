"""The events of a batch in the words of the desk; what the fields mean: ``matching/desk_events.py``."""

from matching.types import EVENT


class DeskReports:
    """What happens at the desk while a batch is applied."""

    def __init__(self) -> None:
        self.seq = 0
        """Sequence number of the command being applied."""
        self._records: list[bytes] = []

    def take(self) -> list[bytes]:
        """The events since the last call, packed."""
        records, self._records = self._records, []
        return records

    def tell(
        self,
        kind: int,
        *,
        side: int = 0,
        reason: int = 0,
        product: int = 0,
        order_id: int = 0,
        other_id: int = 0,
        price: int = 0,
        quantity: int = 0,
        remaining: int = 0,
        account: int = 0,
        other: int = 0,
    ) -> None:
        """One event."""
        head = (self.seq, kind, side, reason, product, order_id, other_id)
        self._records.append(EVENT.pack(*head, price, quantity, remaining, account, other))
