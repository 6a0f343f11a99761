"""A lot's way through the desks in a real browser: tablet at the gate, inspector, owner's phone, operator."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from exchange.kernel.calendar import now, today
from tests.browser.people import PHONE, LogIn, reload_until
from tests.exchange_process import ExchangeProcess
from tests.photographs import LATITUDE, a_photograph

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
OWNER = "G001"
MEASURED = {"最小果径 mm": "88", "着色度 %": "92", "硬度 kgf/cm²": "7.4", "可溶性固形物 %": "13.8"}


@pytest.fixture
def store(live_exchange: ExchangeProcess) -> str:
    """Log-in of the keeper of the store the first county's fruit goes to."""
    return "keeper-xy01"


def booked(keeper: Page) -> str:
    """Books a lot in at the keeper's desk; returns its number."""
    harvested = today() - timedelta(days=20)
    keeper.goto("/store/book/")
    for label, value in {
        "货主交易商代码": OWNER,
        "包装": "周转筐",
        "果园": "马栏三号园",
        "种植者": "赵明",
        "地块": "东坡",
        "采收日期": harvested.isoformat(),
        "合格证编号": "HGZ-2026-9",
        "开具人": "马栏村",
    }.items():
        keeper.get_by_label(label, exact=True).fill(value)
    keeper.get_by_label("产地", exact=True).select_option("旬邑县")
    keeper.get_by_role("button", name="登记预约").click()
    keeper.wait_for_url(re.compile(r"/store/lots/RK\d+/$"))
    return keeper.url.rstrip("/").rpartition("/")[2]


def test_a_lot_goes_from_the_gate_to_the_owner_s_phone(log_in: LogIn, store: str) -> None:
    keeper = log_in(store, viewport=TABLET)
    lot = booked(keeper)
    keeper.get_by_label("车牌").fill("陕D12345")
    keeper.get_by_role("button", name="登记到库").click()
    for label, value in {"总件数": "1000", "抽样毛重 公斤": "441.5", "抽样皮重 公斤": "41.5"}.items():
        keeper.get_by_label(label).fill(value)
    expect(keeper.locator("[data-formula]")).to_have_text("(441.5 − 41.5) ÷ 20 × 1,000 = 20,000 kg")
    keeper.get_by_role("button", name="记录过磅").click()
    expect(keeper.get_by_text("净重 20,000 公斤")).to_be_visible()

    inspector = log_in("inspector")
    inspector.goto(f"/inspect/lots/{lot}/")
    inspector.get_by_role("button", name="登记抽样").click()
    for label, value in MEASURED.items():
        inspector.get_by_label(label, exact=True).fill(value)
    inspector.get_by_role("button", name="签发检验报告").click()
    expect(inspector.get_by_role("link", name=re.compile("质检报告"))).to_be_visible()

    keeper.reload()
    keeper.get_by_role("button", name="入库", exact=True).click()
    keeper.get_by_role("button", name="申请签发仓单").click()
    expect(keeper.get_by_text("待货主确认")).to_be_visible()

    inspector.goto("/inspect/")
    inspector.get_by_role("button", name="确认").click()
    owner = log_in(OWNER.lower(), viewport=PHONE)
    owner.goto("/me/receipts/")
    owner.get_by_role("button", name="确认", exact=True).click()
    expect(owner.get_by_text("等待登记机构注册")).to_be_visible()

    operator = log_in("operator")
    operator.goto("/console/receipts/")
    operator.get_by_role("button", name="注册", exact=True).click()
    note = operator.get_by_text(re.compile(r"已注册仓单 JG\d+"))
    expect(note).to_be_visible()
    receipt = re.search(r"JG\d+", note.inner_text())
    assert receipt

    owner.goto(f"/trace/{receipt[0]}/")
    expect(owner.get_by_text("登记链完整")).to_be_visible()
    expect(owner.locator(".trace__link")).to_have_count(4)
    owner.goto(owner.locator(".trace__qr a").get_attribute("href") or "")
    expect(owner.get_by_role("heading", name="仓单真实有效")).to_be_visible()


