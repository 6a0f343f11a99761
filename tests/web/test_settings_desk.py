"""Parameters of the halls by two people: the floor goes by them once it has said so, and so do the rules."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from exchange.halls.desk_settings import setting_answered, setting_proposals, settings_in_force
from exchange.halls.models import SettingProposal
from exchange.halls.types import SettingState
from exchange.kernel import outbox
from exchange.kernel.calendar import NS_PER_S
from matching.desk_types import DeskSetting
from matching.types import Reason
from tests.trading.exchange_in_tables import TableExchange
from tests.web.conftest import LogIn
from tests.web.test_editions_desk import operator

pytestmark = pytest.mark.django_db

PAGE = "/console/halls/settings/"
THREE_HOURS = {"setting": "PAY_NS", "units": "180", "reason": "果农反映付款时间太短"}


def test_a_deadline_goes_through_two_people_and_the_floor(market: TableExchange) -> None:
    maker, checker = operator("maker"), operator("checker")
    assert "2 小时" in Client().get("/about/").content.decode()
    assert "待复核" in maker.post(f"{PAGE}propose/", THREE_HOURS, follow=True).content.decode()
    assert maker.post(f"{PAGE}propose/", THREE_HOURS).status_code == 409, "one at a time"
    (row,) = setting_proposals()
    decision = {"subject": str(row.id), "verb": "approve", "reason": "同意"}
    assert "提出人不能复核" in maker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    told = checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()
    assert "已送主机，等待答复" in told
    assert settings_in_force()[DeskSetting.PAY_NS] == 2 * 3_600 * NS_PER_S, "the floor has not answered"
    assert "已经处理" in checker.post(f"{PAGE}decide/", decision, follow=True).content.decode()

    market.settle()

    desk = market.floor.replica.engine.desk
    assert settings_in_force()[DeskSetting.PAY_NS] == desk.setting(DeskSetting.PAY_NS)
    assert desk.setting(DeskSetting.PAY_NS) == 3 * 3_600 * NS_PER_S
    assert market.differences() == []
    assert "中标后在 3 小时 内付清" in Client().get("/about/").content.decode()
    html = checker.get(PAGE).content.decode()
    assert "已生效" in html
    assert "果农反映付款时间太短" in checker.get(f"{PAGE}changes.csv").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        SettingProposal.objects.update(new=1)

    desk.settings[int(DeskSetting.CONFIRM_NS)] = 1
    assert [each.what for each in market.differences()] == ["desk setting"]


def test_what_the_floor_refuses_is_not_in_force(market: TableExchange) -> None:
    maker, checker = operator("maker"), operator("checker")
    maker.post(f"{PAGE}propose/", {"setting": "BAND", "units": "0", "reason": "试行"})
    (row,) = setting_proposals()
    checker.post(f"{PAGE}decide/", {"subject": str(row.id), "verb": "approve", "reason": "同意"})
    assert [each.reference for each in outbox.pending()] == [f"setting:{row.id}"]
    setting_answered(row.id, Reason.BAD_PARAMETER)
    assert setting_proposals()[0].state == SettingState.FLOOR_REFUSED
    assert settings_in_force()[DeskSetting.BAND] == 1
    assert "主机拒绝" in maker.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"units": "9"}, "10 到 4320"),
        ({"units": "4321"}, "10 到 4320"),
        ({"units": "-5"}, "units"),
        ({"units": "120"}, "与现行值相同"),
        ({"setting": "STALL_NS", "units": "9"}, "10 到 600"),
        ({"setting": "NOTHING"}, "setting"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_and_stays_typed(changed: dict[str, str], message: str) -> None:
    answer = operator("maker").post(f"{PAGE}propose/", {**THREE_HOURS, **changed})
    assert (answer.status_code, setting_proposals()) == (422, [])
    html = answer.content.decode()
    assert message in html
    assert "setting" in changed or f'value="{ {**THREE_HOURS, **changed}["units"] }"' in html


def test_only_the_operator_comes_in(market: TableExchange, log_in: LogIn) -> None:
    for client, status in ((Client(), 302), (log_in(market.dealers[0]), 403)):
        for path in (PAGE, f"{PAGE}changes.csv"):
            assert client.get(path).status_code == status
        for path in (f"{PAGE}propose/", f"{PAGE}decide/"):
            assert client.post(path, THREE_HOURS).status_code == status
    assert setting_proposals() == []
