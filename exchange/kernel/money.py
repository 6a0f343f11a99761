"""Money and prices as integers: fen, and fen per kg. Text goes in and out here and nowhere else.

1 yuan = 100 fen; 1 jin 斤 = 0.5 kg, so 1 yuan per jin = 2 yuan per kg = 200 fen per kg.
"""

import re

from exchange.kernel.errors import BadAmount, BadPrice
from matching.types import MAX_AMOUNT, MAX_PRICE

FEN_PER_YUAN = 100
KG_PER_TONNE = 1_000

_PLAIN_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,2}))?", re.ASCII)


def _parse_hundredths(text: object) -> int | None:
    """ "7.2" → 720; None if it is not a plain decimal with at most two places."""
    if not isinstance(text, str):
        return None
    match = _PLAIN_DECIMAL.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) * FEN_PER_YUAN + int((match[2] or "").ljust(2, "0"))


def parse_price(text: object) -> int:
    """A price in yuan per kg as text ("7.20") → fen per kg.

    Exactly a ``str``, plain decimal, at most two places, above zero, at most MAX_PRICE. Raises BadPrice.
    """
    price = _parse_hundredths(text)
    if price is None or not 0 < price <= MAX_PRICE:
        raise BadPrice
    return price


def parse_yuan(text: object) -> int:
    """An amount in yuan as text ("1234.56") → fen, above zero. Raises BadAmount."""
    amount = _parse_hundredths(text)
    if amount is None or not 0 < amount <= MAX_AMOUNT:
        raise BadAmount
    return amount


def format_yuan(fen: int) -> str:
    """123456 → "1234.56"; also for a price in fen per kg → yuan per kg. For machines: no grouping."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{yuan}.{rest:02d}"


def format_yuan_milli(milli: int) -> str:
    """A price in thousandths of a fen per kg → yuan per kg with all five places: 629950 → "6.29950"."""
    sign = "-" if milli < 0 else ""
    yuan, rest = divmod(abs(milli), FEN_PER_YUAN * 1_000)
    return f"{sign}{yuan}.{rest:05d}"


def format_yuan_grouped(fen: int) -> str:
    """123456 → "1,234.56". For people."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{rest:02d}"


def format_price_per_jin(price_fen_per_kg: int) -> str:
    """Fen per kg → yuan per jin, with the half fen when there is one: 720 → "3.60", 721 → "3.605"."""
    whole, half = divmod(price_fen_per_kg, 2)
    return format_yuan(whole) + ("5" if half else "")


def format_price_per_tonne(price_fen_per_kg: int) -> str:
    """Fen per kg → yuan per tonne: 720 → "7200.00"."""
    return format_yuan(price_fen_per_kg * KG_PER_TONNE)
