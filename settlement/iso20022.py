"""pain.001 and camt.053: the two messages exchanged with a bank, written, read and checked.

Structure and order of the elements used are those of the public schemas pain.001.001.03 and camt.053.001.02;
``check_structure`` refuses what they would refuse. A file from outside is data: no entities, no network, no
DOCTYPE, at most 16 MB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from lxml import etree

from settlement.errors import BadBankFile

PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
CURRENCY = "CNY"
MAX_BYTES = 16 * 1024 * 1024
LONGEST_ID = 35


class Payment(NamedTuple):
    """One transfer of a pain.001."""

    end_to_end_id: str
    account: str
    holder: str
    amount_fen: int


class StatementEntry(NamedTuple):
    """One booked entry of a camt.053; ``failure`` is a return reason, empty when the money moved."""

    bank_ref: str
    end_to_end_id: str
    credit: bool
    """True = into our account."""
    amount_fen: int
    failure: str
    booked: date


@dataclass(frozen=True, slots=True)
class Statement:
    """A day's account statement."""

    message_id: str
    sequence: int
    account: str
    day: date
    opening_fen: int
    closing_fen: int
    entries: tuple[StatementEntry, ...]


class _Part(NamedTuple):
    """A child an element may have, in schema order."""

    name: str
    least: int = 1
    most: int | None = 1


_ACCOUNT = {"Id": [_Part("Othr")], "Othr": [_Part("Id")]}
_PAIN_SCHEMA: dict[str, list[_Part]] = {
    "Document": [_Part("CstmrCdtTrfInitn")],
    "CstmrCdtTrfInitn": [_Part("GrpHdr"), _Part("PmtInf", 1, None)],
    "GrpHdr": [_Part("MsgId"), _Part("CreDtTm"), _Part("NbOfTxs"), _Part("CtrlSum", 0), _Part("InitgPty")],
    "PmtInf": [
        _Part("PmtInfId"),
        _Part("PmtMtd"),
        _Part("NbOfTxs", 0),
        _Part("CtrlSum", 0),
        _Part("ReqdExctnDt"),
        _Part("Dbtr"),
        _Part("DbtrAcct"),
        _Part("DbtrAgt"),
        _Part("CdtTrfTxInf", 1, None),
    ],
    "CdtTrfTxInf": [
        _Part("PmtId"),
        _Part("Amt"),
        _Part("Cdtr", 0),
        _Part("CdtrAcct", 0),
        _Part("RmtInf", 0),
    ],
    "PmtId": [_Part("EndToEndId")],
    "Amt": [_Part("InstdAmt")],
}
_CAMT_SCHEMA: dict[str, list[_Part]] = {
    "Document": [_Part("BkToCstmrStmt")],
    "BkToCstmrStmt": [_Part("GrpHdr"), _Part("Stmt", 1, 1)],
    "GrpHdr": [_Part("MsgId"), _Part("CreDtTm")],
    "Stmt": [
        _Part("Id"),
        _Part("ElctrncSeqNb"),
        _Part("CreDtTm"),
        _Part("Acct"),
        _Part("Bal", 2, 2),
        _Part("Ntry", 0, None),
    ],
    "Bal": [_Part("Tp"), _Part("Amt"), _Part("CdtDbtInd"), _Part("Dt")],
    "Ntry": [
        _Part("NtryRef", 0),
        _Part("Amt"),
        _Part("CdtDbtInd"),
        _Part("Sts"),
        _Part("BookgDt"),
        _Part("AcctSvcrRef"),
        _Part("BkTxCd"),
        _Part("NtryDtls"),
    ],
    "NtryDtls": [_Part("TxDtls")],
    "TxDtls": [_Part("Refs"), _Part("RtrInf", 0)],
    "Refs": [_Part("EndToEndId")],
}