def test_a_keeper_photographs_a_lot_on_the_tablet_and_its_owner_sees_it(log_in: LogIn, store: str) -> None:
    keeper = log_in(store, viewport=TABLET)
    lot = booked(keeper)
    camera, album = keeper.locator("input[name=photos]").all()
    assert camera.get_attribute("capture") == "environment"
    camera.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photograph(1)})
    noise = Image.effect_noise((1_800, 1_400), 90).convert("RGB")
    noise.save(large := BytesIO(), "PNG")
    assert len(large.getvalue()) > 2_000_000
    album.set_input_files(
        [
            {"name": "b.png", "mimeType": "image/png", "buffer": large.getvalue()},
            {"name": "c.webp", "mimeType": "image/webp", "buffer": a_photograph(2, form="WEBP", turned=True)},
        ]
    )
    expect(keeper.locator("[data-count]")).to_have_text(re.compile(r"已选 3 张，[0-2]\.\d MB"))
    keeper.get_by_label("样品").check(force=True)
    keeper.get_by_role("button", name="保存照片").click()
    expect(keeper.get_by_text("已保存 3 张照片")).to_be_visible()
    shown = keeper.locator(".photos__image")
    expect(shown).to_have_count(3)
    loaded = "async image => { image.loading = 'eager'; await image.decode(); return image.naturalWidth; }"
    assert [image.evaluate(loaded) for image in shown.all()] == [480, 480, 360]

    owner = log_in(OWNER.lower(), viewport=PHONE)
    path = keeper.locator("[data-photo]").first.get_attribute("href") or ""
    picture = owner.request.get(path)
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert LATITUDE not in picture.body()
    assert log_in("d001").request.get(path).status == 404

    keeper.locator("[data-photo]").first.click()
    view = keeper.locator("#photo-view")
    expect(view).to_contain_text(f"照片 1：样品，入库单 {lot}")
    keeper.keyboard.press("ArrowRight")
    expect(view).to_contain_text("照片 2")
    view.get_by_role("button", name="关闭").click()
    expect(view).not_to_be_visible()


def test_goods_are_pledged_released_and_fetched(log_in: LogIn, live_exchange: ExchangeProcess) -> None:
    owner = log_in(OWNER.lower(), viewport=PHONE)
    owner.goto("/me/receipts/")
    row = owner.locator("tr", has=owner.get_by_role("checkbox")).first
    receipt = row.get_by_role("checkbox").get_attribute("value")
    row.get_by_role("checkbox").check()
    owner.get_by_role("button", name="申请质押").click()
    owner.get_by_label("贷款金额 元").fill("10000")
    owner.get_by_label("到期日").fill((today() + timedelta(days=20)).isoformat())
    owner.get_by_role("button", name="确认").click()
    expect(owner.get_by_text("已提交质权人")).to_be_visible()

    lender = log_in("lender")
    lender.goto("/lend/")
    lender.get_by_role("button", name="同意质押").click()
    reload_until(lender, "解押")
    lender.get_by_role("button", name="解押", exact=True).click()
    expect(lender.get_by_text("已解押")).to_be_visible()

    owner.goto(f"/me/receipts/use/?do=pickup&no={receipt}")
    slot = now() + timedelta(days=1)
    for label, value in {
        "提货时间": f"{slot:%Y-%m-%dT10:00}",
        "车牌": "陕D12345",
        "提货人": "刘师傅",
        "身份证号": "11010519491231002X",
    }.items():
        owner.get_by_label(label, exact=True).fill(value)
    owner.get_by_role("button", name="确认").click()
    code = owner.locator("#pickup-code").inner_text()
    assert re.fullmatch(r"\d{8}", code)

    keeper = log_in(keeper_of(owner, receipt or ""), viewport=TABLET)
    keeper.goto("/store/pickups/")
    keeper.get_by_role("link", name="办理").first.click()
    reload_until(keeper, "确认时段")
    keeper.get_by_role("button", name="确认时段").click()
    for label, value in {"提货码": code, "车牌": "陕D12345", "身份证号": "11010519491231002X"}.items():
        keeper.get_by_label(label, exact=True).fill(value)
    keeper.get_by_role("button", name="核对并放行入库").click()
    keeper.get_by_label("应提 公斤").fill("1000")
    keeper.get_by_label("过磅 公斤").fill("995")
    keeper.get_by_role("button", name="过磅出库").click()
    keeper.get_by_role("button", name="放行并开出门证").click()
    expect(keeper.get_by_text(re.compile(r"出门证 CM\d+")).first).to_be_visible()


def keeper_of(owner: Page, receipt: str) -> str:
    """Log-in of the keeper whose store a receipt's goods lie in."""
    rows = owner.request.get("/api/v1/receipts").json()["items"]
    row = next(row for row in rows if row["receipt_no"] == receipt)
    return f"keeper-{row['warehouse_code']}".lower()
