"""A member's contracts as a list that can be searched and saved, and what waits for the member."""

import pytest

from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.errors import BadCursor, BadParameter
from settlement.agenda import contracts_with_stage, errands
from settlement.evidence import NewEvidence
from settlement.models import Contract
from settlement.services import file_claim, notice_breach
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell
from tests.web.conftest import LogIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers(market: TableExchange) -> list[str]:
    """Three contracts of the first dealer: two with the first grower, the last with the second."""
    fuji = market.products[0].number
    one, other = market.growers[0], market.growers[1]
    dealer = market.dealers[0]
    market.floor.batch(sell(one, fuji, 720, 1_000), buy(dealer, fuji, 720, 1_000))
    market.floor.batch(sell(one, fuji, 730, 2_000), buy(dealer, fuji, 730, 2_000))
    market.floor.batch(sell(other, fuji, 740, 3_000), buy(dealer, fuji, 740, 3_000))
    market.settle()
    return list(Contract.objects.order_by("pk").values_list("contract_no", flat=True))


def test_contracts_are_found_by_side_stage_and_text(
    market: TableExchange, numbers: list[str], log_in: LogIn
) -> None:
    dealer, grower = market.dealers[0], market.growers[0]

    def found(account_no: int, **asked: str) -> list[str]:
        return [row.contract_no for row in contracts_with_stage(account_no, **asked).rows]

    assert found(dealer) == numbers[::-1]
    assert found(grower) == numbers[1::-1]
    assert found(dealer, side="sell") == []
    assert found(grower, side="sell", stage="titled") == numbers[1::-1]
    assert found(dealer, stage="completed") == []
    assert found(dealer, text=numbers[1][-4:]) == [numbers[1]]
    seller = contracts_with_stage(dealer, text=numbers[2]).rows[0].other_name
    assert found(dealer, text=seller) == [numbers[2]]
    assert found(grower, text=seller) == [], "the grower's other party is the dealer"
    page = contracts_with_stage(dealer, limit=2)
    assert page.next_cursor
    assert found(dealer, cursor=page.next_cursor) == [numbers[0]]
    for wrong in ({"side": "both"}, {"stage": "lost"}, {"text": "\x00"}):
        with pytest.raises(BadParameter):
            contracts_with_stage(dealer, **wrong)
    with pytest.raises(BadCursor):
        contracts_with_stage(dealer, cursor="x")

    client = log_in(dealer)
    shown = client.get(
        "/me/contracts/", {"q": numbers[0], "side": "buy", "stage": "nonsense"}
    ).content.decode()
    assert numbers[0] in shown
    assert numbers[1] not in shown
    assert "没有符合条件的合同" in client.get("/me/contracts/", {"q": "无此合同\x00"}).content.decode()
    lines = client.get("/me/contracts/contracts.csv", {"stage": "titled"}).content.decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == numbers[::-1]


def test_what_waits_for_a_member_is_told_by_its_deadline(
    market: TableExchange, numbers: list[str], log_in: LogIn
) -> None:
    dealer, grower = market.dealers[0], market.growers[0]
    assert {row.what for row in errands(dealer)} == {"book_pickup"}
    assert errands(grower) == []
    photo = NewEvidence("照片.png", b"\x89PNG\r\n\x1a\n core rot")
    file_claim(
        actor=SYSTEM,
        account_no=dealer,
        contract_no=numbers[0],
        kind="visible",
        text="霉心病",
        wanted_fen=30_000,
        evidence=[photo],
    )
    notice_breach(
        actor=Actor("op"), contract_no=numbers[1], party="seller", ground="quality", reason="货不对板"
    )
    waiting = errands(grower)
    assert {(row.what, row.contract_no) for row in waiting} == {
        ("answer_claim", numbers[0]),
        ("cure", numbers[1]),
    }
    assert [row.due_ns for row in waiting] == sorted(row.due_ns or 0 for row in waiting)
    assert {row.contract_no for row in errands(dealer)} == set(numbers[1:])
    shown = log_in(grower).get("/me/").content.decode()
    for text in ("答复买方异议", "补救违约", f"/me/contracts/{numbers[1]}/delivery/"):
        assert text in shown
    assert "待办" not in log_in(market.growers[1]).get("/me/").content.decode()
