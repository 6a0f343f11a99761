"""A clock that stands still until it is told otherwise, for everything settlement does."""

import importlib
from datetime import date, datetime, time

import pytest

from exchange.kernel.calendar import NS_PER_DAY, TIMEZONE, ns_of
from tests.settlement.market import DAY, NOON_NS

MODULES = (
    "amendments",
    "breaches",
    "charges",
    "claims",
    "completion",
    "contracts",
    "delivery",
    "disputes",
    "evidence",
    "invoices",
    "movements",
    "pickups",
    "proposals",
    "stores",
    "rescissions",
    "terms_desk",
)


class Clock:
    """Now, for the modules of settlement. Starts at noon of DAY."""

    def __init__(self) -> None:
        self.at_ns = NOON_NS

    def __call__(self) -> int:
        return self.at_ns

    def pass_hours(self, hours: float) -> int:
        """Time passes; the new instant."""
        self.at_ns += int(hours * NS_PER_DAY // 24)
        return self.at_ns

    def go_to(self, day: date, at: time = time(12, 0)) -> int:
        """It is another day; the instant."""
        self.at_ns = ns_of(datetime.combine(day, at, tzinfo=TIMEZONE))
        assert day >= DAY
        return self.at_ns


def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, in every module of settlement that asks for the time."""
    clock = Clock()
    for name in MODULES:
        module = importlib.import_module(f"settlement.{name}")
        if hasattr(module, "now_ns"):
            monkeypatch.setattr(module, "now_ns", clock)
    return clock
