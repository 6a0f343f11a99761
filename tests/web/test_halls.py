"""The halls' pages: three steps to a listing, lots, the audit, and who may see and do what."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from exchange.halls import selectors, services
from exchange.halls.auction_selectors import auctions_of
from exchange.halls.types import HallState, ListingState, NewListing
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import TIMEZONE, now
from exchange.members.types import FeeRates
from matching.desk_types import AuctionKind, AuctionParameter
from matching.types import Side
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from warehouse_receipts.selectors import receipts_of
from web.pages.hall_forms import Deal, close_ns, lot_fields

pytestmark = pytest.mark.django_db

TERMS = {"price": "7.20", "quantity": "20000", "minimum": "1,000", "days": "3", "negotiable": "yes"}
LOT = {
    "kind": "english",
    "start_price": "7.20",
    "step": "0.02",
    "max_step": "0.20",
    "reserve": "7.50",
    "minutes": "30",
    "soft_seconds": "120",
    "extension_seconds": "120",
    "extensions": "10",
    "bond": "200",
    "fee_reserve": "20",
    "bidders": "2",
}


def receipt_of(market: TableExchange, account_no: int) -> str:
    """A receipt of the first product."""
    number = market.products[0].number
    return receipts_of(account_no, product_number=number)[0].receipt_no


def opening() -> str:
    """In two hours, as a form sends it."""
    return (now().astimezone(TIMEZONE) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")


def key_in(html: str) -> str:
    found = re.search(r'name="key" value="(\w+)"', html)
    assert found is not None, html
    return found[1]


def listed(market: TableExchange, account_no: int, **terms: object) -> int:
    """A listing of a grower's receipt, submitted."""
    new = NewListing(
        **{
            "product_number": market.products[0].number,
            "side": Side.SELL,
            "price": 720,
            "valid_until_ns": close_ns(2),
            "receipt_nos": (receipt_of(market, account_no),),
            "negotiable": True,
            **terms,
        }
    )
    actor = Actor("grower")
    row = services.draft_listing(actor=actor, account_no=account_no, terms=new)
    services.submit_listing(actor=actor, account_no=account_no, listing_id=row.id)
    return row.id


# Everybody -------------------------------------------------------------------------------------------

PUBLIC = {
    "/listings/": 200,
    "/listings/?side=buy": 200,
    "/listings/?sort=nonsense&side=nonsense": 200,
    "/listings/?from=abc&to=-1&kg=1e9&size=x": 200,
    "/listings/?product=nope": 200,
    "/listings/?cursor=x": 422,
    "/listings/?cursor=-1": 422,
    "/auctions/": 200,
    "/auctions/?stage=preview": 200,
    "/auctions/?stage=finished&kind=nope": 200,
    "/listings/9/": 404,
    f"/listings/{10**25}/": 404,
    "/auctions/9/": 404,
    "/auctions/9/result/": 404,
    "/auctions/9/file/": 404,
}


def test_the_halls_are_public_and_survive_nonsense(market: TableExchange) -> None:
    client = Client()
    assert {path: client.get(path).status_code for path in PUBLIC} == PUBLIC


# Listing in three steps ------------------------------------------------------------------------------


