"""Intentions and inquiries: who may do and see what, what the tables refuse, how suggestions are scored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from exchange.bulletin import supply_checks as checks
from exchange.bulletin import supply_demand as board
from exchange.bulletin import supply_inquiries as talk
from exchange.bulletin import supply_selectors as read
from exchange.bulletin.supply_errors import (
    BadSpec,
    Blocked,
    ContactInText,
    InquiryStands,
    IntentionNotOpen,
    NotYourStep,
    OwnIntention,
    ReceiptNotFree,
    ReceiptShownAlready,
    ReportedAlready,
    TermsChanged,
    TooManyChanges,
    TooManyIntentions,
    TooManyMessages,
    UnknownInquiry,
    UnknownIntention,
)
from exchange.bulletin.supply_matching import suggestions
from exchange.bulletin.supply_text import contact_in
from exchange.bulletin.supply_types import (
    MAX_A_DAY,
    MAX_MESSAGES_A_MINUTE,
    InquiryState,
    IntentionFilter,
    IntentionState,
    NewIntention,
    ReportKind,
    ReportState,
    Spec,
)
from exchange.halls import services as halls
from exchange.halls.types import NewListing
from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.calendar import NS_PER_DAY, now_ns, today
from exchange.kernel.characters import phone_in
from exchange.kernel.errors import BadTransition, JinguoError, MemberSuspended
from exchange.members import services as members
from exchange.members.selectors import member_by_account_no
from matching.types import Side
from tests.trading.exchange_in_tables import TableExchange
from warehouse_receipts.selectors import receipts_of

pytestmark = pytest.mark.django_db

A, B = Actor("a"), Actor("b")
OPERATOR = Actor("operator")


@pytest.fixture
def market(standing_market: TableExchange, db: None) -> TableExchange:
    """Two growers with 20 t of each of two products, two dealers."""
    return standing_market.again()


def terms(side: Side = Side.SELL, **changes: Any) -> NewIntention:
    """An intention that is right."""
    new = NewIntention(
        side=side, spec=Spec("fuji", size_mm=80), least_kg=5_000, most_kg=20_000, price=720,
        valid_until=today() + timedelta(days=10), place="旬邑县太村镇", note="本周可看货，12 月 1 日后装车",
    )  # fmt: skip
    return replace(new, **changes)


def published(account_no: int, key: str = "k", **changes: Any) -> int:
    return board.publish(actor=A, account_no=account_no, terms=terms(**changes), key=key)


def inquired(account_no: int, intention_id: int, **changes: Any) -> int:
    asked: dict[str, Any] = {"version": 1, "quantity_kg": 10_000, "price": 700, "text": "能便宜点吗？"}
    return talk.inquire(actor=B, account_no=account_no, intention_id=intention_id, **(asked | changes))


# Texts -----------------------------------------------------------------------------------------------

CONTACTS = [
    "电话13800138000", "请打 138-0013-8000", "１３８００１３８０００", "一三八零零一三八零零零",
    "+86 138 0013 8000", "138oo138ooo", "138\u30000013\u30008000", "0910-33288880", "400-820-8820",
    "微信 apple2026", "加V: wx_guonong", "QQ12345678",
    "a.b@example.com", "https://example.com", "看 jinguo.shop", "客服 88203311",
]  # fmt: skip
HARMLESS = [
    "2026-11-20 至 2026-12-01 交货", "20261120 前装车", "10000000 公斤以内", "3.60-3.80 元/斤，80# 一二级",
    "13:30-16:00 看货",
    "糖度 14.5 以上，硬度 8.0", "纸袋红富士 75/80/85 三档", "二十吨起，一车三十吨", "",
]  # fmt: skip


@pytest.mark.parametrize("text", CONTACTS)
def test_contacts_are_found_however_they_are_written(text: str) -> None:
    assert contact_in(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_dates_weights_and_prices_are_no_contacts(text: str) -> None:
    assert contact_in(text) == ""


def test_phone_numbers_are_read_as_people_write_them() -> None:
    assert phone_in("138 0013-8000") == "13800138000"
    assert phone_in("0910－33288880") == "091033288880"
    assert phone_in("12345") is None


# Intentions ------------------------------------------------------------------------------------------


def test_an_intention_is_published_edited_renewed_and_closed_with_its_history(market: TableExchange) -> None:
    grower = market.growers[0]
    number = published(grower)
    assert published(grower) == number, "sent twice, published once"
    board.edit(actor=A, account_no=grower, intention_id=number, version=1, terms=terms(price=None))
    with pytest.raises(TermsChanged):
        board.edit(actor=A, account_no=grower, intention_id=number, version=1, terms=terms())
    board.renew(actor=A, account_no=grower, intention_id=number, valid_until=today() + timedelta(days=30))
    (row,) = read.intentions().rows
    assert (row.terms.price, row.version, row.live) == (None, 3, True)
    board.close(actor=A, account_no=grower, intention_id=number)
    board.close(actor=A, account_no=grower, intention_id=number)
    assert read.intentions().total == 0
    assert read.intention_by_id(number).state == IntentionState.CLOSED
    steps = read.history(number)
    assert [step.event for step in steps] == ["published", "edited", "renewed", "closed"]
    assert [step.terms["price"] for step in steps] == [720, None, None, None]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"least_kg": 0}, "bad_intention_quantity"),
        ({"least_kg": 30_000}, "bad_intention_quantity"),
        ({"price": 20_001}, "bad_price"),
        ({"price": 0}, "bad_price"),
        ({"valid_until": today() + timedelta(days=31)}, "bad_intention_validity"),
        ({"valid_until": today() - timedelta(days=1)}, "bad_intention_validity"),
        ({"deliver_from": today() + timedelta(days=3), "deliver_until": today()}, "bad_delivery"),
        ({"note": "电话 13800138000"}, "contact_in_text"),
        ({"place": "看 www.x.com"}, "contact_in_text"),
        ({"note": "长" * 501}, "bad_text"),
        ({"note": "a\x00b"}, "bad_text"),
        ({"note": "138\u200b00138000"}, "bad_text"),
        ({"spec": Spec("fuji", grade="best")}, "bad_spec"),
        ({"spec": Spec("fuji", counties=("纽约",))}, "bad_spec"),
        ({"spec": Spec("加微信 guonong88")}, "contact_in_text"),
        ({"spec": Spec("")}, "bad_text"),
        ({"product_number": 10**9}, "unknown_product"),
        ({"receipt_no": "nobody's"}, "receipt_not_free"),
        ({"side": Side.BUY, "receipt_no": "x"}, "bad_parameter"),
    ],
)
def test_wrong_terms_are_refused_with_a_code_and_leave_nothing(
    market: TableExchange, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(JinguoError) as refused:
        published(market.growers[0], **changes)
    assert refused.value.code == code
    assert refused.value.hint("zh")
    assert refused.value.hint("en")
    assert read.intentions_of(market.growers[0]).total == 0


def test_a_product_brings_its_spec_and_a_free_variety_needs_no_product(market: TableExchange) -> None:
    grower, product = market.growers[0], market.products[0]
    first = published(
        grower, product_number=product.number, spec=Spec("nonsense", ssc_tenths=145), note="套纸袋\u3000看货"
    )
    spec = read.intention_by_id(first).terms.spec
    assert spec == Spec("fuji", 70, "class_2", 145, (product.county,), "cold")
    second = published(grower, key="2", spec=Spec("红富士"))
    assert read.intention_by_id(second).terms.spec.variety == "fuji", (
        "a known variety in words is that variety"
    )
    third = published(grower, key="3", spec=Spec("蜜脆"))
    assert read.intention_by_id(third).terms.spec.variety == "蜜脆"
    with pytest.raises(BadSpec):
        published(grower, key="4", spec=Spec("fuji", size_mm=81))


def test_limits_hold_and_suspended_members_are_off_the_board(market: TableExchange) -> None:
    grower = market.growers[0]
    numbers = [published(grower, key=str(place)) for place in range(MAX_A_DAY)]
    with pytest.raises(TooManyIntentions):
        published(grower, key="one more")
    code = member_by_account_no(grower).code
    members.suspend_member(actor=SYSTEM, code=code, reason="调查")
    with pytest.raises(MemberSuspended):
        board.renew(actor=A, account_no=grower, intention_id=numbers[0], valid_until=today())
    assert read.intentions().total == 0
    with pytest.raises(UnknownIntention):
        read.intention_by_id(numbers[0])


def test_a_history_does_not_grow_without_end(market: TableExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_CHANGES_A_DAY", 2)
    grower = market.growers[0]
    number = published(grower)
    told: dict[str, Any] = {"actor": A, "account_no": grower, "intention_id": number}
    board.edit(**told, version=1, terms=terms(price=710))
    board.renew(**told, valid_until=today() + timedelta(days=20))
    with pytest.raises(TooManyChanges):
        board.edit(**told, version=3, terms=terms(price=700))
    with pytest.raises(TooManyChanges):
        board.renew(**told, valid_until=today() + timedelta(days=21))
    board.close(**told)
    assert [step.event for step in read.history(number)] == ["published", "edited", "renewed", "closed"]


def test_expired_ones_leave_the_list_stay_readable_and_can_be_renewed(market: TableExchange) -> None:
    grower = market.growers[0]
    number = published(grower)
    expire(number)
    assert read.intentions().total == 0
    assert read.intention_by_id(number).state == "expired"
    with pytest.raises(IntentionNotOpen):
        inquired(market.dealers[0], number, version=2)
    board.renew(actor=A, account_no=grower, intention_id=number, valid_until=today() + timedelta(days=5))
    assert read.intentions().total == 1


def expire(intention_id: int) -> None:
    """Its last day was yesterday."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bulletin_intention SET valid_until = %s, version = version + 1 WHERE id = %s",
            [today() - timedelta(days=1), intention_id],
        )


