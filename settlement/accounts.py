"""Chart of accounts: what accounts there are, how they are called and on which side they grow.

| account                      | normal | holds                                                            |
|------------------------------|--------|------------------------------------------------------------------|
| bank:client_money            | debit  | the exchange's special settlement account at the bank            |
| bank:charges                 | debit  | what the bank charged, borne by the exchange                     |
| member:<no>:cash             | credit | money of a member, what its orders hold included                 |
| member:<no>:quality_deposit  | credit | a seller's quality deposits                                      |
| member:<no>:bond             | credit | a buyer's performance bonds, while the balance of the price is due |
| member:<no>:escrow           | credit | a buyer's payments kept until the goods are accepted             |
| fees:income                  | credit | trade fees earned                                                |
| fees:delivery                | credit | delivery fees earned                                             |
| payable:storage:<code>       | credit | fees collected for a warehouse                                   |
| payable:storage              | credit | fees collected before each warehouse had an account of its own   |
| payable:inspection           | credit | re-inspection fees collected for the inspection bodies           |
| payable:tax                  | credit | taxes collected                                                  |
| payable:interest             | credit | the bank's interest on client money, not yet shared out          |
| reserve:risk                 | credit | risk reserve set aside from fees                                 |
| suspense                     | none   | money at the bank that belongs to nobody known yet               |
"""

import re
from collections.abc import Iterable

from django.db import connection

from settlement.errors import BadMove
from settlement.models import LedgerAccount
from settlement.types import AccountKind, Normal

CLIENT_MONEY = "bank:client_money"
BANK_CHARGES = "bank:charges"
FEES = "fees:income"
DELIVERY_FEES = "fees:delivery"
STORAGE_PAYABLE = "payable:storage"
INSPECTION_PAYABLE = "payable:inspection"
TAX_PAYABLE = "payable:tax"
INTEREST_PAYABLE = "payable:interest"
RISK_RESERVE = "reserve:risk"
SUSPENSE = "suspense"

_STORE_ACCOUNT = re.compile(rf"{STORAGE_PAYABLE}:[^\s:]{{1,16}}")

OF_THE_EXCHANGE = {
    CLIENT_MONEY: (AccountKind.CLIENT_MONEY, Normal.DEBIT),
    BANK_CHARGES: (AccountKind.BANK_CHARGES, Normal.DEBIT),
    FEES: (AccountKind.FEES, Normal.CREDIT),
    DELIVERY_FEES: (AccountKind.DELIVERY_FEES, Normal.CREDIT),
    STORAGE_PAYABLE: (AccountKind.STORAGE_PAYABLE, Normal.CREDIT),
    INSPECTION_PAYABLE: (AccountKind.INSPECTION_PAYABLE, Normal.CREDIT),
    TAX_PAYABLE: (AccountKind.TAX_PAYABLE, Normal.CREDIT),
    INTEREST_PAYABLE: (AccountKind.INTEREST_PAYABLE, Normal.CREDIT),
    RISK_RESERVE: (AccountKind.RISK_RESERVE, Normal.CREDIT),
    SUSPENSE: (AccountKind.SUSPENSE, Normal.NONE),
}
_MEMBER_KINDS = (AccountKind.CASH, AccountKind.QUALITY_DEPOSIT, AccountKind.BOND, AccountKind.ESCROW)
_OF_A_MEMBER = {kind.value: kind for kind in _MEMBER_KINDS}


def cash_of(account_no: int) -> str:
    """Code of a member's money."""
    return f"member:{account_no}:cash"


def quality_deposit_of(account_no: int) -> str:
    """Code of a member's quality deposits."""
    return f"member:{account_no}:quality_deposit"


def bond_of(account_no: int) -> str:
    """Code of a member's performance bonds."""
    return f"member:{account_no}:bond"


def escrow_of(account_no: int) -> str:
    """Code of a member's payments kept until acceptance."""
    return f"member:{account_no}:escrow"


def storage_payable_of(store_code: str) -> str:
    """Code of the fees collected for a warehouse."""
    return f"{STORAGE_PAYABLE}:{store_code}"


def is_storage_payable(code: str) -> bool:
    """Whether an account holds fees of one warehouse."""
    return _STORE_ACCOUNT.fullmatch(code) is not None


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


def check_code(code: str) -> None:
    """Raises BadMove unless the chart of accounts has such an account."""
    if code in OF_THE_EXCHANGE or is_storage_payable(code):
        return
    word, _, rest = code.partition(":")
    number, _, name = rest.partition(":")
    if word != "member" or not (number.isascii() and number.isdigit()) or name not in _OF_A_MEMBER:
        raise BadMove(code)


def _new_account(code: str) -> LedgerAccount:
    if code in OF_THE_EXCHANGE:
        kind, normal = OF_THE_EXCHANGE[code]
        return LedgerAccount(code=code, kind=kind, normal=normal)
    if is_storage_payable(code):
        return LedgerAccount(code=code, kind=AccountKind.STORAGE_PAYABLE, normal=Normal.CREDIT)
    word, number, name = code.split(":")
    assert word == "member", code
    return LedgerAccount(
        code=code, kind=_OF_A_MEMBER[name], normal=Normal.CREDIT, member_account_no=int(number)
    )
