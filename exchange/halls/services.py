"""What changes the halls, in one place: the functions other packages call.

What members do on the floor itself (take, confirm, counter, answer, withdraw, enter, bid, …) is a command of
theirs through the gateway, not a service: the floor's time decides.
"""

from exchange.halls.auctions import (
    announce_auction,
    approve_auction,
    cancel_auction,
    draft_auction,
    pause_auction,
    refuse_auction,
    resume_auction,
    submit_auction,
    supply,
    take_back_auction,
)
from exchange.halls.floor_answers import floor_answered
from exchange.halls.listings import (
    approve_listing,
    draft_listing,
    refuse_listing,
    relist,
    submit_listing,
    take_back_listing,
    withdraw_by_operator,
)

__all__ = [
    "announce_auction",
    "approve_auction",
    "approve_listing",
    "cancel_auction",
    "draft_auction",
    "draft_listing",
    "floor_answered",
    "pause_auction",
    "refuse_auction",
    "refuse_listing",
    "relist",
    "resume_auction",
    "submit_auction",
    "submit_listing",
    "supply",
    "take_back_auction",
    "take_back_listing",
    "withdraw_by_operator",
]
