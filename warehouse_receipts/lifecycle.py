"""The life of a lot and of its receipts as one table of transitions.

    booked → arrived → weighed → sampled → inspected → stored
        → free ⇄ listed | at auction | negotiated | in a contract | pledged | pickup | changing | frozen | …
        → delivered | merged | replaced | regraded | written off

A receipt's stage follows from its columns (`stage_of`). `TRANSITIONS` says which steps there are, whose they
are and what they are called; triggers in the databases refuse every other one (migrations 0004 and 0005,
which a test compares with this table). Steps that need a second person, or the floor's consent, have it in
their services.
"""

from typing import NamedTuple

from django.db import models

from exchange.kernel.errors import BadTransition
from warehouse_receipts.types import Business, Ending, IntakeState, ReceiptState


class Stage(models.TextChoices):
    """Where a lot or a receipt is in its life."""

    NEW = "new", "未预约"
    BOOKED = "booked", "已预约"
    ARRIVED = "arrived", "已到库"
    WEIGHED = "weighed", "已过磅"
    SAMPLED = "sampled", "已抽样"
    INSPECTED = "inspected", "已质检"
    STORED = "stored", "已入库"
    TURNED_AWAY = "refused", "拒收"
    FREE = "free", "可交易"
    LISTED = "listing", "挂牌中"
    AT_AUCTION = "auction", "竞价中"
    NEGOTIATED = "negotiated", "协议交易中"
    IN_CONTRACT = "contract", "待付尾款"
    PLEDGED = "pledge", "已质押"
    PICKUP = "pickup", "提货中"
    CHANGING = "change", "拆并换单中"
    FROZEN = "frozen", "已冻结"
    DISPUTED = "disputed", "争议中"
    DOWNGRADED = "downgraded", "已降等"
    EXPIRED = "expired", "已过期"
    LOST = "lost", "已挂失"
    DELIVERED = "delivered", "已出库"
    MERGED = "merged", "已合并"
    REPLACED = "replaced", "已补发"
    REGRADED = "regraded", "已换级"
    WRITTEN_OFF = "written_off", "已核销"


class Party(models.TextChoices):
    """Whose step it is; each signs with its own institution, owners through the exchange."""

    OWNER = "owner", "货主"
    WAREHOUSE = "warehouse", "仓库"
    INSPECTOR = "inspector", "质检机构"
    LENDER = "lender", "质权人"
    EXCHANGE = "exchange", "市场经营者"


class Action(models.TextChoices):
    """What a step is called."""

    BOOK = "book", "预约入库"
    ARRIVE = "arrive", "到库登记"
    WEIGH = "weigh", "过磅"
    SAMPLE = "sample", "抽样"
    INSPECT = "inspect", "质检"
    STORE = "store", "入库"
    TURN_AWAY = "turn_away", "拒收"
    REGISTER = "register", "签发注册"
    ENTER = "enter", "进入业务"
    LEAVE = "leave", "退出业务"
    SPLIT = "split", "拆分"
    MERGE = "merge", "合并"
    REPLACE = "replace", "补发"
    REGRADE = "regrade", "换级"
    FORECLOSE = "foreclose", "质押处置"
    DELIVER = "deliver", "出库"
    WRITE_OFF = "write_off", "核销"
    EXTEND = "extend", "展期"


class Transition(NamedTuple):
    """A step: its name, whose it is, from where to where."""

    action: Action
    parties: frozenset[Party]
    source: Stage
    target: Stage


def _step(action: Action, source: Stage, target: Stage, *parties: Party) -> Transition:
    return Transition(action, frozenset(parties), source, target)


_O, _W, _I, _L, _E = Party.OWNER, Party.WAREHOUSE, Party.INSPECTOR, Party.LENDER, Party.EXCHANGE

