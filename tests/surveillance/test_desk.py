"""The desk of the surveillance: who may see it, and one case from alert to file through its pages."""

import io
import json
import zipfile

import pytest
from django.test import Client

from exchange.kernel.calendar import today
from exchange.members.models import Member, User
from exchange.surveillance.selectors import alerts, cases
from tests.trading.exchange_in_tables import TableExchange

pytestmark = pytest.mark.django_db

DESK = "/console/surveillance/"


def person(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, path: str, **form: str) -> str:
    answer = client.post(DESK + path, form, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_members_and_strangers_see_nothing_of_it(market: TableExchange) -> None:
    member = Member.objects.get(account_no=market.growers[0])
    User.objects.create_user("grower", password="x", role=User.Role.ADMIN, member=member)
    pages = ["", "alerts.csv", "cases/", "cases.csv", "cases/JC20261128-0001/", "cases/JC20261128-0001.zip"]
    pages += ["alerts/YJ20261128-000001/", "rules/", "reports/"]
    for page in pages:
        assert person("grower").get(DESK + page).status_code == 403
        assert Client().get(DESK + page).status_code == 302
    for page in ("run/", "act/", "rules/act/", "cases/JC20261128-0001/act/", "reports/act/"):
        assert person("grower").post(DESK + page, {"day": str(today())}).status_code == 403
    assert alerts() == []


def test_a_case_from_alert_to_file(market: TableExchange) -> None:
    anna, bert = person("anna"), person("bert")
    assert "新预警 3 条" in post(anna, "run/", day=today().isoformat())
    (layers,) = alerts(kind="layering")
    page = anna.get(f"{DESK}alerts/{layers.no}/").content.decode()
    assert "60,000" in page
    assert "结果与证据一致" in post(anna, "act/", verb="verify", subject=layers.no)
    page = post(anna, "act/", verb="open", subject=layers.no, title="疑似虚假申报", reason="撤单过快")
    (case,) = cases()
    assert case.no in page
    assert f"?q=G1&amp;case={case.no}" in page or f"case={case.no}" in page
    assert f"监察案件 {case.no}：" in anna.get(f"/console/members/?case={case.no}").content.decode()
    assert "监察案件" not in anna.get("/console/members/?case=<b>JC</b>").content.decode()
    steps = f"cases/{case.no}/act/"
    assert "已记录" in post(anna, steps, verb="note", text="=HYPERLINK(1)")
    assert "notice--danger" in post(anna, steps, verb="propose", outcome="acquitted", text="理由")
    assert "已提出结案" in post(anna, steps, verb="propose", outcome="warning", text="首次，书面警示")
    assert "不能复核自己的意见" in post(anna, steps, verb="close", reason="同意")
    assert "已结案" in post(bert, steps, verb="close", reason="同意")
    with zipfile.ZipFile(io.BytesIO(bert.get(f"{DESK}cases/{case.no}.zip").content)) as archive:
        parts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert json.loads(parts["alerts.json"])[0]["evidence"] == layers.evidence
    assert "'=HYPERLINK(1)" in parts["timeline.csv"]
    assert len(parts["orders.csv"].splitlines()) == 1 + len(layers.evidence["orders"])
    assert layers.no in anna.get(f"{DESK}alerts.csv?state=in_case").content.decode()
    assert case.no in anna.get(f"{DESK}cases.csv?state=closed").content.decode()
    assert anna.get(f"{DESK}?member=NOBODY&kind=x&day=y").status_code == 200


def test_thresholds_on_their_page(market: TableExchange) -> None:
    from exchange.surveillance.parameters import BUILT_IN
    from exchange.surveillance.rules import rules_in_force, rules_versions

    form = {name: str(value) for name, value in BUILT_IN.as_values().items()}
    assert "notice--danger" in post(person("anna"), "rules/act/", verb="propose", reason="不变", **form)
    form["wash_kg"] = "9000"
    assert "等待另一人复核" in post(person("anna"), "rules/act/", verb="propose", reason="产季量大", **form)
    subject = str(rules_versions()[0].id)
    assert "已生效" in post(person("bert"), "rules/act/", verb="approve", reason="同意", subject=subject)
    assert rules_in_force()[0] == 2
