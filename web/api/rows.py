"""From the packages' own values to the API's shapes: integers become text, numbers become codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exchange.kernel.calendar import NS_PER_S, TIMEZONE, format_time
from exchange.kernel.errors import error_for_reason
from exchange.kernel.money import format_yuan
from exchange.market_data.depth import price_text
from exchange.market_data.market import order_terms, side_text
from exchange.markets.types import PHASE_WORDS, TIE_RULE_WORDS, ProductRow, mode_words, payment_words
from exchange.trading.types import BarRow, OrderRow, RefusedOrderRow, TradeRow
from matching.types import Phase, Reason, Side
from settlement.amendments import AmendmentRow
from settlement.delivery_selectors import DeliveryDetail
from settlement.shown import ContractView, LedgerLine, MovementView, Party, StatementView
from settlement.terms import ContractTerms, clauses_of, terms_document, terms_hash
from settlement.types import DeliveryStage
from warehouse_receipts.types import ReceiptRow

Codes = Mapping[int, str]
"""Product codes by the engine's number."""


def text(zh: str, en: str) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": zh, "en": en}


def time_text(moment: datetime) -> str:
    """RFC 3339 with milliseconds in Shanghai time."""
    return moment.astimezone(TIMEZONE).isoformat(timespec="milliseconds")


def product(row: ProductRow, phase: Phase) -> dict[str, Any]:
    """A product with the phase the floor is in."""
    return {
        "code": row.code,
        "name": text(row.name_zh, row.name_en),
        "pinyin": row.pinyin,
        "variety": {"code": row.variety.code, "name": text(row.variety.name_zh, row.variety.name_en)},
        "bagging": row.bagging.value,
        "size_mm": row.size_mm,
        "grade": row.grade.value,
        "county": row.county,
        "crop_year": row.crop_year,
        "store_type": row.store_type.value,
        "reference_price": price_text(row.reference_price),
        "low_price": price_text(row.low),
        "high_price": price_text(row.high),
        "tick": price_text(row.tick_fen),
        "tie_rule": TIE_RULE_WORDS[row.rules.tie_rule],
        "volatility_bps": row.rules.volatility_bps,
        "modes": mode_words(row.rules.modes),
        "payments": payment_words(row.rules.payments),
        "step_kg": row.step_kg,
        "min_kg": row.min_kg,
        "is_base": row.is_base,
        "premium_discount": format_yuan(row.premium_discount_fen),
        "phase": PHASE_WORDS[phase],
    }


def tape_trade(row: TradeRow) -> dict[str, Any]:
    """A trade as everybody may see it."""
    return {
        "trade_id": row.trade_id,
        "price": price_text(row.price),
        "quantity_kg": row.quantity,
        "side": side_text(row.taker_side),
        "in_call": row.in_call,
        "traded_at": format_time(row.traded_at_ns),
    }


def bar(row: BarRow) -> dict[str, Any]:
    """One bar of a chart."""
    return {
        "start": format_time(row.start_s * NS_PER_S),
        "open": price_text(row.open),
        "high": price_text(row.high),
        "low": price_text(row.low),
        "close": price_text(row.close),
        "volume_kg": row.volume_kg,
        "turnover": format_yuan(row.turnover_fen),
        "trades": row.trades,
    }


def order(row: OrderRow, codes: Codes) -> dict[str, Any]:
    """One of the member's orders."""
    return {
        "order_id": row.order_id,
        "client_order_id": row.client_order_id,
        "product": codes.get(row.product_number, ""),
        "side": side_text(row.side),
        **order_terms(row.time_in_force, row.flags, row.expires),
        "minimum_quantity_kg": row.minimum or None,
        "price": price_text(row.price),
        "quantity_kg": row.quantity,
        "filled_kg": row.filled,
        "remaining_kg": row.remaining,
        "status": row.status.name.lower(),
        "reason": Reason(row.reason).name.lower() if row.reason else None,
        "placed_at": format_time(row.placed_at_ns),
        "seq": row.seq,
    }


