"""The thresholds of the detectors: whole numbers with their units and bounds, in versions two people make.

Version 1 is built in; what is approved later stands in the tables (``rules``). An alert keeps the values it
was found by, so that it can be found again by them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

from exchange.kernel.errors import BadParameter

BUILT_IN_VERSION = 1


class Bounds(NamedTuple):
    """What a parameter may be, and what it is called."""

    least: int
    most: int
    zh: str
    unit: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """One value of every threshold; ``BOUNDS`` says what each means."""

    wash_minutes: int = 60
    wash_linked_minutes: int = 14_400
    wash_kg: int = 5_000
    wash_price_bps: int = 100
    related_kg: int = 1_000
    terminal_days: int = 30
    self_trade_hits: int = 5
    layering_s: int = 60
    layering_kg: int = 10_000
    layering_multiple_pct: int = 300
    outlier_days: int = 5
    outlier_trades: int = 10
    outlier_z_milli: int = 5_000
    outlier_mad_bps: int = 50
    outlier_low_bps: int = 7_000
    outlier_high_bps: int = 13_000
    ring_days: int = 90
    ring_auctions: int = 3
    ring_token_bps: int = 50
    large_volume_bps: int = 2_000
    large_orders_bps: int = 4_000
    large_kg: int = 20_000
    close_minutes: int = 10
    close_move_bps: int = 150
    close_share_bps: int = 6_000

    def as_values(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


BOUNDS: dict[str, Bounds] = {
    "wash_minutes": Bounds(1, 1_440, "对敲：无关联双方往返成交的时间窗", "min"),
    "wash_linked_minutes": Bounds(1, 43_200, "对敲：有关联双方往返成交的时间窗", "min"),
    "wash_kg": Bounds(100, 10**9, "对敲：往返数量", "kg"),
    "wash_price_bps": Bounds(0, 10_000, "对敲：往返价差", "bps"),
    "related_kg": Bounds(100, 10**9, "关联交易：当日数量", "kg"),
    "terminal_days": Bounds(1, 180, "关联：同一终端登录的回看天数", "d"),
    "self_trade_hits": Bounds(1, 10_000, "自成交拦截：当日次数", "count"),
    "layering_s": Bounds(1, 3_600, "虚假申报：成交后撤单的时间", "s"),
    "layering_kg": Bounds(100, 10**9, "虚假申报：撤单数量", "kg"),
    "layering_multiple_pct": Bounds(100, 100_000, "虚假申报：撤单与成交数量之比", "%"),
    "outlier_days": Bounds(1, 20, "异常价格：回看交易日", "d"),
    "outlier_trades": Bounds(5, 1_000, "异常价格：最少样本", "count"),
    "outlier_z_milli": Bounds(2_000, 100_000, "异常价格：稳健 z 值", "‰"),
    "outlier_mad_bps": Bounds(1, 1_000, "异常价格：离差下限（占中位数）", "bps"),
    "outlier_low_bps": Bounds(1, 9_999, "异常价格：低于中位数的比例", "bps"),
    "outlier_high_bps": Bounds(10_001, 100_000, "异常价格：高于中位数的比例", "bps"),
    "ring_days": Bounds(1, 366, "串通竞价：回看天数", "d"),
    "ring_auctions": Bounds(2, 100, "串通竞价：可疑场次", "count"),
    "ring_token_bps": Bounds(0, 1_000, "串通竞价：陪标出价距起拍价", "bps"),
    "large_volume_bps": Bounds(100, 10_000, "大户：占品种当日成交", "bps"),
    "large_orders_bps": Bounds(100, 10_000, "大户：占收盘时单边委托", "bps"),
    "large_kg": Bounds(100, 10**9, "大户：本户数量下限", "kg"),
    "close_minutes": Bounds(1, 120, "收盘价：收盘前时间窗", "min"),
    "close_move_bps": Bounds(1, 5_000, "收盘价：价格偏移", "bps"),
    "close_share_bps": Bounds(1_000, 10_000, "收盘价：窗内主动成交占比", "bps"),
}

assert set(BOUNDS) == {each.name for each in fields(Parameters)}

BUILT_IN = Parameters()


def parameters_of(values: Mapping[str, int]) -> Parameters:
    """The parameters with these values.

    Raises BadParameter by name for one that is unknown, missing or out of bounds.
    """
    for name in values:
        if name not in BOUNDS:
            raise BadParameter(name=name)
    for name, bounds in BOUNDS.items():
        value = values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not bounds.least <= value <= bounds.most:
            raise BadParameter(name=name)
    return Parameters(**values)


def stored_parameters(values: Mapping[str, int]) -> Parameters:
    """What was stored when there may have been fewer parameters; those that came later start as built in."""
    return parameters_of({**BUILT_IN.as_values(), **values})
