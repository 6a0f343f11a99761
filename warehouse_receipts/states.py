"""States of the businesses around a receipt; the life cycle itself is in ``lifecycle``."""

from django.db import models


class Decision(models.TextChoices):
    """What became of a proposal."""

    WAITING = "waiting", "待审核"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "已驳回"


class ProposalKind(models.TextChoices):
    """What a proposal about a warehouse asks for."""

    DESIGNATE = "designate", "指定"
    CHANGE = "change", "变更"
    SUSPEND = "suspend", "暂停"
    RESUME = "resume", "恢复"
    CLOSE = "close", "撤销"
    ROOM = "room", "增设库间"
    RESIZE = "resize", "变更库间"


class StockTakeState(models.TextChoices):
    """Life of a stock-taking."""

    COUNTED = "counted", "已盘点待复核"
    EVEN = "even", "账实相符"
    SHORT = "short", "短少"
    SETTLED = "settled", "已处理"
    VOID = "void", "作废"


class PhotoKind(models.TextChoices):
    """What a photograph shows."""

    GATE = "gate", "进门"
    SCALE = "scale", "过磅"
    SAMPLE = "sample", "样品"
    ROOM = "room", "库间"


class IssueState(models.TextChoices):
    """Life of a request to issue."""

    REQUESTED = "requested", "待确认"
    REGISTERED = "registered", "已注册"
    REFUSED = "refused", "已驳回"


class FreezeKind(models.TextChoices):
    """Why a receipt is frozen."""

    AUTHORITY = "authority", "司法冻结"
    DISPUTE = "dispute", "争议冻结"
    QUALITY = "quality", "质量预警"


class FreezeState(models.TextChoices):
    """Life of a freeze."""

    PROPOSED = "proposed", "待复核"
    ORDERED = "ordered", "冻结令生效"
    ASKED = "asked", "撤单中"
    ACTIVE = "active", "冻结中"
    LIFTED = "lifted", "已解除"
    REFUSED = "refused", "未执行"


class LossState(models.TextChoices):
    """Life of a loss notice."""

    ANNOUNCED = "announced", "公示中"
    OBJECTED = "objected", "有异议"
    REPLACED = "replaced", "已补发"
    WITHDRAWN = "withdrawn", "已撤回"


class DisposalKind(models.TextChoices):
    """How the exchange ends a receipt."""

    WRITE_OFF = "write_off", "核销"
    REGRADE = "regrade", "换级"


class DisposalState(models.TextChoices):
    """Life of a disposal: decided, it waits until the receipt is out of the market."""

    PROPOSED = "proposed", "待复核"
    WAITING = "waiting", "退出交易中"
    DONE = "done", "已办理"
    REFUSED = "refused", "未办理"


class ReinspectionState(models.TextChoices):
    """Life of an order to inspect stored goods again."""

    ORDERED = "ordered", "待复检"
    DONE = "done", "已出报告"
    WITHDRAWN = "withdrawn", "已撤回"


class ImportState(models.TextChoices):
    """Life of a long file."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "载入中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    CANCELLED = "cancelled", "已取消"


class PledgeState(models.TextChoices):
    """Life of a pledge."""

    APPLIED = "applied", "已申请"
    ASKED = "asked", "登记中"
    REGISTERED = "registered", "已登记"
    RELEASED = "released", "已解押"
    FORECLOSURE = "foreclosure", "申请处置"
    FORECLOSED = "foreclosed", "已处置"
    REFUSED = "refused", "未成立"


class PickupState(models.TextChoices):
    """Life of a pickup."""

    REQUESTED = "requested", "已申请"
    BOOKED = "booked", "已确认"
    ARRIVED = "arrived", "已到库"
    DONE = "done", "已出库"
    CANCELLED = "cancelled", "已取消"


class EditionKind(models.TextChoices):
    """What an edition rules."""

    GRADING = "grading", "分级"
    SAMPLING = "sampling", "抽样"


class EditionState(models.TextChoices):
    """Life of an edition: retired once a later one is in force."""

    PROPOSED = "proposed", "待审核"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "已驳回"
    RETIRED = "retired", "已退出"


class FeeKind(models.TextChoices):
    """What a store's fee is for."""

    STORAGE = "storage", "仓储费"
    HANDLING = "handling", "出入库费"


STEPS: dict[str, frozenset[tuple[str, str]]] = {
    "warehouseproposal": frozenset({("waiting", "approved"), ("waiting", "refused")}),
    "stocktake": frozenset(
        {("counted", "even"), ("counted", "short"), ("counted", "void"), ("short", "settled")}
    ),
    "issuerequest": frozenset({("requested", "registered"), ("requested", "refused")}),
    "freeze": frozenset(
        {
            ("proposed", "ordered"),
            ("proposed", "asked"),
            ("proposed", "active"),
            ("proposed", "refused"),
            ("ordered", "asked"),
            ("ordered", "active"),
            ("ordered", "lifted"),
            ("ordered", "refused"),
            ("asked", "ordered"),
            ("asked", "active"),
            ("asked", "refused"),
            ("active", "lifted"),
        }
    ),
    "lossnotice": frozenset(
        {
            ("announced", "objected"),
            ("announced", "replaced"),
            ("announced", "withdrawn"),
            ("objected", "announced"),
            ("objected", "withdrawn"),
        }
    ),
    "disposal": frozenset(
        {
            ("proposed", "waiting"),
            ("proposed", "refused"),
            ("waiting", "done"),
            ("waiting", "refused"),
        }
    ),
    "reinspectionorder": frozenset({("ordered", "done"), ("ordered", "withdrawn")}),
    "pledge": frozenset(
        {
            ("applied", "asked"),
            ("applied", "refused"),
            ("asked", "registered"),
            ("asked", "refused"),
            ("registered", "released"),
            ("registered", "foreclosure"),
            ("foreclosure", "registered"),
            ("foreclosure", "foreclosed"),
        }
    ),
    "pickup": frozenset(
        {
            ("requested", "booked"),
            ("requested", "cancelled"),
            ("booked", "arrived"),
            ("booked", "cancelled"),
            ("arrived", "done"),
            ("arrived", "cancelled"),
        }
    ),
    "intakeimport": frozenset(
        {
            ("queued", "running"),
            ("queued", "cancelled"),
            ("running", "done"),
            ("running", "failed"),
            ("running", "cancelled"),
        }
    ),
    "ruleedition": frozenset({("proposed", "approved"), ("proposed", "refused"), ("approved", "retired")}),
}
"""Steps of each business's state by table; triggers refuse every other one (migrations 0004 to 0012)."""
