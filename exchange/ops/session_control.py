"""What the operator's people do to sessions: at once where one is enough, else proposed for another.

Above ``markets.session_proposals`` because nobody resumes past a trading stop, and that is operations'.
"""

from exchange.kernel.audit import Actor
from exchange.kernel.calendar import now_ns
from exchange.markets import session_proposals
from exchange.markets.session_proposals import RESUMING
from exchange.markets.types import SessionDeed
from exchange.ops.trading_stop import check_may_resume


def do_or_propose(*, actor: Actor, deed: SessionDeed, subject: str, reason: str) -> int | None:
    """Does the deed if one person is enough and returns None; else the number of the proposal.

    Raises TradingStopped, and as ``propose_deed`` and the deed do.
    """
    _check_stop(deed)
    if session_proposals.needs_two(deed, now_ns()):
        return session_proposals.propose_deed(actor=actor, deed=deed, subject=subject, reason=reason)
    session_proposals.carry_out(deed, subject, actor=actor, reason=reason)
    return None


def decide(proposal_id: int, *, approve: bool, reason: str, actor: Actor) -> SessionDeed:
    """The second person's word. Raises TradingStopped, and as ``decide_deed`` does."""
    if approve:
        _check_stop(session_proposals.deed_of(proposal_id))
    return session_proposals.decide_deed(proposal_id, approve=approve, reason=reason, actor=actor)


def _check_stop(deed: SessionDeed) -> None:
    if deed in RESUMING:
        check_may_resume()
