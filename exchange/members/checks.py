"""Who may do what. Each function returns nothing or raises an error of ``exchange.kernel.errors``."""

from exchange.kernel.errors import BadParameter, BadUscc, MemberSuspended, NotPermitted
from exchange.members import uscc as uscc_rules
from exchange.members.models import Member, User
from exchange.members.types import SCOPES, FeeRates, MemberIdentity
from matching.types import BASIS

_TRADING_ROLES = frozenset({User.Role.TRADER, User.Role.ADMIN})
_MONEY_ROLES = frozenset({User.Role.FINANCE, User.Role.ADMIN})


def check_may_read(identity: MemberIdentity) -> None:
    """May look at the member's own records: every role, with the scope."""
    if "read" not in identity.scopes:
        raise NotPermitted("the key has no scope read")


def check_may_trade(identity: MemberIdentity) -> None:
    """May place orders: a trader or admin of a member that is not suspended."""
    check_may_cancel(identity)
    if identity.suspended:
        raise MemberSuspended


def check_may_cancel(identity: MemberIdentity) -> None:
    """May cancel orders: a trader or admin, of a suspended member too."""
    if identity.role not in _TRADING_ROLES or "trade" not in identity.scopes:
        raise NotPermitted("placing and cancelling orders needs a trader and the scope trade")


def check_may_move_money(identity: MemberIdentity) -> None:
    """May deposit and withdraw: finance staff or admin of a member."""
    if identity.role not in _MONEY_ROLES or "funds" not in identity.scopes:
        raise NotPermitted("moving money needs finance staff and the scope funds")


def check_operator(user: User) -> None:
    """Is an active person of the market operator."""
    if not (user.is_active and user.role == User.Role.OPERATOR and user.member_id is None):
        raise NotPermitted("for the operator of the exchange only")


def check_uscc(uscc: str) -> None:
    """Raises BadUscc unless the code is well formed with right check characters."""
    if not uscc_rules.is_valid(uscc):
        raise BadUscc(detail=uscc)


def check_kind(kind: str) -> None:
    """Raises BadParameter for a kind of member that does not exist."""
    if kind not in Member.Kind.values:
        raise BadParameter(name="kind")


def check_fees(fees: FeeRates) -> None:
    """Raises BadParameter unless each rate is between nothing and everything."""
    if not all(0 <= rate <= BASIS for rate in fees):
        raise BadParameter(name="fees")


def check_scopes(scopes: tuple[str, ...]) -> None:
    """Raises BadParameter for a scope that does not exist, or none at all."""
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadParameter(name="scopes")


def check_related_group(name: str) -> None:
    """Raises BadParameter unless the name is empty or a short printable text without spaces around it."""
    if name != name.strip() or len(name) > 60 or not name.isprintable():
        raise BadParameter(name="related_group")
