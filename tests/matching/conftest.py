"""Both engines for every test of behaviour."""

import pytest

from matching.engine import Engine, new_engine
from tests.matching.market import Market


@pytest.fixture(params=["reference", "fast"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An empty engine of each implementation."""
    return new_engine(request.param)


@pytest.fixture
def market(engine: Engine) -> Market:
    """A market in session: see ``Market.open``."""
    market = Market(engine)
    market.open()
    return market


@pytest.fixture
def call(market: Market) -> Market:
    """The market in a call."""
    market.plays("phase 1 call | applied")
    return market
