"""The trading terminal /trade/: the page only; its scripts speak to the API and the socket.

The server gives the page what it needs before the first answer of the API: whose terminal it is and
the member's rates, so that the ticket can estimate fees and holds by the engine's own rules.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from exchange.members.selectors import identity_of_user, member_by_code
from exchange.members.types import FeeRates

NO_FEES = FeeRates(buyer_bps=0, seller_bps=0, deposit_bps=0)
"""For a user without a member (an operator): quotes only, so no rates apply."""


@require_GET
@login_required
@ensure_csrf_cookie
def terminal(request: HttpRequest, code: str = "") -> HttpResponse:
    """The terminal, opened at product `code`, or at the one this browser showed last."""
    identity = identity_of_user(request.user.pk) if request.user.pk else None
    context = {
        "code": code,
        "member_code": identity.code if identity else "",
        "member_kind": identity.kind if identity else "",
        "fees": member_by_code(identity.code).fees if identity else NO_FEES,
    }
    return render(request, "trade/terminal.html", context)
