"""What the import of a file refuses, row by row."""

from exchange.kernel.errors import JinguoError


class DuplicateRow(JinguoError):
    code = "duplicate_row"
    status = 409
    zh = "单号 {reference} 在第 {line} 行已经出现"
    en = "Reference {reference} stands in line {line} already"
    hint_zh = "每个单号一行，请删除重复的行"
    hint_en = "One row for each reference: take the other out"


class RowConflict(JinguoError):
    code = "row_conflict"
    status = 409
    zh = "单号 {reference} 已载入为 {intake}，内容不同"
    en = "Reference {reference} was loaded as {intake} and says something else"
    hint_zh = "已载入的批次不能由文件更改，请核对单号"
    hint_en = "A file does not change a lot that was loaded: check the reference"


class ImportUnderWay(JinguoError):
    code = "import_under_way"
    status = 409
    zh = "本库已有文件正在载入"
    en = "A file of this store is being loaded already"
    hint_zh = "请等它完成，或先取消它"
    hint_en = "Wait until it is done, or cancel it first"


class UnknownImport(JinguoError):
    code = "unknown_import"
    status = 404
    zh = "没有此次导入"
    en = "There is no such import"
    hint_zh = "请从“文件导入”页选择"
    hint_en = "Choose one from the import page"


class ImportFailed(JinguoError):
    code = "import_failed"
    status = 500
    zh = "载入中断，多次重试未成功；已载入的行见明细"
    en = "Loading broke off and did not succeed after several tries; rows that were loaded are listed"
    hint_zh = "请重新上传同一文件，已载入的行不会重复"
    hint_en = "Send the same file again: rows that were loaded do not load twice"


class OwnerMayNotDeliver(JinguoError):
    code = "owner_may_not_deliver"
    status = 403
    zh = "货主 {owner} 目前不能入库（{why_zh}）"
    en = "Owner {owner} may bring in no goods now ({why_en})"
    hint_zh = "请与市场经营者核对该会员的状态"
    hint_en = "Ask the operator about the member"