def test_three_steps_lead_to_a_listing_in_audit(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    client, receipt = log_in(grower), receipt_of(market, grower)
    assert receipt in client.get("/me/listings/new/").content.decode()
    assert 'data-price="7.20"' in client.get(f"/me/listings/new/?receipt={receipt}").content.decode()
    form = {**TERMS, "receipt": receipt, "stage": "terms"}
    html = client.post("/me/listings/new/", form).content.decode()
    assert "144,000.00 元" in html
    assert "−2,880.00 元" in html
    confirmed = {**form, "stage": "confirm", "key": key_in(html)}
    for _press in range(2):
        assert client.post("/me/listings/new/", confirmed)["Location"] == "/me/listings/?show=waiting"
    (row,) = selectors.listings_of(grower).rows
    assert (row.state, row.price, row.quantity_kg, row.minimum_kg) == (
        ListingState.SUBMITTED,
        720,
        20_000,
        1_000,
    )
    assert row.negotiable
    assert row.no in client.get("/me/listings/?show=waiting").content.decode()


MISTAKES: tuple[tuple[dict[str, str], str], ...] = (
    ({"price": "7.205"}, "价格不正确"),
    ({"price": "99"}, "价格超出当日限价区间"),
    ({"quantity": "150"}, "数量不正确"),
    ({"quantity": "40000", "minimum": "1000", "stage": "confirm"}, "数量超过所选仓单"),
    ({"minimum": "30000"}, "数量不正确"),
    ({"days": "9"}, "days"),
    ({"invited": "NOBODY", "stage": "confirm"}, "受邀会员不正确"),
)


def test_a_mistake_is_explained_and_nothing_is_listed(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    client, form = log_in(grower), {**TERMS, "receipt": receipt_of(market, grower), "stage": "terms"}
    for changed, message in MISTAKES:
        response = client.post("/me/listings/new/", {**form, **changed})
        assert (response.status_code, message in response.content.decode()) == (422, True), changed
    assert selectors.listings_of(grower).total == 0


def test_the_receipts_of_others_cannot_be_listed(market: TableExchange, log_in: LogIn) -> None:
    receipt = receipt_of(market, market.growers[1])
    form = {**TERMS, "receipt": receipt, "stage": "confirm"}
    assert log_in(market.growers[0]).post("/me/listings/new/", form).status_code == 302
    assert selectors.listings_of(market.growers[0]).total == 0


def test_a_wish_to_buy_says_what_goes_on_hold(market: TableExchange, log_in: LogIn) -> None:
    form = {**TERMS, "product": market.products[0].code, "quantity": "10000", "stage": "terms"}
    html = log_in(market.dealers[0]).post("/me/listings/wanted/", form).content.decode()
    assert "72,144.00 元" in html


def test_finance_lists_nothing(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.growers[0], role="finance")
    for path in ("/me/listings/new/", "/me/listings/wanted/", "/me/auctions/new/", "/me/auctions/need/"):
        assert client.get(path).status_code == 403


def test_what_nobody_has_approved_can_be_taken_back_by_its_own_member_only(
    market: TableExchange, log_in: LogIn
) -> None:
    number = listed(market, market.growers[0])
    log_in(market.growers[1]).post(f"/me/listings/{number}/take-back/")
    assert selectors.listing_by_id(number, operator=True).state == ListingState.SUBMITTED
    log_in(market.growers[0]).post(f"/me/listings/{number}/take-back/")
    assert selectors.listing_by_id(number, operator=True).state == ListingState.WITHDRAWN


def test_a_listing_in_audit_is_seen_by_its_member_and_the_operator(
    market: TableExchange, log_in: LogIn
) -> None:
    number = listed(market, market.growers[0])
    seen = [
        client.get(f"/listings/{number}/").status_code for client in (log_in(market.growers[0]), log_in())
    ]
    unseen = [
        client.get(f"/listings/{number}/").status_code for client in (log_in(market.dealers[0]), Client())
    ]
    assert (seen, unseen) == ([200, 200], [404, 404])


# Lots ------------------------------------------------------------------------------------------------


def test_a_lot_is_put_up_with_the_parameters_of_its_kind(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    client = log_in(grower)
    form = {**LOT, "receipt": receipt_of(market, grower), "opens_at": opening(), "stage": "terms"}
    html = client.post("/me/auctions/new/", form).content.decode()
    confirmed = {**form, "stage": "confirm", "key": key_in(html)}
    for _press in range(2):
        assert client.post("/me/auctions/new/", confirmed)["Location"] == "/me/auctions/"
    (row,) = auctions_of(grower).rows
    assert (row.state, row.kind, row.quantity_kg) == (HallState.SUBMITTED, AuctionKind.ENGLISH, 20_000)
    assert row.parameters[AuctionParameter.RESERVE] == 750
    assert row.parameters[AuctionParameter.DURATION_NS] == 30 * 60 * 10**9
    assert AuctionParameter.RESERVE not in row.public_parameters


UNFIT: tuple[tuple[dict[str, str], str], ...] = (
    ({"start_price": "x"}, "价格不正确"),
    ({"kind": "raffle"}, "kind"),
    ({"opens_at": "yesterday"}, "opens_at"),
    ({"minutes": ""}, "minutes"),
    ({"step": ""}, "step"),
    ({"kind": "dutch", "floor": ""}, "floor"),
    ({"kind": "sealed", "pricing": "guess"}, "pricing"),
    ({"max_step": "0.03", "stage": "confirm"}, "竞价参数不正确"),
)


def test_parameters_that_do_not_fit_are_named(market: TableExchange, log_in: LogIn) -> None:
    grower = market.growers[0]
    client = log_in(grower)
    form = {**LOT, "receipt": receipt_of(market, grower), "opens_at": opening(), "stage": "terms"}
    for changed, code in UNFIT:
        response = client.post("/me/auctions/new/", {**form, **changed})
        assert (response.status_code, code in response.content.decode()) == (422, True), changed
    assert auctions_of(grower).total == 0


def test_every_parameter_of_the_rules_has_a_field() -> None:
    asked = {field.parameter for field in lot_fields()}
    left_to_the_api = {AuctionParameter.KG_STEP, AuctionParameter.RAISE_FEN}
    assert set(AuctionParameter) - asked == left_to_the_api


# The audit -------------------------------------------------------------------------------------------


def test_the_operator_approves_and_refuses_with_a_reason(market: TableExchange, log_in: LogIn) -> None:
    operator = log_in()
    first, second = listed(market, market.growers[0]), listed(market, market.growers[1])
    queue = operator.get("/console/halls/").content.decode()
    assert f'data-fill-subject="listing:{first}"' in queue
    act = {"subject": f"listing:{first}", "verb": "approve"}
    assert "reason" in operator.post("/console/halls/act/", act, follow=True).content.decode()
    operator.post("/console/halls/act/", {**act, "reason": "资料齐全"})
    operator.post(
        "/console/halls/act/", {"subject": f"listing:{second}", "verb": "refuse", "reason": "照片与等级不符"}
    )
    states = [selectors.listing_by_id(number, operator=True).state for number in (first, second)]
    assert states == [ListingState.APPROVED, ListingState.REFUSED]
    html = log_in(market.growers[1]).get("/me/listings/?show=done").content.decode()
    assert "照片与等级不符" in html


NONSENSE = (
    {"subject": "listing:x", "verb": "approve"},
    {"subject": "listing:999", "verb": "approve"},
    {"subject": "order:1", "verb": "approve"},
    {"subject": "listing:1", "verb": "announce"},
    {"subject": "", "verb": ""},
    {"subject": "auction:1", "verb": "pause"},
)


def test_nonsense_at_the_audit_changes_nothing(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    for fields in NONSENSE:
        sent = {**fields, "reason": "试一试"}
        assert "notice--danger" in client.post("/console/halls/act/", sent, follow=True).content.decode(), (
            fields
        )


def test_who_submitted_does_not_approve(market: TableExchange, log_in: LogIn) -> None:
    client = log_in()
    new = NewListing(
        product_number=market.products[1].number,
        side=Side.BUY,
        price=720,
        valid_until_ns=close_ns(1),
        quantity_kg=1_000,
    )
    actor = Actor("desk-admin")
    row = services.draft_listing(actor=actor, account_no=market.dealers[0], terms=new)
    services.submit_listing(actor=actor, account_no=market.dealers[0], listing_id=row.id)
    client.post(
        "/console/halls/act/", {"subject": f"listing:{row.id}", "verb": "approve", "reason": "自己批"}
    )
    assert selectors.listing_by_id(row.id, operator=True).state == ListingState.SUBMITTED


def test_members_do_not_audit(market: TableExchange, log_in: LogIn) -> None:
    client = log_in(market.dealers[0])
    assert client.get("/console/halls/").status_code == 403
    assert client.post("/console/halls/act/", {"verb": "approve"}).status_code == 403


@pytest.mark.parametrize(("price", "kg"), [(720, 20_000), (733, 4_700), (1, 100)])
def test_what_a_deal_says_is_what_the_floor_moves(price: int, kg: int) -> None:
    deal = Deal(price, kg, FeeRates(20, 20, 200))
    assert deal.net_fen + deal.fee_fen + deal.deposit_fen == deal.gross_fen
    assert deal.hold_fen == deal.gross_fen + deal.buyer_fee_fen
