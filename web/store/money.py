"""What the exchange has collected for a store, what the store owes, and every entry behind it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.members.types import StaffIdentity
from exchange.ops.store_money import with_states
from settlement.stores import balance_fen, entries, losses, owed_fen
from warehouse_receipts.storage_fees import fees_of_store
from web.pages.delivery import transfer_text
from web.pages.fees import fee_lines, loss_lines
from web.pages.names import RegisterNames
from web.store.keeper import KEEPER, head


@KEEPER
@require_safe
def money(request: HttpRequest, staff: StaffIdentity) -> HttpResponse:
    """The store's account, its fees with who owes them, and its losses."""
    names, code = RegisterNames(), staff.own_code
    fees = fee_lines(with_states(fees_of_store(code)))
    context = {
        **head(staff, "money"),
        "balance_fen": balance_fen(code),
        "owed_fen": owed_fen(code),
        "coming_fen": sum(row["fee_fen"] for row in fees if not row["key"]),
        "fees": [{**row, "payer": names.party(row["payer_no"]).name} for row in fees],
        "losses": [
            {**row, "payee": names.party(row["account_no"]).name}
            for row in loss_lines(losses(store_code=code))
        ],
        "entries": [
            {**row._asdict(), "text": transfer_text(row.kind), "about": row.reference.partition(":")[2]}
            for row in entries(code)
        ],
    }
    return render(request, "store/money.html", context)