def test_the_operator_takes_down_with_a_reason_and_restores(market: TableExchange) -> None:
    grower = market.growers[0]
    number = published(grower)
    board.take_down(actor=OPERATOR, intention_id=number, reason="图文不符")
    with pytest.raises(UnknownIntention):
        read.intention_by_id(number, viewer_no=market.dealers[0])
    assert read.intention_by_id(number, viewer_no=grower).reason == "图文不符"
    with pytest.raises(IntentionNotOpen):
        board.edit(actor=A, account_no=grower, intention_id=number, version=1, terms=terms(price=1))
    board.restore(actor=OPERATOR, intention_id=number, reason="已核实")
    assert read.intention_by_id(number).live
    with pytest.raises(UnknownIntention):
        board.close(actor=B, account_no=market.growers[1], intention_id=number)


def test_the_receipts_mark_is_as_true_as_the_register(market: TableExchange) -> None:
    grower, product = market.growers[0], market.products[0]
    receipt = receipts_of(grower, product_number=product.number)[0]
    number = published(grower, product_number=product.number, receipt_no=receipt.receipt_no)
    assert read.intention_by_id(number).receipt is not None
    assert read.intentions(wanted=IntentionFilter(with_receipt=True)).total == 1
    with pytest.raises(ReceiptShownAlready):
        published(grower, key="2", product_number=product.number, receipt_no=receipt.receipt_no)
    board.take_down(actor=OPERATOR, intention_id=number, reason="图文不符")
    other = published(grower, key="2", product_number=product.number, receipt_no=receipt.receipt_no)
    with pytest.raises(ReceiptShownAlready):
        board.restore(actor=OPERATOR, intention_id=number, reason="已核实")
    board.close(actor=A, account_no=grower, intention_id=other)
    board.restore(actor=OPERATOR, intention_id=number, reason="已核实")
    for account_no, changes in (
        (market.growers[1], {"product_number": product.number}),
        (grower, {"product_number": market.products[1].number}),
        (grower, {"spec": Spec("gala")}),
        (grower, {"spec": Spec("fuji", size_mm=90)}),
        (grower, {"spec": Spec("fuji", ssc_tenths=200)}),
    ):
        with pytest.raises(ReceiptNotFree):
            published(account_no, key="3", receipt_no=receipt.receipt_no, **changes)
    listed = halls.draft_listing(
        actor=A,
        account_no=grower,
        terms=NewListing(
            product.number, Side.SELL, 720, now_ns() + NS_PER_DAY, receipt_nos=(receipt.receipt_no,)
        ),
    )
    halls.submit_listing(actor=A, account_no=grower, listing_id=listed.id)
    halls.approve_listing(actor=OPERATOR, listing_id=listed.id)
    market.settle()
    assert read.intention_by_id(number).receipt is None, "it is on hold for a listing now"
    assert read.intentions(wanted=IntentionFilter(with_receipt=True)).total == 0


