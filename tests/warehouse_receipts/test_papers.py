"""Each paper says what the law and the trade want it to say, and is sealed by whose paper it is."""

import pytest

from exchange.kernel.documents.layout import render
from exchange.kernel.documents.types import Document, Seals
from tests.kernel.documents.pdf_text import text_of
from tests.warehouse_receipts.paper_rows import (
    BUYER,
    GROWER,
    INSPECTOR,
    KEEPER,
    inspection_paper,
    intake_paper,
    pickup_paper,
    receipt_paper,
)
from warehouse_receipts.papers.inspection import inspection_document
from warehouse_receipts.papers.receipt import receipt_document
from warehouse_receipts.papers.store import intake_document, outbound_document, pickup_document


def words_of(document: Document) -> str:
    """Its text without line breaks and spaces, which depend on the width of the cells."""
    return "".join(text_of(render(document)).split())


def assert_says(document: Document, *said: str) -> None:
    text = words_of(document)
    missing = [words for words in said if "".join(words.split()) not in text]
    assert not missing


def test_a_receipt_carries_the_elements_of_the_civil_code() -> None:
    """民法典 909, in its order: depositor; goods; loss; place; period; fee; insurance; issuer and date."""
    document = receipt_document(receipt_paper())
    assert_says(document, GROWER.name, GROWER.uscc)
    assert_says(document, "红富士 纸袋 80# 一等", "20,000 公斤", "周转筐", "1,000 件", "长武-亭口-3", "一等")
    assert_says(document, "每月 4‰", "旬邑马栏冷库", "至 2027-05-31", "每吨每天 1.80 元", "中华联合财产保险")
    assert_says(document, KEEPER.name, "填发地", "咸阳市", "2026-11-20", "电子仓单", "CD2026-000042")
    assert_says(document, "提取仓储物的凭证", "背书人", BUYER.name, "HT20261120-00000042", "ab" * 32)
    assert document.watermark == ""


def test_a_receipt_whose_goods_have_left_says_so_across_the_page() -> None:
    document = receipt_document(receipt_paper(ended=True))
    assert document.watermark == "已注销"
    assert_says(document, "已注销", "提货记录", "19,950", "-50", "司磅 王芳")


def test_the_in_note_shows_how_the_weight_was_found() -> None:
    assert_says(
        intake_document(intake_paper()),
        "入库单",
        "（441.500 − 41.500）公斤 ÷ 20 件 × 1,000 件 = 20,000 公斤",
        "赵明",
        "HGZ-2026-118",
        "不能转让",
    )


def test_the_report_shows_what_was_measured() -> None:
    document = inspection_document(inspection_paper())
    assert_says(document, "≥ 80 mm", "85%", "毒死蜱", "未检出", "抽 20 件", "GB/T 10651-2008")


def test_the_pickup_order_carries_the_code_and_the_out_note_what_left() -> None:
    assert_says(pickup_document(pickup_paper()), "提货单", "482913", "陕D12345", "6104**********1234")
    done = words_of(outbound_document(pickup_paper(done=True)))
    assert "提货码482913" not in done
    for said in ("出门证CM2026-000003", "19,950", "-50", "288.00"):
        assert said in done


@pytest.mark.parametrize(
    ("document", "sealed_by"),
    [
        (receipt_document(receipt_paper()), {KEEPER.name, INSPECTOR.name, "中国咸阳金果网"}),
        (inspection_document(inspection_paper()), {INSPECTOR.name}),
        (intake_document(intake_paper()), {KEEPER.name}),
        (outbound_document(pickup_paper(done=True)), {KEEPER.name}),
    ],
)
def test_a_paper_is_sealed_by_whose_paper_it_is(document: Document, sealed_by: set[str]) -> None:
    [seals] = [section for section in document.sections if isinstance(section, Seals)]
    assert {seal.name for seal in seals.seals} == sealed_by
