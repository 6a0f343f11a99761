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
from exchange.halls.desk_settings import decide_setting, propose_setting, withdraw_setting
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
from exchange.halls.photographs import add_photos, remove_photo, upload_photos

__all__ = [
    "add_photos",
    "announce_auction",
    "approve_auction",
    "approve_listing",
    "cancel_auction",
    "decide_setting",
    "draft_auction",
    "draft_listing",
    "floor_answered",
    "pause_auction",
    "propose_setting",
    "refuse_auction",
    "refuse_listing",
    "relist",
    "remove_photo",
    "resume_auction",
    "submit_auction",
    "submit_listing",
    "supply",
    "take_back_auction",
    "take_back_listing",
    "upload_photos",
    "withdraw_by_operator",
    "withdraw_setting",
]
