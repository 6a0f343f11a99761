"""Doing once what is asked for twice: the client's own key and the number of what it made."""

from collections.abc import Callable

from django.db import transaction

from exchange.halls.models import DoneOnce


@transaction.atomic
def once(account_no: int, key: str, make: Callable[[], int]) -> tuple[int, bool]:
    """Number of what ``make`` made, and whether an earlier call with the key made it.

    Key and work are one transaction: of two calls at once, one works and the other waits for its answer.
    """
    row, new = DoneOnce.objects.get_or_create(account_no=account_no, key=key, defaults={"number": 0})
    if not new:
        return row.number, True
    row.number = make()
    row.save(update_fields=["number"])
    return row.number, False