def refused_order(row: RefusedOrderRow, codes: Codes) -> dict[str, Any]:
    """An order the floor refused, with the reason as the API says it."""
    error = error_for_reason(row.reason)
    return {
        "seq": row.seq,
        "client_order_id": row.client_order_id,
        "product": codes.get(row.product_number, ""),
        "side": side_text(row.side),
        **_refused_terms(row),
        "price": price_text(row.price),
        "quantity_kg": row.quantity,
        "code": error.code,
        "message": text(error.message("zh"), error.message("en")),
        "refused_at": format_time(row.refused_at_ns),
    }


def _refused_terms(row: RefusedOrderRow) -> dict[str, Any]:
    """What it asked for; null where that was not kept or makes no sense."""
    unknown = ("type", "time_in_force", "expires_on", "post_only", "self_trade")
    try:
        terms = order_terms(row.time_in_force, row.flags or 0, row.expires or 0)
    except (ValueError, OverflowError):
        terms = dict.fromkeys(unknown)
    if row.flags is None:
        terms = {**dict.fromkeys(unknown), "time_in_force": terms["time_in_force"]}
    return {**terms, "minimum_quantity_kg": row.minimum or None}


def trade(row: TradeRow, account_no: int, codes: Codes, contracts: Mapping[int, str]) -> dict[str, Any]:
    """A trade as one of its parties sees it."""
    bought = row.buyer_no == account_no
    took = row.taker_side == (Side.BUY if bought else Side.SELL)
    return {
        "trade_id": row.trade_id,
        "order_id": row.buy_order_id if bought else row.sell_order_id,
        "product": codes.get(row.product_number, ""),
        "side": "buy" if bought else "sell",
        "price": price_text(row.price),
        "quantity_kg": row.quantity,
        "amount": format_yuan(row.amount_fen),
        "fee": format_yuan(row.buyer_fee if bought else row.seller_fee),
        "quality_deposit": format_yuan(0 if bought else row.deposit_fen),
        "liquidity": "call" if row.in_call else "taker" if took else "maker",
        "contract_no": contracts.get(row.trade_id),
        "traded_at": format_time(row.traded_at_ns),
    }


def ledger_line(line: LedgerLine) -> dict[str, Any]:
    """One movement on the member's cash."""
    return {
        "id": line.transfer_id,
        "kind": line.kind,
        "amount": format_yuan(line.amount_fen),
        "balance": format_yuan(line.balance_fen),
        "day": line.day.isoformat(),
        "posted_at": format_time(line.posted_at_ns),
        "reference": line.reference,
        "contract_no": line.contract_no,
        "text": text(line.text_zh, line.text_en),
    }


def receipt(row: ReceiptRow, codes: Codes) -> dict[str, Any]:
    """A receipt the member holds."""
    return {
        "receipt_no": row.receipt_no,
        "root_no": row.root_no,
        "parent_no": row.parent_no,
        "product": codes.get(row.product_number, ""),
        "kg": row.kg,
        "held_kg": row.held_kg,
        "free_kg": row.free_kg,
        "state": row.state.value,
        "warehouse": row.warehouse_name,
        "warehouse_code": row.warehouse_code,
        "grade": row.grade.value,
        "inspection_no": row.inspection_no,
        "issued_at": time_text(row.issued_at),
        "locked_until": row.locked_until.isoformat() if row.locked_until else None,
        "expires_on": row.expires_on.isoformat(),
    }


def balance(found: DeliveryDetail) -> dict[str, Any]:
    """What is still due of a contract with a bond, and its payment."""
    waits = found.stage == DeliveryStage.AWAITING_PAYMENT
    rest, late = (found.balance_fen, found.late_fee_fen) if waits else (0, 0)
    asked = [each for each in found.charges if each.charge_key == f"balance:{found.contract_no}"]
    return {
        "contract_no": found.contract_no,
        "balance": format_yuan(rest),
        "late_fee": format_yuan(late),
        "total": format_yuan(rest + late),
        "due_at": None if found.payment_due_ns is None else format_time(found.payment_due_ns),
        "breach_at": None if found.breach_due_ns is None else format_time(found.breach_due_ns),
        "payment": {
            "amount": format_yuan(asked[0].amount_fen),
            "state": asked[0].state,
            "asked_at": format_time(asked[0].asked_at_ns),
        }
        if asked
        else None,
    }


