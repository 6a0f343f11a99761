"""What the database keeps of the lives of delivery, whoever writes SQL: steps, terms, history, evidence."""

from typing import Any

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse

_STEPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("settlement_charge", "state"): (
        "due requested waived",
        "requested due paid",
    ),
    ("settlement_moneyproposal", "state"): (
        "proposed approved rejected",
    ),
    ("settlement_contract", "status"): (
        "disputed breached completed",
        "effective breached completed disputed",
        "unpaid breached effective",
    ),
    ("settlement_delivery", "stage"): (
        "awaiting_payment breached titled",
        "claimed breached completed departed disputed pickup_booked titled weighed_out",
        "departed breached claimed completed disputed",
        "disputed breached completed",
        "pickup_booked breached claimed completed disputed titled weighed_out",
        "titled breached claimed completed disputed pickup_booked",
        "weighed_out breached claimed completed departed disputed",
    ),
    ("settlement_claim", "state"): (
        "filed escalated reinspecting settled withdrawn",
        "reinspecting escalated rejected settled",
    ),
    ("settlement_breach", "state"): (
        "noticed confirmed cured",
    ),
    ("settlement_disputecase", "state"): (
        "arbitration awarded",
        "mediation arbitration settled withdrawn",
        "open arbitration mediation withdrawn",
    ),
    ("settlement_invoice", "state"): (
        "draft issued",
        "issued red_requested",
        "red_requested issued reversed",
    ),
}
"""By (table, column): "state next next …"."""

_FIXED = {
    "settlement_contract": (
        "contract_no trade_id mode rulebook_version formed_at_ns day seq seller_no seller_code seller_name "
        "seller_uscc seller_signatory buyer_no buyer_code buyer_name buyer_uscc buyer_signatory product_number "
        "product_code product_name spec quality_standard inspection_nos receipt_nos delivery_place quantity_kg "
        "price_fen amount_fen buyer_fee_fen seller_fee_fen deposit_fen deposit_release_day price_basis "
        "over_short_bps delivery_method storage_fee_from payment_schedule dispute_clause document_hash payment "
        "bond_fen"
    ),
    "settlement_charge": "charge_key purpose account_no amount_fen legs reference contract_no",
    "settlement_moneyproposal": "proposal_no kind debit credit amount_fen corrects reason proposed_by",
    "settlement_delivery": "trade_id contract_no seller_no buyer_no",
    "settlement_claim": "claim_no delivery_id kind text wanted_fen stage_before filed_at_ns",
    "settlement_breach": "breach_no delivery_id party ground reason damages_bps noticed_at_ns",
    "settlement_disputecase": "case_no delivery_id text mediation_due_ns opened_at_ns",
    "settlement_invoice": "document_no contract_no lines net_fen tax_fen",
}
"""Columns that never change."""


def _kept(table: str, column: str) -> list[VendorSQL]:
    """Steps of one table, its fixed columns, and that its rows stay."""
    allowed = " OR ".join(
        f"(OLD.{column} = '{before}' AND NEW.{column} = '{after}')"
        for before, *afters in (line.split() for line in _STEPS[table, column])
        for after in afters
    )
    name = table.removeprefix("settlement_")
    # Only what a step or a fixed column breaks; JSON is compared as what it says.
    changed = " OR ".join(f"NEW.{fixed} <> OLD.{fixed}" for fixed in _FIXED[table].split())
    return [
        VendorSQL(
            *refuse(
                name=f"settlement_{name}_steps",
                table=table,
                event="UPDATE",
                when=f"(NEW.{column} <> OLD.{column} AND NOT ({allowed})) OR {changed}",
                message=f"no such step, or a term of {name} that is final",
            )
        ),
        VendorSQL(
            *refuse(name=f"settlement_{name}_stays", table=table, event="DELETE", message=f"{name} stays")
        ),
    ]


def _begin_deliveries(apps: Any, _editor: Any) -> None:
    """Contracts formed before deliveries had rows get them; their payment was final when they were formed."""
    contract, delivery = apps.get_model("settlement", "Contract"), apps.get_model("settlement", "Delivery")
    rows = []
    for each in contract.objects.order_by("pk").iterator(chunk_size=2_000):
        done = each.status == "completed"
        days = each.deposit_release_day.toordinal() - 719_163
        rows.append(
            delivery(
                contract_id=each.trade_id,
                contract_no=each.contract_no,
                seller_no=each.seller_no,
                buyer_no=each.buyer_no,
                stage="completed" if done else "titled",
                next_due_ns=None if done else (days * 86_400 - 8 * 3_600) * 1_000_000_000,
            )
        )
    delivery.objects.bulk_create(rows, batch_size=2_000)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0004_delivery")]

    operations = [
        migrations.RunSQL(
            "UPDATE settlement_contract SET final_at_ns = formed_at_ns WHERE payment = 'full'",
            migrations.RunSQL.noop,
        ),
        *(operation for table, column in _STEPS for operation in _kept(table, column)),
        *append_only(table="settlement_lifestep", message="history is final"),
        *append_only(table="settlement_evidence", message="evidence is final"),
        migrations.RunPython(_begin_deliveries, migrations.RunPython.noop),
    ]
