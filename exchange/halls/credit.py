"""What auctions say of their bidders: awards not paid and sealed bids not opened.

A deal of the halls moves goods and money at once, so a listing cannot be taken down after one: there is
nothing else here that a member could break. What follows a deal is settlement's to say.
"""

from collections.abc import Iterable

from exchange.halls.lives import subject_of
from exchange.halls.models import Award
from exchange.halls.types import AwardState
from exchange.kernel.calendar import trading_day
from exchange.members.credit import record_facts
from exchange.members.credit_types import FactKind, NewFact


def record_default(award: Award) -> None:
    """Records a default in the transaction in which the award learns of it."""
    record_facts(list(_defaults([award])))


def facts_of_auctions() -> list[NewFact]:
    """Every default of all auctions, oldest first."""
    rows = Award.objects.filter(state=AwardState.DEFAULTED).select_related("auction").order_by("pk")
    return list(_defaults(rows))


def _defaults(awards: Iterable[Award]) -> Iterable[NewFact]:
    """A default falls on the day the payment was due; a bid not opened, on the day of the reveal."""
    for award in awards:
        yield NewFact(
            account_no=award.account_no,
            kind=FactKind.AUCTION_DEFAULT,
            source=f"{subject_of(award.auction)}:{award.pk}",
            day=trading_day(award.deadline_ns or award.at_ns),
            role="bidder",
            kg=award.quantity_kg,
            amount_fen=award.price * award.quantity_kg,
        )
