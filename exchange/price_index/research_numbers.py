"""Numbers of the research series: decimals in one context, so that any machine gives the same last digit.

``decimal`` rounds +, -, ×, ÷, square root, exp and ln correctly (General Decimal Arithmetic), so a result
depends on the order of the operations alone, and that is fixed here: products are taken sorted. Powers are
exp(x ln b), since ``decimal`` does not promise theirs. What is rational stays a ``Fraction`` to the end.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from exchange.price_index.research_errors import SingularSystem

CONTEXT = Context(
    prec=40,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
NOTHING = Decimal("1e-24")
"""A pivot so much smaller than the largest number of its system is one that should have been zero."""

P = ParamSpec("P")
R = TypeVar("R")


def in_context(function: Callable[P, R]) -> Callable[P, R]:
    """Runs a function in the one context of this package, whatever the caller's is."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(CONTEXT):
            return function(*args, **kwargs)

    return run


def decimal_of(number: Fraction) -> Decimal:
    """The nearest decimal."""
    return CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))


@lru_cache(maxsize=65_536)
def ln(number: Fraction) -> Decimal:
    """Natural logarithm of a number above zero."""
    return decimal_of(number).ln(CONTEXT)


def exp(number: Decimal) -> Decimal:
    """e to a power."""
    return number.exp(CONTEXT)


def sqrt(number: Fraction) -> Decimal:
    """Square root."""
    return decimal_of(number).sqrt(CONTEXT)


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Sum, in the order given."""
    return sum(numbers, Decimal(0))


def logarithmic_mean(a: Fraction, b: Fraction) -> Decimal:
    """(a − b) / (ln a − ln b), and a where both are equal."""
    return decimal_of(a) if a == b else decimal_of(a - b) / ln(a / b)


def solve(matrix: Sequence[Sequence[Decimal]], right: Sequence[Decimal]) -> list[Decimal]:
    """The x of Ax = b, by elimination with partial pivoting. Raises SingularSystem.

    Of equal pivots the first is taken. Call it in the context.
    """
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    least = max((abs(value) for row in matrix for value in row), default=Decimal(0)) * NOTHING
    for at in range(size):
        best = max(range(at, size), key=lambda number: (abs(rows[number][at]), -number))
        if abs(rows[best][at]) <= least:
            raise SingularSystem
        rows[at], rows[best] = rows[best], rows[at]
        for below in range(at + 1, size):
            factor = rows[below][at] / rows[at][at]
            if factor:
                rows[below] = [
                    mine - factor * pivot for mine, pivot in zip(rows[below], rows[at], strict=True)
                ]
    found = [Decimal(0)] * size
    for at in reversed(range(size)):
        known = total(rows[at][other] * found[other] for other in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found


def independent(columns: Sequence[Sequence[int]]) -> list[int]:
    """Places of columns that are no combination of the ones before them, exactly."""
    basis: list[tuple[int, list[Fraction]]] = []
    found = []
    for place, column in enumerate(columns):
        rest = [Fraction(value) for value in column]
        for at, known in basis:
            if rest[at]:
                factor = rest[at] / known[at]
                rest = [mine - factor * other for mine, other in zip(rest, known, strict=True)]
        first = next((at for at, value in enumerate(rest) if value), None)
        if first is not None:
            basis.append((first, rest))
            found.append(place)
    return found
