"""What can go wrong on the way to the floor and in its journal."""

from exchange.kernel.errors import FloorUnavailable
from exchange.kernel.problems import JinguoError

__all__ = [
    "DamagedError",
    "FencedError",
    "FloorUnavailable",
    "GoodsNotFree",
    "JournalError",
    "LeaseHeldError",
    "ProjectionError",
]


class JournalError(Exception):
    """The journal cannot be written or read: the floor stops rather than guess."""


class FencedError(JournalError):
    """Another floor writes this journal now; this one must stop without acknowledging anything more."""


class LeaseHeldError(JournalError):
    """The journal already has a floor; a second one must not start."""


class DamagedError(JournalError):
    """Stored bytes do not agree with their hash, or a replay does not give what was recorded."""


class ProjectionError(Exception):
    """The tables cannot follow the journal: the projector halts and says why rather than skip anything."""


class GoodsNotFree(JinguoError):
    code = "goods_not_free"
    status = 409
    zh = "仓单 {receipt} 已不完整、不在买方名下或正在其他业务中，不能返还"
    en = "Receipt {receipt} is no longer whole, the buyer's or free: it cannot go back"
    hint_zh = "货物须在库且没有转让、拆分、质押、提货；否则按赔偿处理"
    hint_en = "The goods must lie in store, not sold on, split, pledged or fetched; else settle it by damages"