def contract(view: ContractView) -> dict[str, Any]:
    """An electronic contract."""
    return {
        "contract_no": view.contract_no,
        "trade_id": view.trade_id,
        "mode": view.mode,
        "rulebook_version": view.rulebook_version,
        "formed_at": format_time(view.formed_at_ns),
        "day": view.day.isoformat(),
        "seq": view.seq,
        "seller": _party(view.seller),
        "buyer": _party(view.buyer),
        "product": view.product_code,
        "product_name": view.product_name,
        "spec": view.spec,
        "quality_standard": view.quality_standard,
        "inspection_nos": list(view.inspection_nos),
        "receipt_nos": list(view.receipt_nos),
        "delivery_place": view.delivery_place,
        "quantity_kg": view.quantity_kg,
        "price": price_text(view.price_fen),
        "amount": format_yuan(view.amount_fen),
        "buyer_fee": format_yuan(view.buyer_fee_fen),
        "seller_fee": format_yuan(view.seller_fee_fen),
        "quality_deposit": format_yuan(view.deposit_fen),
        "quality_deposit_release_day": view.deposit_release_day.isoformat(),
        "price_basis": view.price_basis,
        "over_short_bps": view.over_short_bps,
        "delivery_method": view.delivery_method,
        "storage_fee_from": view.storage_fee_from.isoformat(),
        "payment_schedule": view.payment_schedule,
        "dispute_clause": view.dispute_clause,
        "document_hash": view.document_hash,
        "status": view.status,
        "payment": view.payment,
        "bond": format_yuan(view.bond_fen),
        "lots": [lot._asdict() for lot in view.lots],
        "delivery_from": view.delivery_from.isoformat(),
        "delivery_until": view.delivery_until.isoformat(),
        "terms_hash": view.terms_hash,
    }


def amendment(row: AmendmentRow) -> dict[str, Any]:
    """An amendment of a contract."""
    names = ("amendment_no", "place", "changes", "before", "reason", "prev_hash", "document_hash")
    return {
        **{name: getattr(row, name) for name in names},
        "state": "expired" if row.expired else row.state,
        "proposed_at": format_time(row.proposed_at_ns),
        "answer_due": format_time(row.answer_due_ns),
        "decided_at": None if row.decided_at_ns is None else format_time(row.decided_at_ns),
    }


def terms(found: ContractTerms) -> dict[str, Any]:
    """A version of the common terms."""
    return {
        "version": found.rulebook_version,
        "effective_from": found.effective_from.isoformat(),
        "sha256": terms_hash(found),
        "document": terms_document(found),
        "clauses": [list(clause) for clause in clauses_of(found)],
    }


def _party(party: Party) -> dict[str, Any]:
    return {"code": party.code, "name": party.name, "uscc": party.uscc, "signatory": party.signatory}


def statement(view: StatementView) -> dict[str, Any]:
    """A daily statement."""
    return {
        "statement_no": view.statement_no,
        "day": view.day.isoformat(),
        "revision": view.revision,
        "opening": format_yuan(view.opening_fen),
        "deposits": format_yuan(view.deposits_fen),
        "withdrawals": format_yuan(view.withdrawals_fen),
        "sales": format_yuan(view.sales_fen),
        "purchases": format_yuan(view.purchases_fen),
        "buyer_fees": format_yuan(view.buyer_fees_fen),
        "seller_fees": format_yuan(view.seller_fees_fen),
        "quality_deposits_kept": format_yuan(view.deposits_kept_fen),
        "quality_deposits_released": format_yuan(view.deposits_released_fen),
        "corrections": format_yuan(view.corrections_fen),
        "closing": format_yuan(view.closing_fen),
        "quality_deposit": format_yuan(view.quality_deposit_fen),
        "trades": view.trades,
        "document_hash": view.document_hash,
    }


def movement(view: MovementView) -> dict[str, Any]:
    """A deposit or withdrawal."""
    return {
        "movement_no": view.movement_no,
        "direction": view.direction,
        "amount": format_yuan(view.amount_fen),
        "state": view.state,
        "bank_account": view.bank_account,
        "bank_ref": view.bank_ref,
        "failure": view.failure or None,
        "requested_at": format_time(view.requested_at_ns),
        "finished_at": format_time(view.finished_at_ns) if view.finished_at_ns else None,
    }
