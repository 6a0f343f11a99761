"""Who may look at what in the register: the holder, the bodies a receipt names, the operator. Nobody else.

To whoever may not look, a lot or a receipt does not exist: the answer is the one an unknown number gets.
"""

from dataclasses import dataclass

from django.db.models import Q

from exchange.kernel.institutions import institution_code


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the people of a member, the staff of an institution, or the operator."""

    account_no: int | None = None
    institution: str = ""
    operator: bool = False

    def own_code(self, kind: str) -> str | None:
        """The viewer's code in the register of warehouses, inspection bodies or lenders."""
        named, _, own = self.institution.partition(":")
        return own if named == kind and own else None

    def receipts(self) -> Q:
        """Receipts the viewer may see."""
        if self.operator:
            return Q()
        if self.account_no is not None:
            return Q(holder_no=self.account_no)
        if code := self.own_code("warehouse"):
            return Q(warehouse__code=code)
        if code := self.own_code("inspector"):
            return Q(inspection__body_code=code)
        if code := self.own_code("lender"):
            return Q(set_aside__pledged__pledge__lender__code=code)
        return Q(pk__in=[])

    def intakes(self) -> Q:
        """Lots the viewer may see; an inspection body all that may come to be inspected."""
        if self.operator or self.own_code("inspector"):
            return Q()
        if self.account_no is not None:
            return Q(owner_no=self.account_no)
        if code := self.own_code("warehouse"):
            return Q(warehouse__code=code)
        return Q(pk__in=[])


def keeper_of(warehouse_code: str) -> Viewer:
    """The staff of a warehouse as viewers."""
    return Viewer(institution=institution_code("warehouse", warehouse_code))


OPERATOR = Viewer(operator=True)
