"""The life of listings and auctions, their terms and their history hold for SQL typed by hand, too."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse

LISTING_STEPS = (
    "OLD.state <> NEW.state AND NOT ((OLD.state = 'draft' AND NEW.state IN ('submitted', 'withdrawn'))"
    " OR (OLD.state = 'submitted' AND NEW.state IN ('approved', 'refused', 'withdrawn'))"
    " OR (OLD.state = 'approved' AND NEW.state IN ('failed', 'open'))"
    " OR (OLD.state = 'open' AND NEW.state IN ('expired', 'sold_out', 'withdrawn')))"
)

AUCTION_STEPS = (
    "OLD.state <> NEW.state AND NOT ((OLD.state = 'draft' AND NEW.state IN ('cancelled', 'submitted'))"
    " OR (OLD.state = 'submitted' AND NEW.state IN ('approved', 'cancelled', 'refused'))"
    " OR (OLD.state = 'approved' AND NEW.state IN ('announced', 'cancelled', 'failed'))"
    " OR (OLD.state = 'announced' AND NEW.state IN ('cancelled', 'open', 'unsold'))"
    " OR (OLD.state = 'open' AND NEW.state IN ('awarded', 'cancelled', 'deciding', 'paused', 'paying', 'revealing', 'unsold'))"
    " OR (OLD.state = 'paused' AND NEW.state IN ('awarded', 'cancelled', 'deciding', 'open', 'paying', 'revealing', 'unsold'))"
    " OR (OLD.state = 'revealing' AND NEW.state IN ('awarded', 'cancelled', 'deciding', 'paying', 'unsold'))"
    " OR (OLD.state = 'deciding' AND NEW.state IN ('awarded', 'cancelled', 'paying', 'unsold'))"
    " OR (OLD.state = 'paying' AND NEW.state IN ('awarded', 'cancelled', 'open', 'unsold')))"
)

LISTING_TERMS = "account_no, product_number, side, price, quantity_kg, minimum_kg, steps, valid_until_ns"
AUCTION_TERMS = "account_no, product_number, side, kind, start_price, quantity_kg, opens_at_ns"


def _refuse(name, table, event, message, when=None):
    return VendorSQL(*refuse(name=name, table=table, event=event, message=message, when=when))


class Migration(migrations.Migration):
    dependencies = [("halls", "0001_tables"), ("kernel", "0001_kernel")]

    operations = [
        *append_only(table="halls_hallstep", message="history is never rewritten"),
        _refuse("halls_listing_steps", "halls_listing", "UPDATE OF state", "no such step", LISTING_STEPS),
        _refuse("halls_auction_steps", "halls_auction", "UPDATE OF state", "no such step", AUCTION_STEPS),
        _refuse(
            "halls_listing_terms",
            "halls_listing",
            f"UPDATE OF {LISTING_TERMS}",
            "terms stand: withdraw and relist",
            "OLD.state <> 'draft'",
        ),
        _refuse(
            "halls_auction_terms",
            "halls_auction",
            f"UPDATE OF {AUCTION_TERMS}",
            "terms stand once submitted",
            "OLD.state <> 'draft'",
        ),
        _refuse("halls_listing_no_delete", "halls_listing", "DELETE", "listings are kept"),
        _refuse("halls_auction_no_delete", "halls_auction", "DELETE", "auctions are kept"),
    ]
