"""Loads long files of lots beside the clock, one after the other; and what their rows may name.

A thread of its own, because a file takes seconds and a call has to end on the second.
"""

import logging
import secrets
import threading
from functools import lru_cache

from django.db import OperationalError, close_old_connections

from exchange.markets.selectors import varieties
from exchange.members.selectors import member_by_account_no, member_by_code
from exchange.trading import runtime
from warehouse_receipts.case_errors import BadRow
from warehouse_receipts.import_errors import OwnerMayNotDeliver
from warehouse_receipts.import_jobs import run_next_import
from warehouse_receipts.importing import KnownNames

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ACTIVE = "active"
MAX_ACCOUNT_DIGITS = 9


def run_imports(stop: threading.Event) -> None:
    """Files as they come, until told to stop; one that is half done is left for the next runner."""
    runner = f"{runtime.holder_name()}-{secrets.token_hex(4)}"[:60]
    while not stop.is_set():
        try:
            found = run_next_import(runner=runner, known=known_names(), stop=stop.is_set)
        except OperationalError as error:
            logger.warning("Imports wait for the tables: %s", error)
            close_old_connections()
            found = False
        if not found:
            stop.wait(LOOK_EVERY_S)


def known_names() -> KnownNames:
    """Owners by trader code or account number, varieties by code or name; each is looked up once."""
    names = {name: row.code for row in varieties() for name in (row.code, row.name_zh)}

    def variety_code(named: str) -> str:
        if named not in names:
            raise BadRow(why_zh=f"variety：没有品种 {named}", why_en=f"variety: there is no {named}")
        return names[named]

    return KnownNames(lru_cache(maxsize=None)(_owner_no), variety_code)


def _owner_no(named: str) -> int:
    """The account a code or number names. Raises UnknownMember, OwnerMayNotDeliver."""
    if named.isascii() and named.isdigit() and len(named) <= MAX_ACCOUNT_DIGITS:
        owner = member_by_account_no(int(named))
    else:
        owner = member_by_code(named.upper())
    if owner.status != ACTIVE:
        raise OwnerMayNotDeliver(owner=owner.code, why_zh="暂停交易", why_en=owner.status)
    return owner.account_no
