"""The halls over HTTP: a refusal has its own code and changes nothing, what is sent twice is done once."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from exchange.kernel.errors import JinguoError, error_for_reason
from exchange.kernel.money import format_yuan
from exchange.trading.replies import OrderStatus, Reply
from matching.desk_events import DeskReason
from tests.exchange_process import ExchangeProcess
from tests.hall_people import Halls, S, ahead, fen, fresh, until
from web.ws.hall_entry import hall_result

FIRST_HAPPENING = 160
"""Reasons from here on say why something happened, not why it was refused."""
REFUSALS = [reason for reason in DeskReason if reason < FIRST_HAPPENING]


@pytest.fixture(scope="module")
def halls(live_exchange: ExchangeProcess) -> Iterator[Halls]:
    made = Halls.of(live_exchange)
    yield made
    made.close()


def with_id(body: dict[str, Any]) -> dict[str, Any]:
    """The body with a client id nobody used."""
    return {**body, "client_id": fresh()}


@pytest.mark.parametrize("reason", REFUSALS, ids=lambda reason: reason.name.lower())
def test_every_refusal_of_the_desk_has_its_own_code(reason: DeskReason) -> None:
    with pytest.raises(JinguoError) as refusal:
        hall_result(Reply(1, 0, OrderStatus.REJECTED, reason, 0, 0), 5)
    assert refusal.value.code == reason.name.lower()
    assert len({error_for_reason(each).code for each in REFUSALS}) == len(REFUSALS)


# Listings --------------------------------------------------------------------------------------------


def test_listings_refuse_by_code_and_hold_nothing(halls: Halls) -> None:
    grower, dealer, other = halls["G001"], halls["D001"], halls["D002"]
    fixed = halls.listing(minimum_kg=2_000)
    open_to_offers = halls.listing(negotiable=True, invited=["D001"])
    asking = halls.listing(confirm=True)
    price, free = fixed["price"], dealer.get("/funds")["free"]
    takes = f"/listings/{fixed['listing_id']}/takes"
    offers = f"/listings/{open_to_offers['listing_id']}/proposals"
    take = {"price": price, "quantity_kg": 5_000}
    offer = {"price": open_to_offers["price"], "quantity_kg": 5_000}

    def refused(person: Any, path: str, body: dict[str, Any]) -> str:
        return str(person.refused(path, with_id(body)))

    told = {
        "stale_price": refused(dealer, takes, {**take, "price": format_yuan(fen(price) + 1)}),
        "below_minimum_take": refused(dealer, takes, {**take, "quantity_kg": 1_000}),
        "off_take_step": refused(dealer, takes, {**take, "quantity_kg": 5_050}),
        "above_remaining": refused(dealer, takes, {**take, "quantity_kg": 900_000_000}),
        "own_listing": refused(grower, takes, take),
        "unknown_listing": refused(dealer, "/listings/999999/takes", take),
        "not_negotiable": refused(dealer, f"/listings/{fixed['listing_id']}/proposals", offer),
        "not_invited": refused(other, offers, offer),
        "nobody_to_answer": refused(grower, offers, {**offer, "counterparty": "D001"}),
        "bad_time": refused(dealer, offers, {**offer, "expires_at": ahead(seconds=-5)}),
        "unknown_take": grower.refused("/takes/999999/answer", {"accept": True}),
        "unknown_proposal": dealer.refused("/proposals/999999/answer", {"answer": "accept"}),
        "not_the_lister": dealer.refused(f"/listings/{fixed['listing_id']}", {}, "DELETE"),
        "unknown_member": refused(grower, offers, {**offer, "counterparty": "NOBODY"}),
    }
    assert told == {code: code for code in told}
    assert dealer.get("/funds")["free"] == free

    proposal = dealer.post(offers, with_id(offer))["id"]
    answer = f"/proposals/{proposal}/answer"
    assert dealer.refused(answer, {"answer": "accept"}) == "own_proposal"
    assert grower.refused(answer, {"answer": "take_back"}) == "not_your_proposal"
    assert other.refused(answer, {"answer": "accept"}) == "unknown_proposal"
    dealer.post(answer, {"answer": "take_back"})
    assert dealer.get("/funds")["free"] == free

    asked = f"/listings/{asking['listing_id']}/takes"
    pending = dealer.post(asked, with_id({**take, "price": asking["price"]}))
    assert other.refused(f"/takes/{pending['id']}/answer", {"accept": True}) == "unknown_take"
    assert dealer.get("/funds")["free"] != free
    grower.post(f"/takes/{pending['id']}/answer", {"accept": False})
    assert dealer.get("/funds")["free"] == free

    assert grower.send("DELETE", f"/listings/{fixed['listing_id']}").status_code == 200
    assert refused(dealer, takes, take) == "listing_closed"
    assert halls["G001"].refused(f"/listings/{fixed['listing_id']}", {}, "DELETE") == "listing_closed"


def test_a_take_sent_twice_is_taken_once(halls: Halls) -> None:
    listing = halls.listing("G002")
    path = f"/listings/{listing['listing_id']}/takes"
    body = with_id({"price": listing["price"], "quantity_kg": 3_000})
    first, second = (halls["D001"].send("POST", path, body) for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() | {"duplicate": True} == second.json()
    left = listing["quantity_kg"] - 3_000
    assert second.json()["remaining_kg"] == left
    until(lambda: halls["D001"].get(f"/listings/{listing['listing_id']}")["left_kg"] == left)


def test_a_listing_sent_twice_is_listed_once_and_only_by_who_may(halls: Halls) -> None:
    receipt, product = halls.receipt("G002")
    body = {
        "side": "sell",
        "price": product["reference_price"],
        "valid_until": ahead(hours=5),
        "receipts": [receipt["receipt_no"]],
    }
    key = {"Idempotency-Key": fresh()}
    answers = [halls["G002"].send("POST", "/listings", body, **key) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["listing_id"] == answers[1].json()["listing_id"]
    refused = halls["D001"].refused
    assert refused("/listings", body) == "bad_receipt_choice"
    assert refused("/listings", {**body, "extra": 1}) == "unknown_field"
    assert refused("/listings", {**body, "receipts": [], "product": "NOPE"}) == "unknown_product"
    assert refused("/listings", {**body, "receipts": [], "side": "buy"}) == "bad_parameter"
    wish = {**body, "receipts": [], "side": "buy", "product": product["code"], "quantity_kg": 2_000}
    assert refused("/listings", {**wish, "price": "0.01"}) == "price_band"
    assert refused("/listings", {**wish, "valid_until": ahead(days=60)}) == "bad_validity"
    assert refused("/listings", {**wish, "quantity_kg": 150}) == "bad_quantity"
    assert refused("/listings", {**wish, "invited": ["D001"]}) == "bad_invitation"


# Auctions --------------------------------------------------------------------------------------------


def test_auctions_refuse_by_code_and_keep_what_was_held(halls: Halls) -> None:
    terms = {"step": "0.02", "max_step": "0.10", "duration_ns": 60 * S, "min_bidders": 1}
    preview = halls.lot("english", terms, 3_600)["auction_id"]
    price = fen(halls.auction(preview)["start_price"])
    lot = halls.lot("english", terms, 8, alert_over=6, entered=("D001", "D002"))
    number, start = lot["auction_id"], fen(lot["start_price"])
    hashed = {"pricing": "first", "duration_ns": 60 * S, "reveal_ns": 10 * S}
    sealed = halls.lot("sealed", hashed, 8, entered=("D001",))["auction_id"]
    dutch = halls.lot("dutch", {"step": "0.01", "tick_ns": 30 * S}, 8)
    falling, top = dutch["auction_id"], fen(dutch["start_price"])
    halls["D001"].post(f"/auctions/{falling}/entry", with_id({"quantity_kg": 2_000}))
    dealer, other, owner = halls["D001"], halls["D002"], halls["G001"]

    def code(answer: Any) -> str:
        return str(answer.json()["code"])

    def entering(person: Any, auction: int, **more: object) -> str:
        return str(person.refused(f"/auctions/{auction}/entry", with_id(dict(more))))

    halls.enter(preview, "D001")
    told = {
        "not_open": code(halls.bid("D001", preview, price)),
        "unknown_auction": entering(dealer, 999_999),
        "own_auction": entering(owner, number),
        "already_entered": entering(dealer, number),
    }
    halls.state(number, "open")
    halls.state(sealed, "open")
    halls.state(falling, "open")
    told |= {
        "not_entered": code(halls.bid("D003", number, start)),
        "bad_bid": code(halls.bid("D001", number, start - 2)),
        "off_increment": code(halls.bid("D001", number, start + 1)),
        "beyond_max_step": code(halls.bid("D001", number, start + 40, beyond_alert=True)),
        "bad_maximum": code(halls.bid("D001", number, start + 4, maximum=format_yuan(start + 2))),
        "stale_epoch": code(halls.bid("D001", number, start, epoch=7)),
        "wrong_kind": code(halls.bid("D001", sealed, start)),
        "stale_clock": code(halls.bid("D001", falling, top - 5, quantity_kg=1_000)),
        "beyond_bond": code(halls.bid("D001", falling, top, quantity_kg=3_000)),
        "not_the_owner": dealer.refused(f"/auctions/{number}/decision", {"accept": True}),
        "nothing_to_decide": owner.refused(f"/auctions/{number}/decision", {"accept": True}),
        "nothing_to_pay": dealer.refused(f"/auctions/{number}/payment", {}),
        "not_revealing": dealer.refused(
            f"/auctions/{sealed}/reveals",
            with_id({"price": "2.00", "quantity_kg": 100, "nonce": "00" * 16}),
        ),
    }
    assert halls.bid("D001", number, start).status_code == 201
    assert halls.bid("D002", number, start + 2).status_code == 201
    told |= {
        "already_leading": code(halls.bid("D002", number, start + 4)),
        "binding_bid": other.refused(f"/auctions/{number}/entry", {}, "DELETE"),
        "alert_price": code(halls.bid("D001", number, start + 10)),
    }
    assert told == {name: name for name in told}
    halls.act("pause", f"auction:{number}")
    halls.state(number, "paused")
    assert code(halls.bid("D001", number, start + 4)) == "auction_paused"
    halls.act("cancel", f"auction:{number}")
    halls.state(number, "cancelled")
    assert code(halls.bid("D001", number, start + 4)) == "auction_over"
    for auction in (preview, sealed, falling):
        halls.act("cancel", f"auction:{auction}")
        halls.state(auction, "cancelled")
    bonds = [row["bond"] for row in dealer.get("/auctions/entries")["items"]]
    assert set(bonds) == {"0.00"}
    for address in (f"/auctions/{number}/bids", "/auctions/entries", "/takes", "/proposals"):
        assert_pages(dealer, address)


def assert_pages(person: Any, address: str) -> None:
    """Row by row, a list is what it is at once."""
    whole = person.get(address)
    assert whole["next_cursor"] is None
    rows, cursor = [], ""
    while cursor is not None:
        page = person.get(f"{address}?limit=1{cursor and f'&cursor={cursor}'}")
        rows += page["items"]
        cursor = page["next_cursor"]
    assert rows == whole["items"]


def test_nobody_acts_without_the_right(halls: Halls, live_exchange: ExchangeProcess) -> None:
    listing = halls.listing("G002")
    path = f"{live_exchange.url}/api/v1/listings/{listing['listing_id']}/takes"
    body = with_id({"price": listing["price"], "quantity_kg": 1_000})
    assert httpx.post(path, json=body, timeout=30).json()["code"] == "not_authenticated"
    wrong = {"Authorization": "Bearer nobody"}
    assert httpx.post(path, json=body, headers=wrong, timeout=30).json()["code"] == "not_authenticated"
    for address in ("takes", "proposals", "listings/mine", "auctions/mine", "auctions/entries"):
        assert httpx.get(f"{live_exchange.url}/api/v1/{address}", timeout=30).status_code == 401
