"""The demo market's supply and demand board: intentions on both sides and a few conversations.

Made through the same services as real business. A supply with a receipt brings its own lot into the store.
`fill` makes them when none stand.
"""

from datetime import timedelta
from secrets import token_hex
from typing import NamedTuple

from django.db import transaction

from exchange.bulletin import supply_demand as board
from exchange.bulletin import supply_inquiries as talk
from exchange.bulletin.supply_selectors import intentions
from exchange.bulletin.supply_types import NewIntention, Spec
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import today
from exchange.markets.selectors import product_by_code
from exchange.members.selectors import member_by_code
from exchange.members.types import MemberRow
from exchange.ops.demo import DEMO, exists
from exchange.ops.demo_data import BUYERS, GROWERS, PRODUCTS
from exchange.ops.demo_store import bring_to_store
from matching.types import Side
from warehouse_receipts.selectors import receipts_of


class DemoIntention(NamedTuple):
    """An intention: whose (place among growers or buyers), of which product or spec, how much, for what."""

    member: int
    side: Side
    tonnes: tuple[int, int]
    price: int | None
    place: str
    note: str
    product: int | None = None
    spec: Spec = Spec("")
    days: int = 15
    window: tuple[int, int] | None = None
    with_receipt: bool = False


INTENTIONS = (
    DemoIntention(
        0, Side.SELL, (20, 60), 630, "旬邑县太村镇冷库", "片红，颜色好，一库三间，随时看货。", 0,
        with_receipt=True,
    ),
    DemoIntention(
        1, Side.SELL, (10, 40), None, "礼泉县西张堡镇", "一二级混装，量大价格可以谈。", 3, with_receipt=True
    ),
    DemoIntention(
        4, Side.SELL, (5, 20), 480, "永寿县店头镇", "瑞雪，套纸袋，糖度高，适合精品店。",
        spec=Spec("ruixue", 75, "class_1", 150, ("永寿县",), "cold"), days=7,
    ),
    DemoIntention(
        3, Side.SELL, (30, 100), 330, "乾县注泔镇", "统货，自带周转筐，需要买方来车。", 5,
        days=30, window=(2, 20),
    ),
    DemoIntention(
        2, Side.SELL, (10, 30), 350, "淳化县十里塬镇", "秦冠光果，口岸客户优先。",
        spec=Spec("qinguan", 80, "class_1_2", 0, ("淳化县",)),
    ),
    DemoIntention(
        0, Side.BUY, (20, 200), 625, "咸阳市秦都区", "长期收 80 以上纸袋富士，一车起。", 0,
        days=30, window=(1, 25),
    ),
    DemoIntention(
        6, Side.BUY, (20, 60), 540, "西安市雁塔区", "门店用果，果面干净，分批提货。",
        spec=Spec("fuji", 75, "class_1_2", 130), days=15,
    ),
    DemoIntention(
        3, Side.BUY, (50, 300), None, "成都市彭州市", "批发用统货，不挑果径，机械伤不超过一成。",
        spec=Spec("fuji", 0, "field_run"), days=30,
    ),
    DemoIntention(
        7, Side.BUY, (10, 20), 460, "旬邑县", "要气调库的嘎啦，节前到货。", 9, days=7, window=(1, 6)
    ),
)  # fmt: skip

TALKS = (
    (5, 0, 40, 620, "我们有 40 吨在旬邑一号库，6.20 可以吗？", "可以，先看一下质检单。", True),
    (0, 1, 20, 620, "20 吨，下周三前提货，价格 6.20 行不行？", "最低 6.26，货你放心。", False),
)
"""Which intention, who asks (place among the other side), tonnes, price, question, answer, agreed."""


def fill() -> int:
    """Makes intentions where none stand; how many were made."""
    if not all(exists(member) for member in (*GROWERS, *BUYERS)) or intentions(limit=1).rows:
        return 0
    numbers = []
    for each in INTENTIONS:
        with transaction.atomic():
            numbers.append(_publish(each))
    for place, talked in enumerate(TALKS):
        with transaction.atomic():
            _talk(numbers[talked[0]], talked, place)
    return len(numbers)


def _member(side: Side, place: int) -> MemberRow:
    return member_by_code((GROWERS if side == Side.SELL else BUYERS)[place].code)


def _trader(member: MemberRow) -> Actor:
    return Actor(member.code.lower())


def _publish(each: DemoIntention) -> int:
    member = _member(each.side, each.member)
    product = None if each.product is None else product_by_code(PRODUCTS[each.product].code)
    receipt_no = ""
    if each.with_receipt and each.product is not None and product is not None:
        bring_to_store(member, PRODUCTS[each.product], product, each.tonnes[1], actor=DEMO)
        receipt_no = receipts_of(member.account_no, product_number=product.number, limit=1)[0].receipt_no
    first, last = each.window or (0, 0)
    terms = NewIntention(
        side=each.side,
        spec=each.spec,
        least_kg=each.tonnes[0] * 1_000,
        most_kg=each.tonnes[1] * 1_000,
        valid_until=today() + timedelta(days=each.days),
        product_number=None if product is None else product.number,
        price=each.price,
        place=each.place,
        deliver_from=today() + timedelta(days=first) if each.window else None,
        deliver_until=today() + timedelta(days=last) if each.window else None,
        note=each.note,
        receipt_no=receipt_no,
    )
    return board.publish(
        actor=_trader(member), account_no=member.account_no, terms=terms, key=f"demo{token_hex(12)}"
    )


def _talk(intention_id: int, talked: tuple[int, int, int, int, str, str, bool], place: int) -> None:
    number, other, tonnes, price, question, reply, agreed = talked
    owner_side = INTENTIONS[number].side
    owner = _member(owner_side, INTENTIONS[number].member)
    asker = _member(Side.BUY if owner_side == Side.SELL else Side.SELL, other)
    inquiry = talk.inquire(
        actor=_trader(asker),
        account_no=asker.account_no,
        intention_id=intention_id,
        version=1,
        quantity_kg=tonnes * 1_000,
        price=price,
        text=question,
    )
    talk.say(
        actor=_trader(owner),
        account_no=owner.account_no,
        inquiry_id=inquiry,
        text=reply,
        key=f"demo{intention_id}{place}",
    )
    if agreed:
        talk.agree(actor=_trader(owner), account_no=owner.account_no, inquiry_id=inquiry)
