"""/metrics of a running exchange."""

import re
from typing import Any

import httpx

from tests.api.test_orders_http import cancel, place
from tests.ws.live import Trader, order

LINE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? ([0-9.e+-]+|\+Inf)')


def figures(client: httpx.Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_what_happens_is_counted(client: httpx.Client, dealer: Trader, product: dict[str, Any]) -> None:
    before = figures(client)
    body = order(product)
    placed = place(client, dealer, body).json()
    place(client, dealer, body)
    cancel(client, dealer, placed["order_id"])
    client.get(f"/api/v1/products/{product['code']}")
    client.get("/no/such/page")
    after = figures(client)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert after["jinguo_floor_up"] == after["jinguo_tables_up"] == 1
    assert more("jinguo_floor_commands_total") >= 2
    assert more("jinguo_floor_resends_total") >= 1
    assert more("jinguo_floor_journal_append_seconds_count") >= 2
    assert more('jinguo_http_requests_total{part="orders",view="place",status="2xx"}') >= 2
    assert more('jinguo_http_requests_total{part="api",view="api/v1/products/<code>",status="2xx"}') >= 1
    assert more('jinguo_http_requests_total{part="pages",view="unmatched",status="4xx"}') >= 1
    assert after["jinguo_projector_lag_commands"] >= 0
    assert after["jinguo_reconciliation_breaks_open"] >= 0
    assert any(name.startswith("jinguo_build_info{") for name in after)
    buckets = [
        value for name, value in after.items() if name.startswith("jinguo_floor_batch_commands_bucket")
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == after["jinguo_floor_batch_commands_count"]


def test_a_proxied_request_finds_nothing(client: httpx.Client) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    assert client.post("/metrics").status_code == 404
