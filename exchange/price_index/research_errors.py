"""What the research formulas and their calculator refuse."""

from exchange.kernel.errors import JinguoError


class ResearchError(JinguoError):
    """A series that cannot be computed from the figures at hand."""


class NoCommonProducts(ResearchError):
    code = "no_common_products"
    status = 422
    zh = "两期之间没有相同的产品，不能比较"
    en = "Two periods have no product in common and cannot be compared"
    hint_zh = "请补充两期都有成交的产品，或缩短序列"
    hint_en = "Add products sold in both periods, or shorten the series"


class SingularSystem(ResearchError):
    code = "singular_system"
    status = 422
    zh = "方程组没有唯一解：各期之间的产品没有连成一片，或特征与时间分不开"
    en = (
        "The equations have no single solution: products do not connect the periods, or attributes stand "
        "for time"
    )
    hint_zh = "请补充跨期成交的产品，或去掉只在某一期出现的特征"
    hint_en = "Add products that are sold in several periods, or drop attributes only one period has"


class NotAFormulaFile(ResearchError):
    """The figures cannot be read at all."""

    code = "formula_file_unreadable"
    status = 422
    zh = "不能读取数据文件：应为 UTF-8 编码、有表头的 CSV，不超过 {most} 行"
    en = "The file cannot be read: it must be CSV in UTF-8 with a header and at most {most} rows"
    hint_zh = "请参考研究序列页面的示例文件"
    hint_en = "See the example on the page of the research series"


class FormulaColumns(ResearchError):
    code = "formula_file_columns"
    status = 422
    zh = (
        "列名不对：{column}。必须有 period、product、price，以及 quantity 或 share 之一；"
        "其余列作为特征，须用 --attributes 说明"
    )
    en = (
        "Wrong columns: {column}. There must be period, product, price and one of quantity and share; "
        "others are attributes and are named with --attributes"
    )
    hint_zh = "请核对表头"
    hint_en = "Check the header"


class FormulaRow(ResearchError):
    code = "formula_file_row"
    status = 422
    zh = "第 {row} 行的 {column} 不对：{text}"
    en = "Row {row}: {column} cannot be {text}"
    hint_zh = "价格、数量和份额须大于零，最多 {digits} 位数字；period 为 YYYY-MM 或整数；product 不能为空"
    hint_en = (
        "Prices, quantities and shares are above zero with at most {digits} digits; a period is YYYY-MM or a "
        "whole number; a product has a name"
    )


class FormulaDuplicate(ResearchError):
    code = "formula_file_duplicate"
    status = 422
    zh = "第 {row} 行重复：{period} 已有产品 {product}"
    en = "Row {row} is one too many: {period} has product {product} already"
    hint_zh = "同一期的同一产品请先合并为一行"
    hint_en = "Put sales of one product in one period together"


class FormulaAttributes(ResearchError):
    code = "formula_file_attributes"
    status = 422
    zh = "第 {row} 行：产品 {product} 的 {column} 前后不一致"
    en = "Row {row}: product {product} has another {column} than before"
    hint_zh = "特征属于产品，各期须相同；特征变了就是另一个产品"
    hint_en = "Attributes belong to a product and stay; with others it is another product"


class MissingPeriods(ResearchError):
    code = "formula_file_missing_periods"
    status = 422
    zh = "缺少 {period}"
    en = "{period} is missing"
    hint_zh = "请补齐各期；确实没有成交时加 --gaps，按相邻有数据的期计算"
    hint_en = "Add it; if nothing was sold then, say --gaps and periods with figures follow one another"


class PeriodsOutside(ResearchError):
    code = "formula_file_periods"
    status = 422
    zh = "至少要有两期数据，最多 {most} 期"
    en = "It takes at least two periods and at most {most}"
    hint_zh = "请补充另一期的数据，或分段计算"
    hint_en = "Add another period, or compute in parts"
