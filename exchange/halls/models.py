"""Tables of the halls: what people drafted and approved, and what the desk made of it.

Listings and auctions are born here; from the floor's first word on, the projector alone changes what the desk
decides (states, kg left, prices, ends), in its own transaction. Takes, proposals, bids and deals have the
desk's own numbers. Nothing is deleted; a listing that is edited is withdrawn and followed by a new one.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from exchange.halls.types import (
    AwardState,
    EntryState,
    HallState,
    ListingState,
    ProposalState,
    SettingState,
    TakeState,
)
from exchange.kernel.two_people import TwoPeople
from matching.desk_types import (
    AUCTION,
    IN_ESCROW,
    LISTED,
    NEGOTIATED,
    WITH_BOND,
    AuctionKind,
    DeskSetting,
    HoldKind,
)
from matching.types import Side

SIDES = (Side.BUY, Side.SELL)
PAYMENTS = (0, WITH_BOND, IN_ESCROW)
BEFORE_THE_FLOOR = (ListingState.DRAFT, ListingState.SUBMITTED, ListingState.REFUSED)


class Listing(models.Model):
    """An offer others take 挂牌, or a need others fill 求购. Its id is its number at the desk."""

    account_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    side = models.SmallIntegerField()
    price = models.BigIntegerField(help_text="fen per kg")
    quantity_kg = models.BigIntegerField()
    left_kg = models.BigIntegerField(help_text="nobody has taken it")
    reserved_kg = models.BigIntegerField(default=0, help_text="takes to be confirmed")
    minimum_kg = models.BigIntegerField(help_text="起摘量")
    step_kg = models.BigIntegerField(help_text="摘牌单位")
    steps = models.PositiveSmallIntegerField(default=1, help_text="the same in steps of the product")
    valid_until_ns = models.BigIntegerField()
    negotiable = models.BooleanField(default=False)
    confirm = models.BooleanField(default=False)
    payment = models.PositiveSmallIntegerField(default=0, help_text="0: at once; WITH_BOND or IN_ESCROW")
    invited_only = models.BooleanField(default=False)
    receipt_nos = models.JSONField(default=list)
    set_aside_id = models.BigIntegerField(null=True, unique=True)
    note = models.CharField(max_length=300, blank=True)
    photos = models.JSONField(null=True, help_text="SHA-256 of what was sent; see photographs")
    state = models.CharField(max_length=12, choices=ListingState, default=ListingState.DRAFT)
    reason = models.SmallIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True)
    audit_note = models.CharField(max_length=300, blank=True)
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=150, blank=True)
    submitted_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=150, blank=True)
    checked_at = models.DateTimeField(null=True)
    opened_at_ns = models.BigIntegerField(default=0)
    ended_at_ns = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=SIDES), name="listing_side"),
            models.CheckConstraint(condition=Q(state__in=ListingState.values), name="listing_state"),
            models.CheckConstraint(condition=Q(payment__in=PAYMENTS), name="listing_payment"),
            models.CheckConstraint(
                condition=Q(price__gt=0, quantity_kg__gt=0, minimum_kg__gt=0, step_kg__gt=0),
                name="listing_amounts_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    left_kg__gte=0, reserved_kg__gte=0, quantity_kg__gte=F("left_kg") + F("reserved_kg")
                ),
                name="listing_never_more_than_listed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in BEFORE_THE_FLOOR])
                | ~Q(checked_by=F("submitted_by")),
                name="listing_maker_is_not_checker",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "-id"], name="listing_by_account"),
            models.Index(
                fields=["side", "product_number"], condition=Q(state=ListingState.OPEN), name="listing_open"
            ),
            models.Index(fields=["id"], condition=Q(state=ListingState.SUBMITTED), name="listing_to_check"),
        ]

    def __str__(self) -> str:
        return f"GP{self.pk:08d}"


class Invitation(models.Model):
    """A member a listing is for."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="invitations")
    account_no = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "account_no"], name="invitation_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_no"], name="invitation_by_account")]


class MemberPhoto(models.Model):
    """A photograph a member uploaded to show with its offers. Append only."""

    account_no = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    """Of the file that was sent; the picture is ``kernel.pictures``'."""
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_no", "sha256"], name="member_photo_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_no", "uploaded_at"], name="member_photo_by_day")]


class Take(models.Model):
    """A take that waits, or waited, for the lister."""

    number = models.BigIntegerField(primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="takes")
    account_no = models.BigIntegerField()
    lister_no = models.BigIntegerField()
    side = models.SmallIntegerField()
    price = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    deadline_ns = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=TakeState, default=TakeState.PENDING)
    reason = models.SmallIntegerField(default=0)
    deal = models.BigIntegerField(default=0)
    at_ns = models.BigIntegerField()
    ended_at_ns = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0, price__gt=0), name="take_amounts_positive"),
            models.CheckConstraint(
                condition=Q(state=TakeState.CONFIRMED, deal__gt=0)
                | (~Q(state=TakeState.CONFIRMED) & Q(deal=0)),
                name="take_deal_when_confirmed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lister_no"], condition=Q(state=TakeState.PENDING), name="take_to_answer"),
            models.Index(fields=["account_no", "-number"], name="take_by_account"),
        ]


