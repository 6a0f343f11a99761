"""A floor in a few lines: what waits in the outbox is answered as the engine would, and handed back."""

from collections import defaultdict

from exchange.kernel import outbox
from matching.types import Command, CommandKind, Reason
from settlement import services
from settlement.models import LedgerAccount


class Floor:
    """Keeps what each account can spend; ``bound`` is what open orders hold of it."""

    def __init__(self) -> None:
        self.funds: defaultdict[int, int] = defaultdict(int)
        self.bound: defaultdict[int, int] = defaultdict(int)
        self.seq = 10_000

    def turn(self) -> int:
        """Answers everything that waits, until nothing does; how many commands."""
        count = 0
        while rows := outbox.pending():
            for row in rows:
                count += 1
                self._answer(row.id, row.reference, Command.unpack(row.command))
        return count

    def settle(self, account_no: int, fen: int) -> None:
        """A deal took or brought money."""
        self.funds[account_no] += fen

    def agrees(self) -> bool:
        """Whether the ledger's cash not reserved is what the floor has, for every member."""
        for account in LedgerAccount.objects.filter(kind="cash"):
            assert account.member_account_no is not None
            cash = account.credits_posted - account.debits_posted - account.debits_pending
            if cash != self.funds[account.member_account_no]:
                return False
        return True

    def _answer(self, row_id: int, reference: str, command: Command) -> None:
        self.seq += 1
        reason = 0
        if command.kind == CommandKind.FUNDS:
            account = command.account
            if command.amount < 0 and self.funds[account] - self.bound[account] < -command.amount:
                reason = int(Reason.INSUFFICIENT_FUNDS)
            else:
                self.funds[account] += command.amount
        outbox.mark_applied([outbox.Answer(row_id, self.seq, reason)])
        services.floor_answered(reference, self.seq, reason)