_WHO_ENTERS: dict[Stage, tuple[Party, ...]] = {
    Stage.LISTED: (_O,),
    Stage.AT_AUCTION: (_O,),
    Stage.NEGOTIATED: (_O,),
    Stage.IN_CONTRACT: (_O,),
    Stage.PLEDGED: (_O, _L),
    Stage.PICKUP: (_O,),
    Stage.CHANGING: (_O,),
    Stage.FROZEN: (_E,),
    Stage.DISPUTED: (_E,),
    Stage.DOWNGRADED: (_E, _I),
    Stage.EXPIRED: (_E,),
    Stage.LOST: (_O,),
}

TRANSITIONS: tuple[Transition, ...] = (
    _step(Action.BOOK, Stage.NEW, Stage.BOOKED, _O, _W),
    _step(Action.ARRIVE, Stage.BOOKED, Stage.ARRIVED, _W),
    _step(Action.WEIGH, Stage.ARRIVED, Stage.WEIGHED, _W),
    _step(Action.SAMPLE, Stage.WEIGHED, Stage.SAMPLED, _I),
    _step(Action.INSPECT, Stage.SAMPLED, Stage.INSPECTED, _I),
    _step(Action.STORE, Stage.INSPECTED, Stage.STORED, _W),
    *(
        _step(Action.TURN_AWAY, stage, Stage.TURNED_AWAY, _W)
        for stage in (Stage.BOOKED, Stage.ARRIVED, Stage.WEIGHED, Stage.SAMPLED, Stage.INSPECTED)
    ),
    _step(Action.REGISTER, Stage.STORED, Stage.FREE, _E),
    *(_step(Action.ENTER, Stage.FREE, stage, *parties) for stage, parties in _WHO_ENTERS.items()),
    *(_step(Action.LEAVE, stage, Stage.FREE, *parties, _E) for stage, parties in _WHO_ENTERS.items()),
    _step(Action.EXTEND, Stage.EXPIRED, Stage.FREE, _E, _I),
    _step(Action.ENTER, Stage.EXPIRED, Stage.PICKUP, _O),
    _step(Action.FORECLOSE, Stage.PLEDGED, Stage.AT_AUCTION, _L),
    _step(Action.ENTER, Stage.LISTED, Stage.IN_CONTRACT, _O),
    _step(Action.SPLIT, Stage.FREE, Stage.FREE, _O),
    _step(Action.SPLIT, Stage.PICKUP, Stage.PICKUP, _W),
    _step(Action.MERGE, Stage.CHANGING, Stage.MERGED, _O),
    _step(Action.REPLACE, Stage.LOST, Stage.REPLACED, _E),
    _step(Action.REGRADE, Stage.DOWNGRADED, Stage.REGRADED, _E),
    _step(Action.DELIVER, Stage.PICKUP, Stage.DELIVERED, _W),
    *(
        _step(Action.WRITE_OFF, stage, Stage.WRITTEN_OFF, _E)
        for stage in (Stage.DOWNGRADED, Stage.EXPIRED, Stage.FROZEN)
    ),
)

_BY_STEP = {(each.action, each.source, each.target): each for each in TRANSITIONS}

LOT_STEPS = frozenset(
    (each.source.value, each.target.value)
    for each in TRANSITIONS
    if each.target.value in IntakeState.values and each.source != Stage.NEW
)
"""(from, to) of an intake's state, as the trigger has them."""

RECEIPT_STEPS = frozenset(
    (each.source.value, each.target.value)
    for each in TRANSITIONS
    if each.source.value not in {*IntakeState.values, Stage.NEW} and each.source != each.target
)
"""(from, to) of a receipt's stage, as the trigger has them."""


def stage_of(state: str, business: str, ended: str) -> Stage:
    """The stage of a receipt with these columns."""
    if state == ReceiptState.CANCELLED:
        return Stage(Ending(ended).value)
    return Stage.FREE if business == Business.NONE else Stage(Business(business).value)


def check_step(action: Action, source: Stage, target: Stage, party: Party) -> None:
    """Raises BadTransition when there is no such step, or it is not this party's."""
    found = _BY_STEP.get((action, source, target))
    if found is None or party not in found.parties:
        raise BadTransition(state=source.label, event=f"{action.label} ({party.label})")
