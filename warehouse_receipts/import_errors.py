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


class OwnerMayNotDeliver(JinguoError):
    code = "owner_may_not_deliver"
    status = 403
    zh = "货主 {owner} 目前不能入库（{why_zh}）"
    en = "Owner {owner} may bring in no goods now ({why_en})"
    hint_zh = "请与市场经营者核对该会员的状态"
    hint_en = "Ask the operator about the member"
