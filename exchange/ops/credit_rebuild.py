"""`jinguo credit rebuild`: works every credit fact out again from its causes, and compares.

What is missing (it happened before there were records) is added. What stands without a cause is told and left
alone: only an objection decided by two people, or the step that undid the cause, sets a fact aside.
"""

from typing import NamedTuple

from django.db import transaction

from exchange.halls.credit import facts_of_auctions
from exchange.members.credit import Differences, Key, differences, record_facts
from exchange.members.credit_types import FactKind, NewFact
from settlement.credit import all_contracts, facts_outside_contracts
from warehouse_receipts.credit import facts_of_pledges

MOST_SHOWN = 100


class Rebuilt(NamedTuple):
    """What a run found."""

    contracts: int
    facts: int
    """Facts that follow from their causes."""
    missing: int
    added: int
    too_much: tuple[Key, ...]
    """(account number, kind, source), the first MOST_SHOWN."""
    too_much_in_all: int


def _outside_contracts() -> tuple[tuple[FactKind, list[NewFact]], ...]:
    """What follows from anything but a contract, by kind."""
    return (
        (FactKind.LATE_PAYMENT, facts_outside_contracts()),
        (FactKind.AUCTION_DEFAULT, facts_of_auctions()),
        (FactKind.PLEDGE_FORECLOSED, facts_of_pledges()),
    )


def member_differences(account_no: int) -> Differences:
    """The same for one member; nothing is added."""
    found = [
        *(differences(said, contract_nos=numbers) for numbers, said in all_contracts(account_no)),
        *(differences(said, kind=kind) for kind, said in _outside_contracts()),
    ]
    return Differences(
        tuple(fact for each in found for fact in each.missing if fact.account_no == account_no),
        tuple(key for each in found for key in each.too_much if key[0] == account_no),
    )


def rebuild(*, dry_run: bool) -> Rebuilt:
    """Compares everything, a few hundred contracts at a time, each in a transaction of its own."""
    contracts = facts = missing = added = in_all = 0
    shown: list[Key] = []

    def take(found: Differences) -> None:
        nonlocal missing, added, in_all
        missing += len(found.missing)
        added += 0 if dry_run else record_facts(found.missing)
        in_all += len(found.too_much)
        shown.extend(found.too_much[: MOST_SHOWN - len(shown)])

    for numbers, said in all_contracts():
        with transaction.atomic():
            contracts, facts = contracts + len(numbers), facts + len(said)
            take(differences(said, contract_nos=numbers))
    for kind, said in _outside_contracts():
        with transaction.atomic():
            facts += len(said)
            take(differences(said, kind=kind))
    return Rebuilt(contracts, facts, missing, added, tuple(shown), in_all)
