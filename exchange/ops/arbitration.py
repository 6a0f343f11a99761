"""One file for the arbitrators: everything about a disputed contract, as it was kept, with hashes.

A zip with the contract's document and hash, its history, every transfer of its money, the evidence
of both sides as it was handed in, the entry of the journal that formed it, and a manifest of SHA-256 hashes.
Equal tables give equal bytes. Only the operator makes it; both parties may be given it.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from exchange.kernel import audit
from exchange.kernel.archives import zipped
from exchange.kernel.audit import Actor
from exchange.trading.journal import JournalEntry, JournalReader
from exchange.trading.journal_stores import open_journal
from settlement.delivery_selectors import access_delivery, access_dispute, access_evidence
from settlement.selectors import access_contract, contract_document


def export_case(*, actor: Actor, case_no: str, journal: JournalReader | None = None) -> tuple[str, bytes]:
    """(file name, zip) of a case. ``journal`` defaults to this deployment's own. Raises NotFound."""
    case = access_dispute(case_no, account_no=None)
    contract = access_contract(case.contract_no, account_no=None)
    delivery = access_delivery(case.contract_no, account_no=None)
    contents = {
        "contract.json": _json(contract_document(case.contract_no)),
        "case.json": _json(case._asdict()),
        "timeline.json": _json([row._asdict() for row in delivery.timeline]),
        "history.json": _json([row._asdict() for row in delivery.steps]),
        "ledger.json": _json([row._asdict() for row in delivery.money]),
        "charges.json": _json([row._asdict() for row in delivery.charges]),
        "claims.json": _json([row._asdict() for row in delivery.claims]),
        "parties.json": _json({"seller": asdict(contract.seller), "buyer": asdict(contract.buyer)}),
        "journal.json": _json(_journal_extract(contract.seq, journal)),
    }
    for row in delivery.evidence:
        _, _, content = access_evidence(row.id, account_no=None)
        contents[f"evidence/{row.id:06d}-{row.file_name}"] = content
    contents["evidence.json"] = _json([row._asdict() for row in delivery.evidence])
    contents["manifest.json"] = _json(
        {
            "case_no": case_no,
            "contract_no": case.contract_no,
            "contract_hash": contract.document_hash,
            "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        }
    )
    archive = zipped(contents)
    audit.record(
        actor=actor,
        action="dispute.export",
        subject=f"contract:{case.contract_no}",
        after={"case": case_no, "sha256": hashlib.sha256(archive).hexdigest()},
    )
    return f"{case_no}.zip", archive


def _journal_extract(seq: int, journal: JournalReader | None) -> dict[str, Any]:
    """The journal's entry with the command that made the deal: commands and chain hash, in hex."""
    store = journal or open_journal()
    try:
        entry = _entry_with(store, seq)
    finally:
        if journal is None:
            store.close()
    if entry is None:
        return {"seq": seq, "found": False}
    return {
        "seq": seq,
        "found": True,
        "first_seq": entry.first_seq,
        "last_seq": entry.last_seq,
        "time_ns": entry.time_ns,
        "commands": entry.commands.hex(),
        "client_ids": entry.client_id_list(),
        "event_digest": entry.event_digest.hex(),
        "chain_hash": entry.chain_hash.hex(),
    }


def _entry_with(store: JournalReader, seq: int) -> JournalEntry | None:
    """The entry a command lies in; a micro-batch is never larger than the widest look back."""
    for back in (1, 64, 1_024, 65_536):
        for entry in store.read(max(0, seq - back), back):
            if entry.first_seq <= seq <= entry.last_seq:
                return entry
    return None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str, sort_keys=True).encode()
