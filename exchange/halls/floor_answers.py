"""What follows from the floor's answers to what the halls told it, in the projector's transaction.

``setaside:…``  goods of a listing, an auction or a supplier: when floor and register agree, the floor is told
                of the listing, auction or entry; when they do not, it fails and says why.
``listing:…``, ``auction:…``  a refusal fails it, and its goods go back.
``setting:…``   a parameter of the desk is in force, or refused.
"""

from exchange.halls.auctions import hand_back_left, send_auction, send_entry
from exchange.halls.desk_settings import setting_answered
from exchange.halls.listings import send_listing
from exchange.halls.lives import step, subject_of
from exchange.halls.models import Auction, Entry, Listing
from exchange.halls.types import EntryState, HallState, ListingState
from exchange.kernel import audit, outbox
from exchange.kernel.audit import Actor
from exchange.kernel.errors import error_for_reason
from matching.desk_types import CANCEL, DeskCommand, DeskCommandKind
from warehouse_receipts.case_errors import ReceiptUnderOrder
from warehouse_receipts.court_orders import set_aside_under_order
from warehouse_receipts.setting_aside import set_aside_by_id, set_aside_id_of
from warehouse_receipts.types import SELLING, SetAsideRow, SetAsideState

FLOOR = Actor("floor")


def floor_answered(reference: str, reason: int) -> bool:
    """Takes the floor's answer to an outbox row, after the register took it; whether it was one of ours."""
    set_aside_id = set_aside_id_of(reference)
    if set_aside_id is not None:
        return _goods_answered(set_aside_by_id(set_aside_id))
    kind, _, rest = reference.partition(":")
    if kind == "setting":
        setting_answered(int(rest), reason)
        return True
    if kind not in ("listing", "auction"):
        return False
    key, _, what = rest.partition(":")
    if kind == "listing":
        _listing_answered(int(key), what, reason)
    else:
        _auction_answered(int(key), what, reason)
    return True


def _goods_answered(goods: SetAsideRow) -> bool:
    if goods.business not in SELLING or goods.state == SetAsideState.REQUESTED:
        return False
    ordered = goods.state == SetAsideState.ACTIVE and set_aside_under_order(goods.id)
    agreed = goods.state == SetAsideState.ACTIVE and not ordered
    why = ReceiptUnderOrder.code if ordered else goods.reason
    listing = Listing.objects.filter(set_aside_id=goods.id).first()
    auction = Auction.objects.filter(set_aside_id=goods.id).first()
    entry = Entry.objects.filter(set_aside_id=goods.id).first()
    if listing is not None:
        send_listing(listing) if agreed else _fail_listing(listing, why)
    elif auction is not None:
        send_auction(auction) if agreed else _fail_auction(auction, why)
    elif entry is not None:
        send_entry(entry) if agreed else _fail_entry(entry, why)
    return any(found is not None for found in (listing, auction, entry))


def _listing_answered(listing_id: int, what: str, reason: int) -> None:
    """An acceptance shows in the desk's events; here only refusals matter."""
    if not reason:
        return
    listing = Listing.objects.get(pk=listing_id)
    if what == "open" and listing.state == ListingState.APPROVED:
        listing.reason = reason
        _fail_listing(listing, error_for_reason(reason).code)
    elif what != "withdraw:relist":
        _report(subject_of(listing), what, reason)


def _fail_listing(listing: Listing, failure: str) -> None:
    step(listing, ListingState.FAILED, FLOOR.name, failure).save()
    listing.failure = failure
    listing.save(update_fields=["state", "reason", "failure"])
    hand_back_left(listing.set_aside_id, subject_of(listing))


def _auction_answered(auction_id: int, what: str, reason: int) -> None:
    if not reason:
        return
    auction = Auction.objects.get(pk=auction_id)
    if auction.state == HallState.FAILED:
        return
    word, _, account_no = what.partition(":")
    if word == "enter":
        entry = Entry.objects.get(auction=auction, account_no=int(account_no.partition(":")[0]))
        _fail_entry(entry, error_for_reason(reason).code)
    elif word == "define" and auction.state == HallState.APPROVED:
        auction.reason = reason
        _fail_auction(auction, error_for_reason(reason).code)
    else:
        if word == "set" and not auction.failure:
            _call_off(auction)
        if word == "set" or what.endswith("announce"):
            auction.failure = error_for_reason(reason).code
            auction.save(update_fields=["failure"])
        _report(subject_of(auction), what, reason)


def _call_off(auction: Auction) -> None:
    """Without all its parameters it must not be held."""
    command = DeskCommand(DeskCommandKind.CONTROL, flags=CANCEL, id=auction.pk)
    outbox.enqueue(command, f"{subject_of(auction)}:0:cancel")


def _fail_auction(auction: Auction, failure: str) -> None:
    step(auction, HallState.FAILED, FLOOR.name, failure).save()
    auction.failure = failure
    auction.save(update_fields=["state", "reason", "failure"])
    hand_back_left(auction.set_aside_id, subject_of(auction))


def _fail_entry(entry: Entry, failure: str) -> None:
    set_aside_id, entry.set_aside_id = entry.set_aside_id, None
    entry.state, entry.failure = EntryState.FAILED, failure
    entry.save(update_fields=["state", "failure", "set_aside_id"])
    hand_back_left(set_aside_id, f"auction:{entry.auction_id}:supply:{entry.account_no}")


def _report(subject: str, what: str, reason: int) -> None:
    """The floor did not do what the operator asked for: people see it in the audit log."""
    audit.record(
        actor=FLOOR,
        action="floor.refused",
        subject=subject,
        after={"asked": what, "reason": error_for_reason(reason).code},
    )
