"""Events and reasons of the desk: what follows from the commands in ``matching/desk_types.py``.

Records, fields and numbers are those of ``matching.types.Event``.
"""

from enum import IntEnum


class DeskEventKind(IntEnum):
    """What happened, and which fields tell it (others are zero). Fields: ``matching.types.Event``.

    Each event about a listing, take, proposal, deal or auction has its product. Public are all events but
    TAKE_*, PROPOSED, PROPOSAL_ENDED, INVITATION, HELD, ENTERED, LEFT, PAYMENT_DUE, OFFERED and ANSWERED,
    which are for the accounts they name. Nothing hidden is in any event: not a reserve, not a proxy's
    maximum, not a sealed bid or a clock bid's kg before the end.

    ANSWERED         the command took effect. other = its kind, account, product, order_id = the number it
                     made or touched: deal if it made one (≥ FIRST_DEAL), else take, proposal, bid, listing,
                     auction, lot or setting; other_id = the listing or auction that belongs to it, or 0;
                     price = what was dealt at or bid, quantity = kg dealt now, remaining = kg still to have
                     (all 0 of sealed and clock bids).
    DESK_SET         product, side = modes and ways to pay, other = 1 open, 0 closed.
    SETTING_SET      order_id = DeskSetting, remaining = value.
    HELD             a hold of the desk changed. account, order_id = number of the hold (see HoldKind),
                     side = HoldKind, product (of goods; 0: money), quantity = change in fen or kg (+ more on
                     hold), remaining = fen or kg on hold for it now, reason = TAKEN_ASIDE (free fell by the
                     change), GIVEN_BACK (free rose by it), SPENT (it paid for or went with a deal: free did
                     not change), PAID_OVER (forfeited; FORFEITED follows).
                     other_id = listing or auction the hold belongs to; of a LOT 0.

    LISTED           order_id = listing, product, side, account = lister, price, quantity, remaining = valid
                     until, other_id = lot, other = least kg of a take, reason = its flags
                     (NEGOTIABLE … IN_ESCROW).
    LISTING_LEFT     what is left of a listing changed: order_id, product, side, account, price,
                     quantity = kg nobody has taken, remaining = kg reserved by takes to be confirmed.
    LISTING_ENDED    order_id, product, side, account, price, quantity = kg listed, remaining = kg not sold,
                     reason = BY_OWNER, BY_OPERATOR, RUN_OUT (validity), SOLD_OUT. Takes and proposals that
                     end with it stand before it.
    INVITATION       order_id = listing, product, account.
    TAKE_PENDING     order_id = take, other_id = listing, side = the taker's, account = taker, other = lister,
                     price, quantity, remaining = deadline.
    TAKE_ENDED       order_id, other_id, side, account, other, price, quantity as in TAKE_PENDING,
                     remaining = deal or 0, reason = CONFIRMED, REFUSED, OVERDUE, or why its listing ended.
    PROPOSED         order_id = proposal, other_id = listing, side = the proposer's (BUY: he would buy),
                     account = proposer, other = whom he answers, price, quantity, remaining = expires.
    PROPOSAL_ENDED   order_id, other_id, side, account, other, price, quantity as in PROPOSED, remaining =
                     deal or 0, reason = AGREED, REFUSED, TAKEN_BACK, COUNTERED (a newer one of the same chain
                     follows), RUN_OUT, or why its listing ended.
    DEAL             order_id = deal, other_id = listing or auction, side = mode (LISTED, NEGOTIATED,
                     AUCTION), product, price, quantity, remaining = lot its goods come from (0: the seller's
                     free goods), account = buyer, other = seller, reason = how it is paid: 0, WITH_BOND or
                     IN_ESCROW. 0: the buyer's funds fell by price * quantity and his fee (by the SPENT holds
                     first, the rest from free), the seller's free funds rose by price * quantity less fee
                     and deposit. WITH_BOND: the buyer's fell by the bond and his fee; IN_ESCROW: as with 0.
                     In both the seller's did not rise: he is paid by a FUNDS command later. The buyer's goods
                     come by a GOODS command, as in spot.
    DEAL_FEES        follows each DEAL. order_id = deal, account = buyer, other = seller, product, price = the
                     buyer's fee, quantity = the seller's fee, remaining = quality deposit kept back, other_id
                     = the bond, all fen. Of a deal WITH_BOND or IN_ESCROW fee and deposit of the seller are
                     due when he is paid.

    AUCTION_DEFINED  order_id = auction, product, side, account = owner, other = AuctionKind, price = start,
                     quantity, remaining = opens at, other_id = lot.
    AUCTION_STATE    its state, or what all can see of it, changed. order_id, product, account = owner, side =
                     AuctionState, other = epoch, price = now (English: the standing bid, 0 before the first;
                     clock: the round's; Dutch: where the clock begins to fall; sealed: 0, after the end the
                     price), quantity = kg left to sell, remaining = when the state ends by itself (English,
                     sealed: the end; clock: end of the round; Dutch: since when the clock falls; ANNOUNCED:
                     opens at; DECIDING, PAYING: deadline; ended: when it ended), other_id = round (Dutch,
                     clock; from 1) or number of bids (English), reason = RESERVE_MET | RESERVE_NOT_MET | NONE
                     while OPEN; why, when it ended unsold: NO_BIDS, TOO_FEW_BIDDERS, RESERVE_NOT_MET,
                     REFUSED, OVERDUE, DEFAULT; when CANCELLED: BY_OPERATOR. A Dutch price at time t is price
                     - max(0, t - remaining) // TICK_NS * STEP.
    ENTERED          order_id = auction, account, product, quantity = kg he may bid for, price = bond,
                     remaining = fee reserve (fen), other_id = lot (reverse).
    LEFT             order_id = auction, account, product.
    BID_PLACED       order_id = bid, other_id = auction, product, account, price, quantity, other = round
                     (clock, Dutch), reason = NONE, PROXY (the desk bid for him), HIDDEN (sealed and clock:
                     price and quantity are 0; sealed: a newer one of his replaces the older).
    BID_OPENED       a sealed bid after the end, a commitment's when it is revealed. order_id = bid,
                     other_id = auction, product, account, price, quantity.
    ROUND_ENDED      order_id = auction, product, other_id = round, price, quantity = kg wanted (clock) or
                     sold in it (Dutch), remaining = kg left to sell.
    EXTENDED         order_id = auction, product, remaining = end (as in AUCTION_STATE), quantity = moved by
                     (ns), other = epoch, other_id = soft-close extensions so far, reason = SOFT_CLOSE,
                     OUTAGE, PAUSED. Outages and pauses make a new epoch: bids that name the old one are
                     STALE_EPOCH.
    AWARDED          order_id = auction, product, account = winner, other = owner, price, quantity,
                     other_id = bid, reason = NONE, ACCEPTED (below reserve, by the owner), RUNNER_UP.
                     DEAL or PAYMENT_DUE of the same account follows.
    DECISION_DUE     order_id = auction, product, account = owner, other = best bidder, price, quantity,
                     remaining = deadline.
    PAYMENT_DUE      order_id = auction, product, account = winner, other = owner, price, quantity,
                     other_id = fen still to pay beyond his bond and fee reserve, remaining = deadline.
    OFFERED          order_id = auction, product, account = runner-up, other = owner, price (his own bid),
                     quantity, remaining = deadline.
    DEFAULTED        order_id = auction, product, account, other = owner, price, quantity: a winner did not
                     pay, or a commitment was not revealed (reason UNREVEALED), or the runner-up did not want
                     (reason DECLINED; no bond is lost).
    FORFEITED        order_id = auction, product, account = from, other = to (their free funds rose by it),
                     remaining = fen, reason = DEFAULT | UNREVEALED.
    """

    ANSWERED = 32
    DESK_SET = 33
    SETTING_SET = 34
    HELD = 35
    LISTED = 40
    LISTING_LEFT = 41
    LISTING_ENDED = 42
    INVITATION = 43
    TAKE_PENDING = 44
    TAKE_ENDED = 45
    PROPOSED = 46
    PROPOSAL_ENDED = 47
    DEAL = 48
    DEAL_FEES = 49
    AUCTION_DEFINED = 50
    AUCTION_STATE = 51
    ENTERED = 52
    LEFT = 53
    BID_PLACED = 54
    BID_OPENED = 55
    ROUND_ENDED = 56
    EXTENDED = 57
    AWARDED = 58
    DECISION_DUE = 59
    PAYMENT_DUE = 60
    OFFERED = 61
    DEFAULTED = 62
    FORFEITED = 63


