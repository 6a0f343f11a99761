"""The text of a file as spreadsheets save it in China: UTF-8 with or without a mark, or GB 18030.

A file cut off in the middle of a character would decode as GB 18030 into nonsense that looks like Chinese: it
is recognised and refused, as is UTF-16.
"""

import codecs

from warehouse_receipts.case_errors import BadFile

CUT_OFF = frozenset({"unexpected end of data", "incomplete multibyte sequence"})
"""What Python's decoders say of a file that ends inside a character."""
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(content: bytes) -> str:
    """The file as text, without a byte order mark. Raises BadFile."""
    if content.startswith(UTF_16_MARKS) or b"\0" in content:
        raise BadFile(why_zh="请另存为 CSV UTF-8", why_en="save it as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _check_whole(content, error)
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as error:
        _check_whole(content, error)
        raise BadFile(why_zh="文字编码不是 UTF-8 或 GB18030", why_en="neither UTF-8 nor GB 18030") from None


def _check_whole(content: bytes, error: UnicodeDecodeError) -> None:
    """Refuses what is right up to its last character, if it holds more than plain ASCII before that."""
    if error.reason in CUT_OFF and not content[: error.start].isascii():
        raise BadFile(why_zh="文件不完整", why_en="it is cut off")
