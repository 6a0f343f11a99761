"""Robust statistics in whole numbers: the same rows give the same number on any machine."""

from collections.abc import Sequence

MAD_SCALE = 14_826
"""1.4826, in ten thousandths: makes a median absolute deviation a standard deviation of normal values."""


def median_doubled(values: Sequence[int]) -> int:
    """Twice the median, so that the middle of two values stays a whole number. ``values`` is not empty."""
    ordered = sorted(values)
    count = len(ordered)
    return ordered[count // 2] + ordered[(count - 1) // 2]


def deviation_doubled(values: Sequence[int], doubled: int) -> int:
    """Twice the median absolute deviation from half of ``doubled``."""
    return median_doubled([abs(2 * value - doubled) for value in values]) // 2


def robust_z_milli(value: int, doubled: int, deviation: int) -> int:
    """Thousandths of (value - median) / (1.4826 · MAD), cut towards zero; both given doubled, MAD above 0.

    Iglewicz and Hoaglin (1993), with the constant on the other side.
    """
    away = (2 * value - doubled) * 1_000 * 10_000
    z = abs(away) // (MAD_SCALE * deviation)
    return z if away >= 0 else -z


def bps_of(part: int, whole: int) -> int:
    """Share in basis points, cut; 0 of nothing."""
    return part * 10_000 // whole if whole else 0