class Proposal(models.Model):
    """One step of a chain of counter-offers 还价."""

    number = models.BigIntegerField(primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="proposals")
    member_no = models.BigIntegerField()
    account_no = models.BigIntegerField()
    other_no = models.BigIntegerField()
    side = models.SmallIntegerField()
    price = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    expires_ns = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=ProposalState, default=ProposalState.STANDING)
    reason = models.SmallIntegerField(default=0)
    deal = models.BigIntegerField(default=0)
    at_ns = models.BigIntegerField()
    ended_at_ns = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "member_no"],
                condition=Q(state=ProposalState.STANDING),
                name="proposal_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.AGREED, deal__gt=0)
                | (~Q(state=ProposalState.AGREED) & Q(deal=0)),
                name="proposal_deal_when_agreed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["other_no"], condition=Q(state=ProposalState.STANDING), name="proposal_to_answer"
            ),
            models.Index(fields=["account_no", "-number"], name="proposal_by_account"),
        ]


class Deal(models.Model):
    """A deal of the halls; the trade of the same number has its settlement and contract."""

    number = models.BigIntegerField(primary_key=True)
    mode = models.SmallIntegerField()
    listing = models.ForeignKey(Listing, null=True, on_delete=models.PROTECT, related_name="deals")
    auction = models.ForeignKey("Auction", null=True, on_delete=models.PROTECT, related_name="deals")
    product_number = models.BigIntegerField()
    price = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    buyer_no = models.BigIntegerField()
    seller_no = models.BigIntegerField()
    buyer_fee_fen = models.BigIntegerField()
    seller_fee_fen = models.BigIntegerField()
    deposit_fen = models.BigIntegerField()
    payment = models.PositiveSmallIntegerField(default=0)
    bond_fen = models.BigIntegerField(default=0)
    set_aside_id = models.BigIntegerField(null=True)
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(mode__in=(LISTED, NEGOTIATED), listing__isnull=False, auction__isnull=True)
                | Q(mode=AUCTION, listing__isnull=True, auction__isnull=False),
                name="deal_mode",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0, quantity_kg__gt=0) & ~Q(buyer_no=F("seller_no")), name="deal_of_two"
            ),
            models.CheckConstraint(
                condition=Q(payment=WITH_BOND, bond_fen__gt=0, auction__isnull=True)
                | Q(payment=IN_ESCROW, bond_fen=0, auction__isnull=True)
                | Q(payment=0, bond_fen=0),
                name="deal_payment",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer_no", "-number"], name="deal_by_buyer"),
            models.Index(fields=["seller_no", "-number"], name="deal_by_seller"),
        ]


class Auction(models.Model):
    """A lot put up 竞价标的, or a need put out 竞卖. Its id is its number at the desk."""

    account_no = models.BigIntegerField()
    product_number = models.BigIntegerField()
    side = models.SmallIntegerField()
    kind = models.SmallIntegerField()
    title = models.CharField(max_length=80, blank=True)
    start_price = models.BigIntegerField(help_text="fen per kg")
    quantity_kg = models.BigIntegerField()
    opens_at_ns = models.BigIntegerField()
    parameters = models.JSONField(default=dict, help_text="AuctionParameter as text: value")
    receipt_nos = models.JSONField(default=list)
    set_aside_id = models.BigIntegerField(null=True, unique=True)
    photos = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=HallState, default=HallState.DRAFT)
    defined = models.BooleanField(default=False)
    announce = models.BooleanField(default=False, help_text="as soon as it is defined")
    controls = models.PositiveIntegerField(default=0, help_text="announcements, pauses … asked of the floor")
    reason = models.SmallIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True)
    audit_note = models.CharField(max_length=300, blank=True)
    epoch = models.BigIntegerField(default=0)
    price = models.BigIntegerField(default=0)
    left_kg = models.BigIntegerField()
    until_ns = models.BigIntegerField(default=0)
    round = models.BigIntegerField(default=0)
    bids = models.BigIntegerField(default=0)
    reserve_met = models.BooleanField(null=True)
    leader_no = models.BigIntegerField(default=0, help_text="who leads an open English auction")
    extensions = models.BigIntegerField(default=0)
    paddles = models.IntegerField(default=0, help_text="paddles given out")
    file = models.TextField(blank=True, help_text="the published bid file, canonical JSON")
    file_hash = models.CharField(max_length=64, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=150, blank=True)
    submitted_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=150, blank=True)
    checked_at = models.DateTimeField(null=True)
    ended_at_ns = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=SIDES), name="auction_side"),
            models.CheckConstraint(condition=Q(state__in=HallState.values), name="auction_state"),
            models.CheckConstraint(
                condition=Q(kind__in=[int(kind) for kind in AuctionKind]), name="auction_kind"
            ),
            models.CheckConstraint(
                condition=Q(start_price__gt=0, quantity_kg__gt=0, left_kg__gte=0)
                & Q(left_kg__lte=F("quantity_kg")),
                name="auction_never_more_than_the_lot",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in BEFORE_THE_FLOOR])
                | ~Q(checked_by=F("submitted_by")),
                name="auction_maker_is_not_checker",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_no", "-id"], name="auction_by_account"),
            models.Index(fields=["state", "opens_at_ns"], name="auction_by_state"),
        ]

    def __str__(self) -> str:
        return f"JJ{self.pk:08d}"


