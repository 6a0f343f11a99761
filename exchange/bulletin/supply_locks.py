"""The only module that locks rows of the board: an intention before its inquiries, a member's series before
both.

The series makes a member's acts come one after the other, so that limits hold for posts sent at once.
"""

from exchange.bulletin.supply_errors import UnknownInquiry, UnknownIntention
from exchange.bulletin.supply_models import AbuseReport, Inquiry, Intention
from exchange.kernel.errors import NotFound
from exchange.kernel.ids import next_number


def take_turn(account_no: int) -> None:
    """Waits until no other act of the member on the board is under way."""
    next_number(f"supply:{account_no}")


def lock_intention(intention_id: int, account_no: int | None = None) -> Intention:
    """An intention, and only if it is this account's. Raises UnknownIntention."""
    row = Intention.objects.select_for_update().filter(pk=intention_id).first()
    if row is None or account_no not in (None, row.account_no):
        raise UnknownIntention(detail=str(intention_id))
    return row


def lock_inquiry(inquiry_id: int, account_no: int) -> Inquiry:
    """An inquiry the account is a party to. Raises UnknownInquiry."""
    row = Inquiry.objects.select_for_update().filter(pk=inquiry_id).first()
    if row is None or account_no not in (row.account_no, row.owner_no):
        raise UnknownInquiry(detail=str(inquiry_id))
    return row


def lock_report(report_id: int) -> AbuseReport:
    """A report. Raises NotFound."""
    row = AbuseReport.objects.select_for_update().filter(pk=report_id).first()
    if row is None:
        raise NotFound(detail=f"report {report_id}")
    return row
