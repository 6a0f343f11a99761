"""Numbers people read: dense series kept in a table, and the numbers made from them."""

from datetime import date
from functools import lru_cache

from django.db import connection, transaction

from matching.desk_types import FIRST_DEAL


def next_number(series: str, *, count: int = 1) -> int:
    """Takes ``count`` numbers of a dense series (1, 2, 3, …) and returns the last of them.

    The series is locked until the transaction ends and the numbers go back if it fails: none is missing.
    """
    assert count >= 1
    assert connection.in_atomic_block, "a number taken outside a transaction could be lost"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_series (name, value) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET value = kernel_series.value + excluded.value RETURNING value",
            [series, count],
        )
        value: int = cursor.fetchone()[0]
    return value


@lru_cache(maxsize=64)
def day_digits(day: date) -> str:
    """A day as numbers carry it, e.g. 20261120; thousands of them are made for the same few days."""
    return f"{day:%Y%m%d}"


def contract_no(day: date, trade_id: int) -> str:
    """Number of the contract formed by a trade, e.g. HT20261120-00000042. Unique because trade ids are.

    Deals of the halls have a series and a letter of their own: HT20261120-L0000042.
    """
    if trade_id > FIRST_DEAL:
        return f"HT{day_digits(day)}-L{trade_id - FIRST_DEAL:07d}"
    return f"HT{day_digits(day)}-{trade_id:08d}"


def movement_no(day: date, number: int, *, inbound: bool) -> str:
    """Number of a bank movement: RJ 入金 or CJ 出金, day and a dense number, e.g. RJ20261120-000042."""
    return f"{'RJ' if inbound else 'CJ'}{day:%Y%m%d}-{number:06d}"


def statement_no(day: date, member_code: str, revision: int) -> str:
    """Number of a daily statement, e.g. JS20261120-G001-1."""
    return f"JS{day:%Y%m%d}-{member_code}-{revision}"
