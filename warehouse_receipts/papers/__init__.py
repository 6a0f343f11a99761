"""The papers of the warehouse business, as documents to draw: plain rows in, a `Document` out.

Receipt 仓单, inspection report 质检报告, in-note 入库单, out-note 出库单, pickup order 提货单. Nothing here
reads a table or a clock, so a paper can be drawn again from the same facts to the same byte.
"""