class DeskReason(IntEnum):
    """Why a desk command was refused (64 … 159), or why something happened (160 …).

    Refusals that mean the same at the books have the core's ``Reason``: UNKNOWN_PRODUCT, UNKNOWN_ACCOUNT,
    UNKNOWN_COMMAND, SUSPENDED, BAD_PRICE, PRICE_BAND, OFF_TICK, BAD_QUANTITY, INSUFFICIENT_FUNDS,
    INSUFFICIENT_GOODS, BAD_PARAMETER.
    """

    # --- refusals: whatever it is about -------------------------------------------------------------
    DESK_CLOSED = 64
    """The product's desk is not open."""
    MODE_OFF = 65
    """The product is not traded this way."""
    NUMBER_TAKEN = 66
    """There is, or lately was, a lot, listing or auction with this number."""
    UNKNOWN_LOT = 67
    """No lot with this number, or not this account's or product's."""
    LOT_TOO_SMALL = 68
    """Not so many kg of the lot are promised to nothing."""
    BAD_TIME = 69
    """A validity, expiry or opening that is not after now."""
    RELATED_PARTY = 70
    """One's own group stands on the other side."""
    TOO_MUCH_ASIDE = 71
    """The desk as a whole would hold more than MAX_AMOUNT."""

    # --- refusals: listings -------------------------------------------------------------------------
    UNKNOWN_LISTING = 80
    LISTING_CLOSED = 81
    """It was sold out, withdrawn or ran out."""
    OWN_LISTING = 82
    NOT_THE_LISTER = 83
    NOT_INVITED = 84
    STALE_PRICE = 85
    """The listing's price is not the one the taker saw."""
    BELOW_MINIMUM_TAKE = 86
    """Less than the least take, and not all that is left."""
    OFF_TAKE_STEP = 87
    """Not a multiple of the step of takes, and not all that is left."""
    ABOVE_REMAINING = 88
    """More than nobody has taken yet."""
    NOT_NEGOTIABLE = 89
    UNKNOWN_TAKE = 90
    """No take that waits for confirmation has this number, or not on one's own listing."""
    UNKNOWN_PROPOSAL = 91
    """No standing proposal has this number, or one is not a party to it."""
    OWN_PROPOSAL = 92
    """One accepts or refuses what the other proposed."""
    NOT_YOUR_PROPOSAL = 93
    """One takes back what one proposed oneself."""
    NOBODY_TO_ANSWER = 94
    """The lister answers a member who proposed something on this listing."""
    PAYMENT_OFF = 95
    """The product's deals are not paid this way."""

    # --- refusals: auctions -------------------------------------------------------------------------
    UNKNOWN_AUCTION = 110
    NOT_ANNOUNCED = 111
    ALREADY_ANNOUNCED = 112
    """Its parameters stand."""
    NOT_OPEN = 113
    """It has not opened."""
    AUCTION_PAUSED = 114
    AUCTION_OVER = 115
    """Its end has come; a bid at the very end is late."""
    OWN_AUCTION = 116
    NOT_THE_OWNER = 117
    ALREADY_ENTERED = 118
    NOT_ENTERED = 119
    BINDING_BID = 120
    """One cannot leave while a bid binds."""
    STALE_EPOCH = 121
    """The auction was interrupted since what the bidder saw."""
    STALE_CLOCK = 122
    """The Dutch clock stands higher than the bidder saw."""
    BEYOND_BOND = 123
    """More kg than bond was put up for."""
    BAD_BID = 124
    """No better than the start price, or than the standing bid by an increment."""
    OFF_INCREMENT = 125
    BEYOND_MAX_STEP = 126
    ALERT_PRICE = 127
    """Beyond the alert price, and not marked as meant so."""
    BAD_MAXIMUM = 128
    """A maximum worse than the bid, off the increments, or where there is none."""
    ALREADY_LEADING = 129
    """The leader can only raise his maximum."""
    ACTIVITY_RULE = 130
    """More than in the round before."""
    NOT_IN_FIRST_ROUND = 131
    """Who did not bid in the round before is out."""
    ALREADY_BID = 132
    """One bid a round."""
    WRONG_KIND = 133
    """This kind of auction does not know the command."""
    NOT_REVEALING = 134
    """Bids are revealed after the end and before the deadline."""
    NO_COMMITMENT = 135
    """Nothing was committed to, or it is revealed already."""
    COMMITMENT_DIFFERS = 136
    """Price, kg and nonce do not give the commitment."""
    NOTHING_TO_DECIDE = 137
    NOTHING_TO_PAY = 138
    NOT_PAUSED = 139

    # --- reasons of what happened -------------------------------------------------------------------
    TAKEN_ASIDE = 160
    GIVEN_BACK = 161
    SPENT = 162
    PAID_OVER = 163
    BY_OPERATOR = 170
    RUN_OUT = 171
    SOLD_OUT = 172
    CONFIRMED = 173
    REFUSED = 174
    OVERDUE = 175
    AGREED = 176
    TAKEN_BACK = 177
    COUNTERED = 178
    SOFT_CLOSE = 190
    OUTAGE = 191
    PAUSED = 192
    PROXY = 193
    HIDDEN = 194
    RESERVE_MET = 195
    RESERVE_NOT_MET = 196
    NO_BIDS = 197
    TOO_FEW_BIDDERS = 198
    DEFAULT = 199
    UNREVEALED = 200
    DECLINED = 201
    RUNNER_UP = 202
    ACCEPTED = 203
