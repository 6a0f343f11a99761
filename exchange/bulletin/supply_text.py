"""Finding contact details in what people write, because contact goes through the exchange.

A phone number is found however it is spaced or spelled: full width, Chinese digits, letters O for zeros.
Dates, weights and prices are left alone. Whoever is determined finds a way round; this stops the usual
advertisement.
"""

import re
import unicodedata

from exchange.bulletin.supply_errors import BadText, ContactInText
from exchange.kernel.characters import can_be_shown

SHOWN = 20
"""Characters of what was found that the refusal repeats."""

_DIGITS = str.maketrans("〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789")
_GAP = r"[\s\-_.·*()/~]{0,2}"
_NUMBERS = re.compile(
    rf"""
    (?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)      # mobile
    |(?<!\d)0\d{{2,3}}{_GAP}[2-8]\d{{6,7}}(?!\d)                    # landline with its area code
    |(?<!\d)[48]00{_GAP}\d{{3}}{_GAP}\d{{4}}(?!\d)                  # service numbers
    |(?<![\d.])(?!20\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d))\d{{7,}}(?![\d.]|\s*(?:公斤|千克|斤|吨|元|kg|t\b))
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The last alternative: seven digits and more that are neither a day (20261120) nor a weight or an amount."""
_ACCOUNTS = re.compile(
    r"""
    (?:微\s*信|威信|薇信|v\s*信|加\s*v|wechat|weixin|\bwx|\bvx|\bqq|扣扣|企鹅号|钉钉|抖音|快手)
        \s*(?:号|:|：|是|为|同号)*\s*[a-z0-9][a-z0-9_\-]{4,}
    |[\w.+\-]+@[\w\-]+\.\w+
    |https?://|www\.
    |[a-z0-9\-]+\.(?:com|cn|net|org|cc|top|xyz|shop|vip|me|io|app|link|site|club)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


def contact_in(text: str) -> str:
    """The first phone number, account, address or link in a text, as written; empty if there is none."""
    plain = "".join(unicodedata.normalize("NFKC", each)[:1] or each for each in text)
    digits = re.sub(r"(?<=\d)[oO]|[oO](?=\d)", "0", plain.translate(_DIGITS))
    for pattern, searched in ((_NUMBERS, digits), (_ACCOUNTS, plain)):
        if found := pattern.search(searched):
            return text[found.start() : found.end()].strip()[:SHOWN]
    return ""


def plain_text(
    text: str, *, name: tuple[str, str], most: int, contacts: bool = False, empty: bool = False
) -> str:
    """What people wrote, trimmed. name: of the field in both languages, for the refusal.

    Raises BadText, and ContactInText unless contacts are allowed.
    """
    cleaned = text.replace("\r\n", "\n").strip()
    if len(cleaned) > most or not (cleaned or empty) or not can_be_shown(cleaned.replace("\n", "")):
        raise BadText(name=name[0], name_en=name[1], most=most)
    if not contacts and (found := contact_in(cleaned)):
        raise ContactInText(found=found)
    return cleaned