class Entry(models.Model):
    """A member in an auction; who leaves and comes back keeps the paddle."""

    auction = models.ForeignKey(Auction, on_delete=models.PROTECT, related_name="entries")
    account_no = models.BigIntegerField()
    paddle = models.IntegerField(default=0, help_text="0 until the floor took the entry")
    state = models.CharField(max_length=12, choices=EntryState)
    quantity_kg = models.BigIntegerField(default=0)
    set_aside_id = models.BigIntegerField(null=True, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True)
    at_ns = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["auction", "paddle"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["auction", "account_no"], name="entry_once"),
            models.UniqueConstraint(
                fields=["auction", "paddle"], condition=Q(paddle__gt=0), name="entry_paddle_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account_no", "-auction"], name="entry_by_account")]


class Bid(models.Model):
    """A bid as the desk told it: price and kg of a hidden one are 0 until it is opened.

    A proxy raises one bid again and again, so the desk's number is not unique; ``place`` is.
    """

    place = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField()
    auction = models.ForeignKey(Auction, on_delete=models.PROTECT, related_name="bid_rows")
    account_no = models.BigIntegerField()
    price = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    round = models.BigIntegerField(default=0)
    by_proxy = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["place"]
        indexes: ClassVar = [
            models.Index(fields=["auction", "-place"], name="bid_by_auction"),
            models.Index(fields=["number"], name="bid_by_number"),
        ]


class Award(models.Model):
    """Whom an auction was awarded to, or offered, in order; a sealed or Dutch one may have many."""

    auction = models.ForeignKey(Auction, on_delete=models.PROTECT, related_name="awards")
    account_no = models.BigIntegerField()
    price = models.BigIntegerField()
    quantity_kg = models.BigIntegerField()
    bid = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=AwardState)
    reason = models.SmallIntegerField(default=0)
    due_fen = models.BigIntegerField(default=0)
    deadline_ns = models.BigIntegerField(default=0)
    forfeited_fen = models.BigIntegerField(default=0)
    deal = models.BigIntegerField(default=0)
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["account_no", "-id"], name="award_by_account")]


class DeskHold(models.Model):
    """Money (product 0, fen) or goods (kg) the desk holds of an account; a hold that is over is not here."""

    account_no = models.BigIntegerField()
    kind = models.SmallIntegerField()
    number = models.BigIntegerField()
    subject = models.BigIntegerField(default=0)
    product_number = models.BigIntegerField(default=0)
    quantity = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["account_no", "kind", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_no", "kind", "number"], name="desk_hold_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, kind__in=[int(kind) for kind in HoldKind]),
                name="desk_hold_positive",
            ),
        ]


class HallStep(models.Model):
    """A step in the life of a listing or an auction. Append only."""

    subject = models.CharField(max_length=30)
    """``listing:12`` or ``auction:7``."""
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["subject", "id"], name="hall_step_by_subject")]


class DoneOnce(models.Model):
    """What a client asked for under a key of its own, so that asking again does nothing; see ``once``."""

    account_no = models.BigIntegerField()
    key = models.CharField(max_length=120)
    number = models.BigIntegerField(help_text="of what it made; 0 only inside the transaction that makes it")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_no", "key"], name="done_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.account_no} {self.key}"


class SettingProposal(TwoPeople):
    """Another value of one parameter of the desk; see ``desk_settings``."""

    setting = models.PositiveSmallIntegerField(help_text="DeskSetting")
    old = models.BigIntegerField()
    new = models.BigIntegerField(help_text="nanoseconds; 0 or 1 for BAND")
    floor_reason = models.SmallIntegerField(null=True, help_text="of a refusal by the floor")

    class Meta(TwoPeople.Meta):
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            *TwoPeople.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=SettingState.values, setting__in=[int(each) for each in DeskSetting])
                & Q(new__gte=0)
                & ~Q(new=F("old")),
                name="setting_proposal_words",
            ),
            models.UniqueConstraint(
                fields=["setting"],
                condition=Q(state__in=[SettingState.WAITING, SettingState.TOLD]),
                name="setting_proposal_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
