"""运行状态: how the exchange is, for everybody. Asked at most every few seconds, however many look."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from exchange.markets.selectors import products_by_number
from exchange.ops.status import Incident, Status, status_now
from web.pages import words
from web.pages.access import public
from web.pages.index import value_shown
from web.ws.services import follows_the_market

KEPT_S = 5
_KEY = "public-status"
MARKET: words.Words = {
    "continuous": lazy("交易中"),
    "call": lazy("集合竞价"),
    "halted": lazy("暂停"),
    "closed": lazy("已收市"),
}


@public
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Market, machine, money, the last index, and the incidents of two weeks."""
    found = _status()
    names = {row.code: words.product_name(row) for row in products_by_number().values()}
    live = found.orders and follows_the_market()
    context: dict[str, Any] = {
        "status": found,
        "well": found.well and live,
        "market": words.word(MARKET, found.market),
        "live": live,
        "headline": value_shown(found.headline) if found.headline is not None else None,
        "incidents": [_shown(each, names) for each in found.incidents],
    }
    return render(request, "pages/status.html", context)


def _status() -> Status:
    found = cache.get(_KEY)
    if not isinstance(found, Status):
        found = status_now()
        cache.set(_KEY, found, KEPT_S)
    return found


def _shown(incident: Incident, names: dict[str, str]) -> dict[str, Any]:
    return {
        "stop": incident.kind == "stop",
        "products": [names.get(code, code) for code in incident.products],
        "began_at": incident.began_at,
        "ended_at": incident.ended_at,
    }
