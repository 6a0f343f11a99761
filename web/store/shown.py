"""Rows of the register as the desks' templates take them: words in the reader's language, plain numbers."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from warehouse_receipts.business_selectors import LoadRow, PickupRow, PledgeRow
from warehouse_receipts.desk_selectors import IssueRow, LotRow, OriginRow
from warehouse_receipts.photographs import MAX_PHOTOS, photos_of_lots
from warehouse_receipts.states import PhotoKind
from warehouse_receipts.tracing import TraceStep
from warehouse_receipts.types import IntakeState
from warehouse_receipts.weight_corrections import CorrectionRow
from web.pages import words
from web.pages.names import RegisterNames
from web.pages.photos import lot_photos_shown
from web.pages.register_words import ACTION, DECISION, PARTY, PHOTO_KIND, PICKUP_STATE, PLEDGE_STATE, STAGE
from web.templatetags.jinguo import mark

G_PER_KG = 1_000
PLEDGE_TONES = {
    "applied": "warn",
    "registered": "ok",
    "released": "plain",
    "refused": "plain",
    "foreclosure": "danger",
}
PICKUP_TONES = {"requested": "warn", "done": "ok", "cancelled": "plain"}
LOT_TONES = {"stored": "ok", "refused": "danger", "inspected": "gold"}
NEXT_KIND = {
    IntakeState.BOOKED: PhotoKind.GATE,
    IntakeState.ARRIVED: PhotoKind.SCALE,
    IntakeState.WEIGHED: PhotoKind.SAMPLE,
    IntakeState.SAMPLED: PhotoKind.SAMPLE,
}
"""What is most likely photographed next; the room once it is inspected."""


def photo_desk(row: LotRow) -> dict[str, Any]:
    """The photographs of a lot and the form for more."""
    shown = lot_photos_shown(photos_of_lots([row.intake_no]))
    return {
        "photos": shown,
        "photo_kinds": [(value, str(text)) for value, text in PHOTO_KIND.items()],
        "photo_kind": NEXT_KIND.get(row.state, PhotoKind.ROOM).value,
        "photos_left": max(0, MAX_PHOTOS - len(shown)),
    }


def lot_line(row: LotRow, names: RegisterNames) -> dict[str, Any]:
    """A lot in a list."""
    state = row.state.value
    return {
        "id": row.id,
        "no": row.intake_no,
        "owner": names.party(row.owner_no).name,
        "owner_code": names.party(row.owner_no).code,
        "goods": lot_goods(row, names),
        "orchard": row.orchard,
        "plate": row.plate,
        "pieces": row.pieces,
        "net_kg": row.net_kg,
        "unreceipted_kg": row.unreceipted_kg,
        "state": state,
        "state_text": words.word(STAGE, state),
        "tone": LOT_TONES.get(state, "info"),
        "grade": words.word(words.GRADE, row.grade) if row.grade else "",
        "warehouse": row.warehouse_name,
        "booked_at": row.booked_at,
    }


def lot_goods(row: LotRow, names: RegisterNames) -> str:
    """Variety, bagging, county, crop."""
    parts = (
        names.shown_variety(row.variety_code),
        words.word(words.BAGGING, row.bagging),
        words.word(words.COUNTY, row.county),
        str(row.crop_year),
    )
    return " · ".join(parts)


def lot_facts(row: LotRow, names: RegisterNames, origin: OriginRow | None) -> list[tuple[str, str]]:
    """Everything a lot says about itself; what is not known yet is left out."""
    owner = names.party(row.owner_no)
    facts = [
        (_("货主"), f"{owner.name} ({owner.code})"),
        (_("果园"), row.orchard),
        (_("包装"), row.packaging),
        (_("标记"), row.mark),
        (_("车牌"), row.plate),
        (_("冷库"), f"{row.warehouse_name}{f' · {row.room}' if row.room else ''}"),
        (_("总件数"), f"{row.pieces:,}" if row.pieces else ""),
        (_("净重"), f"{row.net_kg:,} {_('公斤')}" if row.net_kg else ""),
        (_("算式"), weighing_formula(row)),
        (_("等级"), words.word(words.GRADE, row.grade) if row.grade else ""),
    ]
    if origin is not None:
        treated = mark("；").join(
            f"{substance} {day}{mark('（')}{interval} {_('天')}{mark('）')}"
            for substance, day, interval in origin.treatments
        )
        facts += [
            (_("种植者"), origin.grower),
            (_("地块"), origin.plot),
            (_("套袋"), origin.bagged_on.isoformat() if origin.bagged_on else ""),
            (_("脱袋"), origin.unbagged_on.isoformat() if origin.unbagged_on else ""),
            (_("采收"), origin.harvested_on.isoformat()),
            (_("用药"), treated),
            (_("合格证"), f"{origin.certificate_no} · {origin.certificate_issuer}"),
        ]
    return [fact for fact in facts if fact[1]]


def weighing_formula(row: LotRow) -> str:
    """How the net weight came about, with the figures put in; empty before weighing."""
    if not row.net_kg:
        return ""
    gross, tare = row.sample_gross_g / G_PER_KG, row.sample_tare_g / G_PER_KG
    return f"({gross:,.1f} − {tare:,.1f}) ÷ {row.sample_pieces} × {row.pieces:,} = {row.net_kg:,}"


def steps_shown(steps: Iterable[TraceStep]) -> list[dict[str, Any]]:
    """Steps of a life for the drawn chain."""
    return [
        {
            "at": step.at,
            "title": words.word(ACTION, step.action.value),
            "party": words.word(PARTY, step.party.value),
            "hash": step.hash,
            "good": step.good,
        }
        for step in steps
    ]


def issue_line(row: IssueRow, names: RegisterNames) -> dict[str, Any]:
    """A request to issue, with who has confirmed."""
    return {
        "id": row.id,
        "no": row.request_no,
        "intake_no": row.intake_no,
        "warehouse": row.warehouse_name,
        "owner": names.party(row.owner_no).name,
        "product": names.shown_product(row.product_number),
        "kg": row.kg,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at,
        "inspector_by": row.inspector_by,
        "owner_by": row.owner_by,
        "ready": row.ready,
        "receipt_no": row.receipt_no,
        "state": row.state.value,
        "reason": row.reason,
    }


def pledge_line(row: PledgeRow, names: RegisterNames) -> dict[str, Any]:
    """A pledge in a list."""
    return {
        "id": row.id,
        "no": row.pledge_no,
        "lender": row.lender_name,
        "holder": names.party(row.holder_no).name,
        "product": names.shown_product(row.product_number),
        "kg": row.kg,
        "principal_fen": row.principal_fen,
        "owed_fen": row.owed_fen,
        "price_fen": row.price_fen,
        "ltv_bps": row.ltv_bps,
        "due_on": row.due_on,
        "state": row.state.value,
        "state_text": words.word(PLEDGE_STATE, row.state.value),
        "tone": PLEDGE_TONES.get(row.state.value, "info"),
        "call_kg": row.call_kg,
        "call_due_on": row.call_due_on,
        "receipts": row.receipt_nos,
        "registration_no": row.registration_no,
        "reason": row.reason,
    }


def pickup_line(row: PickupRow, names: RegisterNames) -> dict[str, Any]:
    """A pickup in a list."""
    return {
        "id": row.id,
        "no": row.pickup_no,
        "holder": names.party(row.holder_no).name,
        "warehouse": row.warehouse_name,
        "product": names.shown_product(row.product_number),
        "kg": row.kg,
        "delivered_kg": row.delivered_kg,
        "weighed_kg": row.weighed_kg,
        "left_kg": row.left_kg,
        "plate": row.plate,
        "person": row.person,
        "id_masked": row.id_masked,
        "slot_at": row.slot_at,
        "state": row.state.value,
        "state_text": words.word(PICKUP_STATE, row.state.value),
        "tone": PICKUP_TONES.get(row.state.value, "info"),
        "may_confirm": row.left_the_market,
        "locked": row.locked,
        "gate_pass_no": row.gate_pass_no,
        "receipts": row.receipts,
        "reason": row.reason,
    }


def correction_line(row: CorrectionRow) -> dict[str, Any]:
    """A weight that was wrong."""
    return {
        "correction_no": row.correction_no,
        "receipt_no": row.receipt_no,
        "weighed_kg": row.weighed_kg,
        "right_kg": row.weighed_kg + row.change_kg,
        "reason": row.reason,
        "decision_text": words.word(DECISION, row.decision.value),
    }


def load_line(row: LoadRow) -> dict[str, Any]:
    """A load weighed out."""
    return {
        "receipt_no": row.receipt_no,
        "kg": row.kg,
        "weighed_kg": row.weighed_kg,
        "over_short_kg": row.weighed_kg - row.kg,
        "at": row.at,
        "clerk": row.clerk,
    }
