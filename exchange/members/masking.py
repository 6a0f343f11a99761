"""Names as the public reads them."""

_COMPANY_ENDS = (
    "合作社联合社",
    "合作社",
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "公司",
    "联社",
    "中心",
    "超市",
)
_SHOWN = 2
_COVER = "＊＊"


def masked(name: str) -> str:
    """A name that its owner recognises and nobody else learns: 长武县亭口果业专业合作社 → 长武＊＊合作社."""
    for end in _COMPANY_ENDS:
        if name.endswith(end) and len(name) > _SHOWN + len(end):
            return name[:_SHOWN] + _COVER + end
    return name[:1] + _COVER if name else ""