def test_filters_read_floors_as_a_reader_means_them(market: TableExchange) -> None:
    grower, county = market.growers[0], market.products[0].county
    supply = published(grower, spec=Spec("fuji", 80, "class_1", counties=(county,)))
    demand = published(grower, key="2", side=Side.BUY, spec=Spec("fuji", 75, "class_2"), price=600)

    def found(**wanted: Any) -> set[int]:
        return {row.id for row in read.intentions(wanted=IntentionFilter(**wanted)).rows}

    assert found(county=county) == {supply, demand}, "who names no origin takes any"
    assert found(county="长武县") == {demand}
    assert found(size_mm=80) == {supply, demand}
    assert found(size_mm=70) == {supply}, "a demand for 75 mm does not take 70 mm"
    assert found(grade="extra") == {demand}
    assert found(lowest=650) == {supply}
    assert found(side=Side.BUY, variety="fuji") == {demand}
    assert [row.id for row in read.intentions(sort="price").rows] == [demand, supply]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM bulletin_intention",
        "DELETE FROM bulletin_inquiry",
        "DELETE FROM bulletin_inquirymessage",
        "UPDATE bulletin_inquirymessage SET text = 'x'",
        "UPDATE bulletin_intentionstep SET reason = 'x'",
        "UPDATE bulletin_intention SET price = 1",
        "UPDATE bulletin_intention SET account_no = 99",
        "UPDATE bulletin_inquiry SET price = 1",
        "UPDATE bulletin_inquiry SET state = 'agreed' WHERE state = 'declined'",
        "UPDATE bulletin_abusereport SET reporter_no = 99",
        "DELETE FROM bulletin_abusereport",
    ],
)
def test_the_tables_keep_the_rules_for_sql_typed_by_hand(market: TableExchange, statement: str) -> None:
    number = published(market.growers[0])
    inquiry = inquired(market.dealers[0], number)
    talk.report_intention(
        actor=B, account_no=market.dealers[0], intention_id=number, kind=ReportKind.FALSE, text=""
    )
    talk.decline(actor=A, account_no=market.growers[0], inquiry_id=inquiry)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Inquiries -------------------------------------------------------------------------------------------


