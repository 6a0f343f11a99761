"""What the papers say, as plain values; words are Chinese, as on the paper. Fen, kg and g."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class PaperParty(NamedTuple):
    """A party as a paper names it."""

    name: str
    code: str = ""
    uscc: str = ""
    address: str = ""


class PaperEndorsement(NamedTuple):
    """An endorsement 背书: who passed the right to withdraw to whom."""

    at: datetime
    from_name: str
    to_name: str
    kg: int
    contract_no: str
    receipt_no: str


class PaperLoad(NamedTuple):
    """Goods that left against a receipt or a pickup order."""

    at: datetime
    receipt_no: str
    kg: int
    weighed_kg: int
    clerk: str


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """A warehouse receipt: the elements of 民法典 909 and of GB/T 30332-2024, tables 1 and 2."""

    receipt_no: str
    register_no: str
    """Number in the national-style register; empty when it has none."""
    state: str
    """The stage in words, e.g. 可交易."""
    ended: bool
    as_of: datetime
    """The moment the paper speaks of: the last step in the receipt's life."""
    issued_at: datetime
    depositor: PaperParty
    holder: PaperParty
    keeper: PaperParty
    warehouse_code: str
    warehouse_name: str
    store_type: str
    product_name: str
    county: str
    orchard: str
    crop_year: int
    bagging: str
    kg: int
    issued_kg: int
    pieces: int
    packaging: str
    mark: str
    grade: str
    standard: str
    inspection_no: str
    inspector: PaperParty
    inspected_at: datetime
    loss_permille_per_month: int
    storage_fee_fen_per_t_day: int
    expires_on: date
    insurer: str
    insurance: str
    """Amount and period in words; empty when the policy names none."""
    intake_no: str
    parent_no: str
    endorsements: tuple[PaperEndorsement, ...]
    loads: tuple[PaperLoad, ...]
    chain_hash: str
    """Head of its chain of signed steps."""


@dataclass(frozen=True, slots=True)
class InspectionPaper:
    """An inspection report of one lot."""

    report_no: str
    intake_no: str
    body: PaperParty
    inspector: str
    inspected_at: datetime
    standard: str
    grade: str
    depositor: PaperParty
    warehouse_name: str
    variety: str
    county: str
    orchard: str
    crop_year: int
    bagging: str
    pieces: int
    net_kg: int
    sampling_no: str
    sampling: str
    """How the sample was drawn, in words."""
    measured: tuple[tuple[str, str, str], ...]
    """(what, measured, remark)."""
    residues: tuple[tuple[str, str, str, str], ...]
    """(substance, measured, limit, verdict)."""
    replaces_no: str
    """The report before it, when this is a re-inspection."""


@dataclass(frozen=True, slots=True)
class IntakePaper:
    """An in-note: what came through the gate and how its weight was found."""

    intake_no: str
    at: datetime
    owner: PaperParty
    keeper: PaperParty
    warehouse_name: str
    room: str
    plate: str
    variety: str
    county: str
    orchard: str
    grower: str
    harvested_on: str
    certificate_no: str
    crop_year: int
    bagging: str
    packaging: str
    mark: str
    pieces: int
    sample_pieces: int
    sample_gross_g: int
    sample_tare_g: int
    net_kg: int
    state: str
    weigher: str


@dataclass(frozen=True, slots=True)
class PickupPaper:
    """A pickup order, and after weighing out the out-note."""

    pickup_no: str
    holder: PaperParty
    keeper: PaperParty
    warehouse_name: str
    warehouse_address: str
    product_name: str
    kg: int
    receipts: tuple[tuple[str, int], ...]
    plate: str
    person: str
    id_masked: str
    slot_at: datetime
    code: str
    """The pickup code in plain: only on the paper of the holder, never stored."""
    state: str
    at: datetime
    loads: tuple[PaperLoad, ...]
    gate_pass_no: str
    fees: tuple[tuple[str, str, int], ...]
    """(payer, what for, fen)."""
