"""Why money moved, in words: one line of a member's account, by kind of transfer.

``no`` is what the transfer's reference names: a trade, a movement, a contract.
"""

from settlement.types import TransferKind

LINE_TEXTS: dict[str, tuple[str, str]] = {
    TransferKind.DEPOSIT: ("入金 {no}", "Deposit {no}"),
    TransferKind.WITHDRAWAL: ("出金 {no}", "Withdrawal {no}"),
    TransferKind.GOODS_PAYMENT: ("成交 {no} 货款", "Payment for the goods of trade {no}"),
    TransferKind.BUYER_FEE: ("成交 {no} 买方手续费", "Buyer's fee of trade {no}"),
    TransferKind.SELLER_FEE: ("成交 {no} 卖方手续费", "Seller's fee of trade {no}"),
    TransferKind.QUALITY_DEPOSIT: ("成交 {no} 品质担保金", "Quality deposit of trade {no}"),
    TransferKind.QUALITY_RELEASE: ("成交 {no} 品质担保金退还", "Quality deposit of trade {no} released"),
    TransferKind.SUSPENSE: ("待查款项 {no}", "Unclaimed money {no}"),
    TransferKind.CORRECTION: ("更正 {no}", "Correction {no}"),
    TransferKind.BOND_KEPT: ("成交 {no} 履约保证金", "Performance bond of trade {no}"),
    TransferKind.BOND_APPLIED: ("成交 {no} 履约保证金转货款", "Bond of trade {no} made part of the price"),
    TransferKind.BOND_RETURNED: ("成交 {no} 履约保证金退还", "Performance bond of trade {no} returned"),
    TransferKind.ESCROW_KEPT: ("成交 {no} 货款存管", "Payment of trade {no} kept until acceptance"),
    TransferKind.ESCROW_RELEASED: ("成交 {no} 存管货款支付", "Payment of trade {no} released to the seller"),
    TransferKind.ESCROW_RETURNED: ("成交 {no} 存管货款退回", "Payment of trade {no} returned to the buyer"),
    TransferKind.FORFEIT: ("违约金 {no}", "Liquidated damages {no}"),
    TransferKind.LATE_FEE: ("逾期付款滞纳金 {no}", "Late fee {no}"),
    TransferKind.OVER_SHORT: ("溢短货款 {no}", "Goods over or short {no}"),
    TransferKind.QUALITY_ADJUSTMENT: ("升贴水结算 {no}", "Premium or discount {no}"),
    TransferKind.COMPENSATION: ("赔付 {no}", "Compensation {no}"),
    TransferKind.REFUND: ("退款 {no}", "Refund {no}"),
    TransferKind.FEE_REFUND: ("手续费退还 {no}", "Fee refunded {no}"),
    TransferKind.DELIVERY_FEE: ("交收手续费 {no}", "Delivery fee {no}"),
    TransferKind.STORAGE_FEE: ("仓储与出入库费 {no}", "Storage and handling fee {no}"),
    TransferKind.STORAGE_PAID: ("付仓库仓储费 {no}", "Storage fees paid to the warehouse {no}"),
    TransferKind.INSPECTION_FEE: ("复检费 {no}", "Re-inspection fee {no}"),
    TransferKind.INSPECTION_PAID: ("付质检机构复检费 {no}", "Inspection fees paid out {no}"),
    TransferKind.TAX: ("代收税费 {no}", "Tax collected {no}"),
    TransferKind.TAX_REFUND: ("税费退还 {no}", "Tax returned {no}"),
    TransferKind.RESERVE_SET_ASIDE: ("计提风险准备金 {no}", "Risk reserve set aside {no}"),
    TransferKind.RESERVE_USED: ("冲抵风险准备金 {no}", "Risk reserve used {no}"),
    TransferKind.INTEREST: ("银行利息 {no}", "Interest from the bank {no}"),
    TransferKind.INTEREST_SHARED: ("利息分配 {no}", "Interest shared out {no}"),
    TransferKind.BANK_CHARGE: ("银行手续费 {no}", "Bank charge {no}"),
    TransferKind.FEES_TAKEN: ("手续费划出 {no}", "Fees moved to the exchange's own account {no}"),
}
"""(Chinese, English)."""
