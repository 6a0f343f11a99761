"""Chart of accounts: what accounts there are, how they are called and on which side they grow.

| account                       | normal | holds                                                       |
|-------------------------------|--------|-------------------------------------------------------------|
| bank:client_money             | debit  | the exchange's special settlement account at the bank       |
| member:<no>:cash              | credit | money of a member, what its orders hold included            |
| member:<no>:quality_deposit   | credit | a seller's quality deposits                                 |
| fees:income                   | credit | trade fees earned                                           |
| suspense                      | none   | money at the bank that belongs to nobody known yet          |
"""

from collections.abc import Iterable

from django.db import connection

from settlement.models import LedgerAccount
from settlement.types import AccountKind, Normal

CLIENT_MONEY = "bank:client_money"
FEES = "fees:income"
SUSPENSE = "suspense"

_OF_THE_EXCHANGE = {
    CLIENT_MONEY: (AccountKind.CLIENT_MONEY, Normal.DEBIT),
    FEES: (AccountKind.FEES, Normal.CREDIT),
    SUSPENSE: (AccountKind.SUSPENSE, Normal.NONE),
}
_OF_A_MEMBER = {kind.value: kind for kind in (AccountKind.CASH, AccountKind.QUALITY_DEPOSIT)}


def cash_of(account_no: int) -> str:
    """Code of a member's money."""
    return f"member:{account_no}:cash"


def quality_deposit_of(account_no: int) -> str:
    """Code of a member's quality deposits."""
    return f"member:{account_no}:quality_deposit"


def account_ids(codes: Iterable[str]) -> dict[str, int]:
    """Ids of accounts by code; accounts not used before are opened, in the caller's transaction."""
    sought = set(codes)
    ids = _known_ids(sought)
    missing = sorted(sought - ids.keys())
    if missing:
        assert connection.in_atomic_block
        opened = [_new_account(code) for code in missing]
        LedgerAccount.objects.bulk_create(opened, ignore_conflicts=connection.vendor == "postgresql")
        ids |= _known_ids(set(missing))
    return ids


def _known_ids(codes: set[str]) -> dict[str, int]:
    return dict(LedgerAccount.objects.filter(code__in=codes).values_list("code", "id"))


def _new_account(code: str) -> LedgerAccount:
    if code in _OF_THE_EXCHANGE:
        kind, normal = _OF_THE_EXCHANGE[code]
        return LedgerAccount(code=code, kind=kind, normal=normal)
    word, number, name = code.split(":")
    assert word == "member", code
    return LedgerAccount(
        code=code, kind=_OF_A_MEMBER[name], normal=Normal.CREDIT, member_account_no=int(number)
    )