def test_a_conversation_is_between_its_two_parties(market: TableExchange) -> None:
    grower, dealer, stranger = market.growers[0], market.dealers[0], market.dealers[1]
    inquiry = inquired(dealer, published(grower))
    assert read.unread_of(grower).messages == 1
    first = talk.say(actor=A, account_no=grower, inquiry_id=inquiry, text="最低 7.10", key="m")
    assert talk.say(actor=A, account_no=grower, inquiry_id=inquiry, text="最低 7.10", key="m") == first
    texts = [message.text for message in read.messages_in(inquiry, viewer_no=dealer)]
    assert texts == ["能便宜点吗？", "最低 7.10"]
    for act in (
        lambda: read.inquiry_by_id(inquiry, viewer_no=stranger),
        lambda: read.messages_in(inquiry, viewer_no=stranger),
        lambda: read.contacts(inquiry, viewer_no=stranger),
        lambda: talk.say(actor=B, account_no=stranger, inquiry_id=inquiry, text="我要", key="s"),
        lambda: talk.agree(actor=B, account_no=stranger, inquiry_id=inquiry),
    ):
        with pytest.raises(UnknownInquiry):
            act()
    with pytest.raises(NotYourStep):
        talk.agree(actor=B, account_no=dealer, inquiry_id=inquiry)
    with pytest.raises(NotYourStep):
        talk.withdraw(actor=A, account_no=grower, inquiry_id=inquiry)
    talk.agree(actor=A, account_no=grower, inquiry_id=inquiry)
    with pytest.raises(BadTransition):
        talk.decline(actor=A, account_no=grower, inquiry_id=inquiry)
    row = read.inquiry_by_id(inquiry, viewer_no=dealer)
    assert (row.state, row.unread) == (InquiryState.AGREED, 2), "a message and an answer"
    talk.mark_seen(account_no=dealer, inquiry_id=inquiry, message_id=first)
    talk.mark_seen(account_no=stranger, inquiry_id=inquiry, message_id=2**40)
    assert read.unread_of(dealer).messages == 1


def test_nobody_asks_itself_its_relatives_or_twice(market: TableExchange) -> None:
    grower, dealer, cousin = market.growers[0], market.dealers[0], market.growers[1]
    number = published(grower)
    for each in (grower, cousin):
        members.set_related_group(
            actor=SYSTEM, code=member_by_account_no(each).code, group="一家人", reason="股权"
        )
        with pytest.raises(OwnIntention):
            inquired(each, number)
    inquired(dealer, number)
    with pytest.raises(InquiryStands):
        inquired(dealer, number)
    with pytest.raises(TermsChanged):
        inquired(market.dealers[1], number, version=7)
    with pytest.raises(ContactInText):
        inquired(market.dealers[1], number, text="打 13800138000")


