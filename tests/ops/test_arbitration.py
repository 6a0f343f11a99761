"""What goes to the arbitrators: everything, as it was kept, with hashes that hold."""

import hashlib
import io
import json
import zipfile

import pytest

from exchange.kernel.audit import SYSTEM
from exchange.kernel.errors import NotFound
from exchange.ops.arbitration import export_case
from settlement import services as settlement
from settlement.delivery_selectors import (
    access_delivery,
    access_evidence,
    deliveries,
)
from settlement.evidence import NewEvidence
from settlement.models import Contract
from tests.trading.exchange_in_tables import TableExchange
from tests.trading.paper_floor import buy, sell

pytestmark = pytest.mark.django_db

PHOTO = b"\x89PNG\r\n\x1a\n mouldy core"


def test_one_zip_has_originals_journal_and_hashes() -> None:
    market = TableExchange()
    market.build(growers=1, dealers=2, products=1, kg=20_000, fen=50_000_000)
    (grower,), (dealer, stranger) = market.growers, market.dealers
    fuji = market.products[0].number
    market.floor.batch(sell(grower, fuji, 720, 1_000), buy(dealer, fuji, 720, 1_000))
    market.settle()
    contract = Contract.objects.get()
    case = settlement.open_dispute(
        actor=SYSTEM,
        account_no=dealer,
        contract_no=contract.contract_no,
        text="霉心病",
        evidence=[NewEvidence("../../etc/照片.png", PHOTO)],
    )
    name, content = export_case(actor=SYSTEM, case_no=case, journal=market.floor.journal)
    assert (name, content) == export_case(actor=SYSTEM, case_no=case, journal=market.floor.journal)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["sha256"] == {each: hashlib.sha256(data).hexdigest() for each, data in files.items()}
    (photo,) = [each for each in files if each.startswith("evidence/")]
    assert (files[photo], photo.rpartition("-")[2]) == (PHOTO, "照片.png")
    journal = json.loads(files["journal.json"])
    assert journal["found"]
    assert journal["first_seq"] <= contract.seq <= journal["last_seq"]
    assert json.loads(files["contract.json"])["sha256"] == contract.document_hash
    assert sum(line["amount_fen"] for line in json.loads(files["ledger.json"])) > contract.amount_fen

    detail = access_delivery(contract.contract_no, account_no=dealer)
    (evidence,) = detail.evidence
    assert access_evidence(evidence.id, account_no=grower)[2] == PHOTO
    for look in (
        lambda: access_delivery(contract.contract_no, account_no=stranger),
        lambda: access_evidence(evidence.id, account_no=stranger),
        lambda: export_case(actor=SYSTEM, case_no="ZY-0"),
    ):
        with pytest.raises(NotFound):
            look()
    assert [row.stage for row in deliveries(account_no=dealer)] == ["disputed"]
    assert deliveries(account_no=stranger) == []
