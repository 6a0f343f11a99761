"""Whatever a client makes of the OpenAPI document, the exchange answers as the document says."""

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.snapshot import OPENAPI
from tests.exchange_process import ExchangeProcess
from tests.ws.live import Trader

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


schema = schemathesis.openapi.from_path(OPENAPI)
# Its systematic cases, fifty an operation, are made while tests are collected, in each process of a run.
schema.config.phases.coverage.enabled = False


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_exchange_keeps_to_its_document(
    case: schemathesis.Case, live_exchange: ExchangeProcess, grower: Trader
) -> None:
    answer = case.call_and_validate(
        base_url=live_exchange.url,
        headers=dict(grower.headers),
        checks=CHECKS,
        timeout=30,
    )
    if case.path.endswith("/cancel-after") and case.method == "POST" and answer.status_code == 200:
        _disarm(live_exchange.url + case.path, grower)


def _disarm(address: str, grower: Trader) -> None:
    """Nothing stays that cancels other tests' orders later."""
    while (off := httpx.post(address, json={"timeout_ms": 0}, headers=grower.headers)).status_code == 429:
        pass
    assert off.status_code == 200