def test_contacts_show_only_when_both_gave_theirs_and_may_be_written_then(market: TableExchange) -> None:
    grower, dealer = market.growers[0], market.dealers[0]
    inquiry = inquired(dealer, published(grower))
    talk.give_contact(actor=B, account_no=dealer, inquiry_id=inquiry, person="王经理", phone="13800138000")
    hidden = read.contacts(inquiry, viewer_no=grower)
    assert (hidden.other, hidden.asked) == (None, True)
    with pytest.raises(ContactInText):
        talk.say(actor=B, account_no=dealer, inquiry_id=inquiry, text="打 13800138000", key="1")
    talk.give_contact(
        actor=A, account_no=grower, inquiry_id=inquiry, person="李\u3000明", phone="0910-33288880"
    )
    shown = [read.contacts(inquiry, viewer_no=each).other for each in (grower, dealer)]
    assert [each and each.phone for each in shown] == ["13800138000", "091033288880"]
    talk.say(actor=B, account_no=dealer, inquiry_id=inquiry, text="打 13900139000", key="2")


def test_who_floods_is_slowed_down_and_who_is_blocked_is_not_heard(market: TableExchange) -> None:
    grower, dealer = market.growers[0], market.dealers[0]
    number = published(grower)
    inquiry = inquired(dealer, number)
    for place in range(MAX_MESSAGES_A_MINUTE - 1):
        talk.say(actor=B, account_no=dealer, inquiry_id=inquiry, text="在吗", key=str(place))
    with pytest.raises(TooManyMessages):
        talk.say(actor=B, account_no=dealer, inquiry_id=inquiry, text="在吗", key="flood")
    talk.block(actor=A, account_no=grower, other_no=dealer)
    for account_no in (grower, dealer):
        with pytest.raises(Blocked):
            talk.say(actor=A, account_no=account_no, inquiry_id=inquiry, text="好", key="b")
    talk.withdraw(actor=B, account_no=dealer, inquiry_id=inquiry)
    with pytest.raises(Blocked):
        inquired(dealer, number)
    talk.unblock(account_no=grower, other_no=dealer)
    assert read.blocked_by(grower) == []


def test_a_report_lets_the_operator_read_on_record_and_decide_once(market: TableExchange) -> None:
    grower, dealer = market.growers[0], market.dealers[0]
    number = published(grower)
    inquiry = inquired(dealer, number)
    talk.report_inquiry(
        actor=B, account_no=dealer, inquiry_id=inquiry, kind=ReportKind.FRAUD, text="要先打款"
    )
    with pytest.raises(ReportedAlready):
        talk.report_inquiry(actor=B, account_no=dealer, inquiry_id=inquiry, kind=ReportKind.FRAUD, text="")
    (report,) = read.reports(state=ReportState.WAITING)
    row, messages = talk.read_reported(actor=OPERATOR, report_id=report.id)
    assert (row.accused_no, [each.text for each in messages]) == (grower, ["能便宜点吗？"])
    board.decide_report(
        actor=OPERATOR, report_id=report.id, upheld=True, reason="属实，先行下架", and_take_down=True
    )
    with pytest.raises(BadTransition):
        board.decide_report(actor=OPERATOR, report_id=report.id, upheld=False, reason="又不属实")
    assert read.intention_by_id(number, operator=True).state == IntentionState.TAKEN_DOWN
    assert audit.verify() == []


# Suggestions -----------------------------------------------------------------------------------------


def test_suggestions_come_best_first_and_never_from_oneself(market: TableExchange) -> None:
    grower, dealer, product = market.growers[0], market.dealers[0], market.products[0]
    own = published(grower, product_number=product.number)
    far = published(dealer, key="1", side=Side.BUY, product_number=product.number, price=660)
    near = published(dealer, key="2", side=Side.BUY, product_number=product.number, price=720)
    published(grower, key="mine", side=Side.BUY, product_number=product.number)
    found = suggestions(read.intention_by_id(own))
    assert [each.intention.id for each in found if each.intention] == [near, far]
    for each in (grower, dealer):
        members.set_related_group(
            actor=SYSTEM, code=member_by_account_no(each).code, group="一家人", reason="股权"
        )
    assert suggestions(read.intention_by_id(own)) == [], "nor from relatives"
    for each in (grower, dealer):
        members.set_related_group(actor=SYSTEM, code=member_by_account_no(each).code, group="", reason="更正")
    assert len(suggestions(read.intention_by_id(own))) == 2
    talk.block(actor=A, account_no=dealer, other_no=grower)
    assert suggestions(read.intention_by_id(own)) == []
