"""Facts for papers: one lot of Fuji from a Changwu orchard, received, issued, sold and loaded."""

from datetime import date, datetime

from exchange.kernel.calendar import TIMEZONE
from warehouse_receipts.papers.rows import (
    InspectionPaper,
    IntakePaper,
    PaperEndorsement,
    PaperLoad,
    PaperParty,
    PickupPaper,
    ReceiptPaper,
)

AT = datetime(2026, 11, 20, 9, 30, 12, tzinfo=TIMEZONE)
GROWER = PaperParty("长武县亭口果业专业合作社", "G001", "93610428MA6XU7T04K")
BUYER = PaperParty("上海果品商贸有限公司", "D001", "91310000MA1FL0A12B")
KEEPER = PaperParty("旬邑县马栏冷链仓储有限责任公司", "XY01", address="旬邑县马栏镇")
INSPECTOR = PaperParty("陕西果品质量监督检验中心", "SX01")
LOAD = PaperLoad(AT, "CD2026-000042", 20_000, 19_950, "司磅 王芳")


def receipt_paper(*, ended: bool = False) -> ReceiptPaper:
    return ReceiptPaper(
        receipt_no="CD2026-000042",
        register_no="CR-XY01-2026-00000042",
        state="已出库" if ended else "可交易",
        ended=ended,
        as_of=AT,
        issued_at=AT,
        depositor=GROWER,
        holder=BUYER,
        keeper=KEEPER,
        warehouse_code="XY01",
        warehouse_name="旬邑马栏冷库",
        store_type="机械冷库",
        product_name="红富士 纸袋 80# 一等 长武县",
        county="长武县",
        orchard="亭口镇三号园",
        crop_year=2026,
        bagging="纸袋",
        kg=20_000,
        issued_kg=20_000,
        pieces=1_000,
        packaging="周转筐",
        mark="长武-亭口-3",
        grade="一等",
        standard="GB/T 10651-2008",
        inspection_no="ZJ2026-000007",
        inspector=INSPECTOR,
        inspected_at=AT,
        loss_permille_per_month=4,
        storage_fee_fen_per_t_day=180,
        expires_on=date(2027, 5, 31),
        insurer="中华联合财产保险",
        insurance="",
        intake_no="RK2026-000007",
        parent_no="",
        endorsements=(PaperEndorsement(AT, GROWER.name, BUYER.name, 20_000, "HT20261120-00000042", ""),),
        loads=(LOAD,) if ended else (),
        chain_hash="ab" * 32,
    )


def inspection_paper() -> InspectionPaper:
    return InspectionPaper(
        report_no="ZJ2026-000007",
        intake_no="RK2026-000007",
        body=INSPECTOR,
        inspector="李强",
        inspected_at=AT,
        standard="GB/T 10651-2008",
        grade="一等",
        depositor=GROWER,
        warehouse_name="旬邑马栏冷库",
        variety="红富士",
        county="长武县",
        orchard="亭口镇三号园",
        crop_year=2026,
        bagging="纸袋",
        pieces=1_000,
        net_kg=20_000,
        sampling_no="CY2026-000007",
        sampling="1,000 件抽 20 件，200 果",
        measured=(("果径", "≥ 80 mm", ""), ("着色度", "85%", "")),
        residues=(("毒死蜱", "未检出", "1", "合格"),),
        replaces_no="",
    )


def intake_paper() -> IntakePaper:
    return IntakePaper(
        intake_no="RK2026-000007",
        at=AT,
        owner=GROWER,
        keeper=KEEPER,
        warehouse_name="旬邑马栏冷库",
        room="3",
        plate="陕D12345",
        variety="红富士",
        county="长武县",
        orchard="亭口镇三号园",
        grower="赵明",
        harvested_on="2026-10-18",
        certificate_no="HGZ-2026-118",
        crop_year=2026,
        bagging="纸袋",
        packaging="周转筐",
        mark="长武-亭口-3",
        pieces=1_000,
        sample_pieces=20,
        sample_gross_g=441_500,
        sample_tare_g=41_500,
        net_kg=20_000,
        state="已入库",
        weigher="王芳",
    )


def pickup_paper(*, done: bool = False) -> PickupPaper:
    return PickupPaper(
        pickup_no="TH2026-000003",
        holder=BUYER,
        keeper=KEEPER,
        warehouse_name="旬邑马栏冷库",
        warehouse_address="旬邑县马栏镇",
        product_name="红富士 纸袋 80# 一等 长武县",
        kg=20_000,
        receipts=(("CD2026-000042", 20_000),),
        plate="陕D12345",
        person="刘师傅",
        id_masked="6104**********1234",
        slot_at=AT,
        code="" if done else "482913",
        state="已出库" if done else "已确认",
        at=AT,
        loads=(LOAD,) if done else (),
        gate_pass_no="CM2026-000003" if done else "",
        fees=((BUYER.name, "仓储费 2026-11-20 至 2026-11-27", 28_800),) if done else (),
    )
