"""Titles in these tests are kept by a list: the receipts are not here."""

from collections.abc import Iterator

import pytest

from settlement.title import GoodsOfContract, keep_title_with


class Titles:
    """What settlement said of titles that wait for the balance: (what, contract number)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def pass_title(self, goods: GoodsOfContract, *, seq: int, at_ns: int) -> None:
        assert seq > 0 < at_ns
        self.told.append(("passed", goods.contract_no))

    def give_back(self, goods: GoodsOfContract) -> None:
        self.told.append(("given back", goods.contract_no))


@pytest.fixture(autouse=True)
def titles() -> Iterator[Titles]:
    """The list."""
    kept = Titles()
    before = keep_title_with(kept)
    yield kept
    keep_title_with(before)
