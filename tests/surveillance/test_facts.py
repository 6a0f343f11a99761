"""What detectors are given: links of members, auctions as they went, orders of a day, times of cancels."""

from datetime import timedelta

import pytest
from axes.models import AccessLog

from exchange.halls.contest_reading import contests
from exchange.halls.models import Auction, Award, Bid, Entry
from exchange.kernel.calendar import NS_PER_DAY, day_bounds_ns, now
from exchange.members.linking import member_links
from exchange.members.models import Member, User
from exchange.surveillance.bid_ring_detector import bid_rings
from exchange.surveillance.parameters import BUILT_IN
from exchange.surveillance.types import AuctionFact, Facts
from exchange.trading.day_reading import command_times, orders_of_day
from exchange.trading.models import Order
from matching.desk_types import AuctionKind
from matching.types import Side
from tests.members.people import register
from tests.price_index.days import FRIDAY, MONDAY, TUESDAY, order
from tests.surveillance.market import DAY
from tests.trading.paper_floor import PaperFloor, account

pytestmark = pytest.mark.django_db


def log_in(name: str, address: str, *, program: str = "Firefox", days_ago: int = 0) -> None:
    entry = AccessLog.objects.create(username=name, ip_address=address, user_agent=program)
    AccessLog.objects.filter(pk=entry.pk).update(attempt_time=now() - timedelta(days=days_ago))


def test_members_are_linked_by_group_signatory_and_terminal() -> None:
    numbers = [register(serial, "dealer").account_no for serial in range(1, 7)]
    for number in numbers:
        member = Member.objects.get(account_no=number)
        member.signatory = f"签约人{number}"
        member.save()
        User.objects.create_user(f"u{number}", password="x", role=User.Role.TRADER, member=member)
    first, second, third, fourth, fifth, sixth = numbers
    Member.objects.filter(account_no__in=[first, second]).update(related_group="秦果系")
    Member.objects.filter(account_no__in=[second, third]).update(signatory="张三")
    for number in (third, fourth):
        log_in(f"u{number}", "8.8.8.8")
    log_in(f"u{fifth}", "8.8.8.8", program="Chrome")
    log_in(f"u{sixth}", "8.8.8.8", days_ago=40)
    for number in (fifth, sixth):
        log_in(f"u{number}", "192.168.1.2")
        log_in(f"u{number}", "127.0.0.1")
    log_in("nobody", "8.8.8.8")
    found = member_links(now() - timedelta(days=30), now() + timedelta(minutes=1))
    assert [tuple(link) for link in found] == [
        (first, second, "group"),
        (second, third, "signatory"),
        (third, fourth, "terminal"),
    ]


def an_auction(
    bids: dict[int, list[int]], winner: int, *, left: int = 0, kind: int = AuctionKind.ENGLISH
) -> None:
    start_ns = day_bounds_ns(DAY)[0]
    row = Auction.objects.create(
        account_no=1,
        product_number=1,
        side=Side.SELL,
        kind=kind,
        start_price=700,
        quantity_kg=1_000,
        left_kg=0,
        opens_at_ns=start_ns,
        ended_at_ns=start_ns + 10**9,
        state="awarded",
        created_by="seller",
        created_at=now(),
        submitted_by="seller",
        checked_by="operator",
    )
    for paddle, account_no in enumerate(bids, 1):
        state = "left" if account_no == left else "entered"
        Entry.objects.create(auction=row, account_no=account_no, paddle=paddle, state=state)
        for price in bids[account_no]:
            place = Bid.objects.count() + 1
            values = {
                "account_no": account_no,
                "price": price,
                "quantity_kg": 1_000,
                "at_ns": 1,
                "seq": place,
            }
            Bid.objects.create(place=place, number=place, auction=row, **values)
    Award.objects.create(
        auction=row, account_no=winner, price=710, quantity_kg=1_000, state="paid", at_ns=1, seq=1
    )


def test_auctions_are_read_as_they_went() -> None:
    an_auction({11: [700, 720], 12: [701]}, 11)
    an_auction({11: [], 12: [702]}, 12, left=11)
    an_auction({11: [705], 12: []}, 11)
    an_auction({11: [705], 12: []}, 11, kind=AuctionKind.DUTCH)
    start_ns = day_bounds_ns(DAY)[0]
    rows = contests(start_ns, start_ns + NS_PER_DAY)
    assert [(row.best_bids, row.left, row.winners) for row in rows] == [
        (((11, 720), (12, 701)), (), (11,)),
        (((12, 702),), (11,), (12,)),
        (((11, 705),), (), (11,)),
    ]
    assert contests(start_ns + NS_PER_DAY, start_ns + 2 * NS_PER_DAY) == []
    (ring,) = bid_rings(Facts(DAY, auctions=tuple(AuctionFact(*row) for row in rows)), BUILT_IN)
    assert ring.accounts == (11, 12)


def test_a_days_orders_are_a_span_of_numbers() -> None:
    assert orders_of_day(FRIDAY) == []
    for day in (FRIDAY, FRIDAY, TUESDAY, TUESDAY, TUESDAY):
        order(day, 1, Side.BUY, 600)
    for day, number in ((FRIDAY, 2), (MONDAY, 0), (TUESDAY, 3)):
        start_ns, end_ns = day_bounds_ns(day)
        wanted = Order.objects.filter(placed_at_ns__gte=start_ns, placed_at_ns__lt=end_ns)
        assert [row.order_id for row in orders_of_day(day)] == list(
            wanted.order_by("pk").values_list("pk", flat=True)
        )
        assert wanted.count() == number


def test_the_journal_knows_when_a_command_came() -> None:
    floor = PaperFloor()
    times = {}
    for size in [1] * 40 + [300, 2, 1]:
        floor.batch(*(account(number + 1) for number in range(size)))
        head = floor.journal.head()
        times |= {head.seq - back: head.time_ns for back in range(size)}
    assert command_times(floor.journal, times.keys()) == times
    for seq in times:
        assert command_times(floor.journal, [seq]) == {seq: times[seq]}
    assert command_times(floor.journal, [max(times) + 1]) == {}
