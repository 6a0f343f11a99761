"""A document reads as written, keeps its bytes, and shows every change and every stranger's signature."""

from datetime import datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from exchange.kernel.calendar import TIMEZONE
from exchange.kernel.documents.codes import code_of, is_code, verify_url
from exchange.kernel.documents.errors import NotPdf, PdfTooLarge
from exchange.kernel.documents.layout import render
from exchange.kernel.documents.qr import qr_svg
from exchange.kernel.documents.signing import sign_pdf, signed_document
from exchange.kernel.documents.types import (
    Column,
    Document,
    Field,
    Fields,
    Lines,
    Prose,
    Seal,
    Seals,
    Signatory,
)
from exchange.kernel.documents.verification import MAX_PDF_KB, verify_pdf
from tests.kernel.documents.pdf_text import fonts_of, page_count, text_of

AT = datetime(2026, 11, 20, 9, 30, 12, tzinfo=TIMEZONE)
NUMBER = "CD20261120-00000042"
KEEPER = Signatory("warehouse:XY01", "咸阳马栏冷链物流有限责任公司", "签发仓单")
EXCHANGE = Signatory("exchange", "中国咸阳金果网", "登记")


def document(lines: int = 2, kg: str = "20,000 公斤") -> Document:
    return Document(
        kind="receipt",
        title="电子仓单",
        number=NUMBER,
        at=AT,
        notice="提取仓储物的凭证",
        verify_url=verify_url("receipt", NUMBER),
        verify_code=code_of("receipt", NUMBER),
        sections=(
            Fields(
                "仓储物",
                (Field("品种", "红富士"), Field("数量", kg), Field("地址", "旬邑县马栏镇", wide=True)),
            ),
            Lines(
                "背书",
                (Column("受让人", 3), Column("公斤", figures=True)),
                tuple((f"合作社<{line}>&", "1,000") for line in range(lines)),
                ("合计", f"{lines},000"),
            ),
            Prose("条款", ("一、保管人验收后承担责任。",)),
            Seals("签章", (Seal("保管人", KEEPER.name, AT), Seal("登记机构", EXCHANGE.name, AT))),
        ),
    )


@pytest.fixture(scope="module")
def signed() -> bytes:
    return signed_document(document(), [KEEPER, EXCHANGE])


def test_what_was_written_can_be_read_and_searched() -> None:
    pdf = render(document(lines=60))
    text = text_of(pdf)
    for words in (
        "电子仓单",
        NUMBER,
        "红富士",
        "20,000 公斤",
        "合作社<59>&",
        "一、保管人验收后承担责任。",
        KEEPER.name,
    ):
        assert words in text
    pages = page_count(pdf)
    assert pages >= 2
    assert f"第 {pages} 页 共 {pages} 页" in text
    assert fonts_of(pdf)
    assert all("NotoSansSC" in name and embedded for name, embedded in fonts_of(pdf).items())


def test_the_same_document_is_the_same_file_signatures_and_all(signed: bytes) -> None:
    assert signed_document(document(), [KEEPER, EXCHANGE]) == signed
    assert signed_document(document(kg="20,001 公斤"), [KEEPER, EXCHANGE]) != signed


def test_each_signature_is_found_with_who_and_why(signed: bytes) -> None:
    report = verify_pdf(signed)
    assert report.genuine
    assert (report.kind, report.number) == ("receipt", NUMBER)
    assert [(s.institution, s.signer, s.reason, s.signed_at) for s in report.signatures] == [
        (*KEEPER[:2], KEEPER.reason, AT),
        (*EXCHANGE[:2], EXCHANGE.reason, AT),
    ]


def test_any_changed_byte_is_noticed(signed: bytes) -> None:
    """Bytes all over the file, and in each of the places a forger would choose."""
    places = {
        *range(30, len(signed), len(signed) // 23),
        *(signed.index(mark) for mark in (b"/Reason", b"/FontFile2")),
    }
    for place in sorted(places):
        forged = signed[:place] + bytes([signed[place] ^ 0x15]) + signed[place + 1 :]
        try:
            report = verify_pdf(forged)
        except NotPdf:
            continue
        assert not report.genuine, f"byte {place} was changed unseen"


def test_what_is_added_behind_the_last_signature_is_noticed(signed: bytes) -> None:
    report = verify_pdf(signed + b"\n% another word\n")
    assert not report.genuine
    assert [s.covers_whole for s in report.signatures] == [True, False]


def test_a_document_without_signatures_is_not_genuine() -> None:
    assert not verify_pdf(render(document())).genuine


def test_a_signature_by_another_authority_is_not_trusted(tmp_path: Path, settings: LazySettings) -> None:
    ours = settings.KEYS_DIR
    settings.KEYS_DIR = tmp_path
    foreign = sign_pdf(render(document()), [KEEPER], at=AT)
    assert verify_pdf(foreign).genuine
    settings.KEYS_DIR = ours
    report = verify_pdf(foreign)
    assert not report.genuine
    assert [(s.intact, s.trusted, s.institution) for s in report.signatures] == [(True, False, "")]
    mixed = verify_pdf(sign_pdf(foreign, [EXCHANGE], at=AT))
    assert [s.trusted for s in mixed.signatures] == [False, True]
    assert not mixed.genuine


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.4", b"%PDF-1.7\n" + b"\x00" * 500, b"PK\x03\x04", b"%PDF-1.4\nstartxref\n9\n%%EOF"],
)
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(NotPdf):
        verify_pdf(content)


def test_a_file_beyond_the_limit_is_not_even_read() -> None:
    with pytest.raises(PdfTooLarge):
        verify_pdf(b"%PDF-" + bytes(MAX_PDF_KB << 10))


def test_a_code_belongs_to_one_document_and_forgives_handwriting(settings: LazySettings) -> None:
    code = code_of("receipt", NUMBER)
    assert is_code("receipt", NUMBER, code)
    assert is_code("receipt", NUMBER, f" {code[:4]}-{code[4:]}".lower().replace("0", "o").replace("1", "l"))
    assert not is_code("receipt", NUMBER[:-1] + "3", code)
    assert not is_code("contract", NUMBER, code)
    assert not is_code("receipt", NUMBER, "")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert is_code("receipt", NUMBER, code)
    assert code_of("receipt", NUMBER) != code
    assert qr_svg(verify_url("receipt", NUMBER)).startswith("<svg")