def fen_of(text: str) -> int:
    """An amount such as 12.30. Raises BadBankFile unless it is plain, positive or zero, to the fen."""
    whole, dot, part = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 14 and (part.isdigit() or not dot)):
        raise BadBankFile(why_zh=f"金额 {text[:20]}", why_en=f"amount {text[:20]}")
    if len(part) > 2 and part[2:].strip("0"):
        raise BadBankFile(why_zh=f"金额 {text[:20]} 小于分", why_en=f"amount {text[:20]} below a fen")
    return int(whole) * 100 + int(part[:2].ljust(2, "0"))


def yuan_of(fen: int) -> str:
    """Fen as 12.30."""
    return f"{fen // 100}.{fen % 100:02d}"


def _parse(content: bytes, namespace: str, schema: dict[str, list[_Part]]) -> etree._Element:
    """The root, checked. Raises BadBankFile."""
    if len(content) > MAX_BYTES:
        raise BadBankFile(why_zh="文件过大", why_en="it is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadBankFile(str(error)[:200], why_zh="不是完整的 XML", why_en="it is not whole XML") from error
    if root.getroottree().docinfo.doctype:
        raise BadBankFile(why_zh="含有 DOCTYPE", why_en="it has a DOCTYPE")
    if root.tag != f"{{{namespace}}}Document":
        raise BadBankFile(why_zh="不是所需的报文", why_en="it is another message")
    check_structure(root, schema)
    return root


def check_structure(element: etree._Element, schema: dict[str, list[_Part]]) -> None:
    """Raises BadBankFile unless children stand in the order and number the schema has."""
    parts = schema.get(etree.QName(element).localname)
    if parts is None:
        return
    names = [etree.QName(child).localname for child in element if isinstance(child.tag, str)]
    at = 0
    for part in parts:
        count = 0
        while at < len(names) and names[at] == part.name:
            at, count = at + 1, count + 1
        if count < part.least or (part.most is not None and count > part.most):
            where = f"{etree.QName(element).localname}/{part.name}"
            raise BadBankFile(why_zh=f"{where} 出现 {count} 次", why_en=f"{where} occurs {count} times")
    if at < len(names):
        where = f"{etree.QName(element).localname}/{names[at]}"
        raise BadBankFile(why_zh=f"{where} 不应出现在此", why_en=f"{where} does not belong there")
    for child in element:
        if isinstance(child.tag, str):
            check_structure(child, schema)


def _text(element: etree._Element, path: str, namespace: str) -> str:
    found = element.find("/".join(f"{{{namespace}}}{name}" for name in path.split("/")))
    if found is None or not (found.text or "").strip():
        raise BadBankFile(why_zh=f"缺 {path}", why_en=f"{path} is missing")
    return str(found.text).strip()


# camt.053 --------------------------------------------------------------------------------------------


def read_statement(content: bytes) -> Statement:
    """A camt.053, whole and adding up: opening + credits − debits = closing. Raises BadBankFile."""
    root = _parse(content, CAMT, _CAMT_SCHEMA)
    message, stmt = root[0], root[0][1]
    try:
        statement = Statement(
            message_id=_text(message, "GrpHdr/MsgId", CAMT)[:LONGEST_ID],
            sequence=int(_text(stmt, "ElctrncSeqNb", CAMT)),
            account=_text(stmt, "Acct/Id/Othr/Id", CAMT),
            day=_date(_balance(stmt, "CLBD"), "Dt/Dt"),
            opening_fen=_signed(_balance(stmt, "OPBD")),
            closing_fen=_signed(_balance(stmt, "CLBD")),
            entries=tuple(map(_entry, stmt.findall(f"{{{CAMT}}}Ntry"))),
        )
    except ValueError as error:
        raise BadBankFile(str(error)[:200], why_zh="日期或序号不正确", why_en="a date or number") from error
    moved = sum(
        entry.amount_fen if entry.credit else -entry.amount_fen
        for entry in statement.entries
        if not entry.failure
    )
    if statement.opening_fen + moved != statement.closing_fen:
        raise BadBankFile(why_zh="期初加发生额不等于期末", why_en="opening and entries are not the closing")
    return statement


def _balance(stmt: etree._Element, code: str) -> etree._Element:
    for balance in stmt.findall(f"{{{CAMT}}}Bal"):
        if _text(balance, "Tp/CdOrPrtry/Cd", CAMT) == code:
            return balance
    raise BadBankFile(why_zh=f"缺余额 {code}", why_en=f"balance {code} is missing")


def _signed(element: etree._Element) -> int:
    fen = _amount(element)
    return fen if _credit(element) else -fen


def _amount(element: etree._Element) -> int:
    amount = element.find(f"{{{CAMT}}}Amt")
    if amount is None or amount.get("Ccy") != CURRENCY:
        raise BadBankFile(why_zh="币种不是人民币", why_en="the currency is not CNY")
    return fen_of((amount.text or "").strip())


def _credit(element: etree._Element) -> bool:
    indicator = _text(element, "CdtDbtInd", CAMT)
    if indicator not in ("CRDT", "DBIT"):
        raise BadBankFile(why_zh="借贷标志", why_en="credit or debit")
    return indicator == "CRDT"


def _date(element: etree._Element, path: str) -> date:
    return date.fromisoformat(_text(element, path, CAMT))


def _entry(element: etree._Element) -> StatementEntry:
    if _text(element, "Sts", CAMT) != "BOOK":
        raise BadBankFile(why_zh="分录未入账", why_en="an entry is not booked")
    details = element.find(f"{{{CAMT}}}NtryDtls/{{{CAMT}}}TxDtls")
    assert details is not None
    returned = details.find(f"{{{CAMT}}}RtrInf/{{{CAMT}}}AddtlInf")
    return StatementEntry(
        bank_ref=_text(element, "AcctSvcrRef", CAMT),
        end_to_end_id=_text(details, "Refs/EndToEndId", CAMT),
        credit=_credit(element),
        amount_fen=_amount(element),
        failure="" if returned is None else (returned.text or "returned").strip(),
        booked=_date(element, "BookgDt/Dt"),
    )


def write_statement(statement: Statement, created: datetime) -> bytes:
    """A camt.053 as a bank sends it; for the mock bank and the tests."""
    root, message = _message(CAMT, "BkToCstmrStmt")
    header = _sub(message, "GrpHdr")
    _sub(header, "MsgId", statement.message_id)
    _sub(header, "CreDtTm", created.isoformat(timespec="seconds"))
    stmt = _sub(message, "Stmt")
    _sub(stmt, "Id", f"{statement.account}-{statement.day:%Y%m%d}")
    _sub(stmt, "ElctrncSeqNb", str(statement.sequence))
    _sub(stmt, "CreDtTm", created.isoformat(timespec="seconds"))
    _nest(stmt, "Acct/Id/Othr/Id", statement.account)
    for code, fen in (("OPBD", statement.opening_fen), ("CLBD", statement.closing_fen)):
        balance = _sub(stmt, "Bal")
        _nest(balance, "Tp/CdOrPrtry/Cd", code)
        _money(balance, abs(fen), fen >= 0)
        _nest(balance, "Dt/Dt", statement.day.isoformat())
    for number, entry in enumerate(statement.entries, 1):
        element = _sub(stmt, "Ntry")
        _sub(element, "NtryRef", str(number))
        _money(element, entry.amount_fen, entry.credit)
        _sub(element, "Sts", "BOOK")
        _nest(element, "BookgDt/Dt", entry.booked.isoformat())
        _sub(element, "AcctSvcrRef", entry.bank_ref)
        _nest(element, "BkTxCd/Prtry/Cd", "TRANSFER")
        details = _nest(element, "NtryDtls/TxDtls", None)
        _nest(details, "Refs/EndToEndId", entry.end_to_end_id)
        if entry.failure:
            _nest(details, "RtrInf/AddtlInf", entry.failure)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


# pain.001 --------------------------------------------------------------------------------------------


def write_payments(
    *, message_id: str, created: datetime, debtor: str, account: str, bank: str, payments: Sequence[Payment]
) -> bytes:
    """A pain.001 with one batch of payments out of the settlement account."""
    total = yuan_of(sum(payment.amount_fen for payment in payments))
    root, message = _message(PAIN, "CstmrCdtTrfInitn")
    header = _sub(message, "GrpHdr")
    _sub(header, "MsgId", message_id)
    _sub(header, "CreDtTm", created.isoformat(timespec="seconds"))
    _sub(header, "NbOfTxs", str(len(payments)))
    _sub(header, "CtrlSum", total)
    _nest(header, "InitgPty/Nm", debtor)
    batch = _sub(message, "PmtInf")
    _sub(batch, "PmtInfId", message_id)
    _sub(batch, "PmtMtd", "TRF")
    _sub(batch, "NbOfTxs", str(len(payments)))
    _sub(batch, "CtrlSum", total)
    _sub(batch, "ReqdExctnDt", created.date().isoformat())
    _nest(batch, "Dbtr/Nm", debtor)
    _nest(batch, "DbtrAcct/Id/Othr/Id", account)
    _nest(batch, "DbtrAgt/FinInstnId/Nm", bank)
    for payment in payments:
        element = _sub(batch, "CdtTrfTxInf")
        _nest(element, "PmtId/EndToEndId", payment.end_to_end_id)
        amount = _nest(element, "Amt/InstdAmt", yuan_of(payment.amount_fen))
        amount.set("Ccy", CURRENCY)
        _nest(element, "Cdtr/Nm", payment.holder)
        _nest(element, "CdtrAcct/Id/Othr/Id", payment.account)
        _nest(element, "RmtInf/Ustrd", f"出金 {payment.end_to_end_id}")
    content = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
    assert read_payments(content) == list(payments)
    return content


def read_payments(content: bytes) -> list[Payment]:
    """The payments of a pain.001 whose number and sum are what its header says. Raises BadBankFile."""
    root = _parse(content, PAIN, _PAIN_SCHEMA)
    message = root[0]
    payments = []
    for element in message.iter(f"{{{PAIN}}}CdtTrfTxInf"):
        amount = element.find(f"{{{PAIN}}}Amt/{{{PAIN}}}InstdAmt")
        if amount is None or amount.get("Ccy") != CURRENCY:
            raise BadBankFile(why_zh="币种不是人民币", why_en="the currency is not CNY")
        payments.append(
            Payment(
                _text(element, "PmtId/EndToEndId", PAIN),
                _text(element, "CdtrAcct/Id/Othr/Id", PAIN),
                _text(element, "Cdtr/Nm", PAIN),
                fen_of((amount.text or "").strip()),
            )
        )
    total = sum(payment.amount_fen for payment in payments)
    told = fen_of(_text(message, "GrpHdr/CtrlSum", PAIN))
    if _text(message, "GrpHdr/NbOfTxs", PAIN) != str(len(payments)) or total != told:
        raise BadBankFile(why_zh="笔数或总额不符", why_en="the number or the sum")
    return payments


def _message(namespace: str, name: str) -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    return root, _sub(root, name)


def _sub(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def _nest(parent: etree._Element, path: str, text: str | None) -> etree._Element:
    *way, last = path.split("/")
    for name in way:
        parent = _sub(parent, name)
    return _sub(parent, last, text)


def _money(parent: etree._Element, fen: int, credit: bool) -> None:
    amount = _sub(parent, "Amt", yuan_of(fen))
    amount.set("Ccy", CURRENCY)
    _sub(parent, "CdtDbtInd", "CRDT" if credit else "DBIT")
