"""Products to test with."""

from exchange.kernel.audit import SYSTEM
from exchange.markets import services
from exchange.markets.types import NewProduct, ProductRow
from warehouse_receipts.types import Bagging, Grade, StoreType, VarietyGroup


def the_fuji() -> None:
    """The variety every product here is of."""
    services.add_variety(
        actor=SYSTEM,
        code="fuji",
        name_zh="红富士",
        name_en="Red Fuji",
        group=VarietyGroup.FUJI,
        colour_zh="片红",
    )


def new_product(code: str = "HFS-Z80-1-XY", *, size_mm: int = 80, price: int = 620) -> NewProduct:
    """旬邑 红富士 纸袋, class 1."""
    return NewProduct(
        code=code,
        name_zh=f"旬邑红富士 纸袋 {size_mm}# 一等",
        name_en=f"Xunyi Red Fuji, paper-bagged, {size_mm} mm, class 1",
        pinyin="XYHFS",
        variety_code="fuji",
        bagging=Bagging.PAPER,
        size_mm=size_mm,
        grade=Grade.CLASS_1,
        county="旬邑县",
        crop_year=2026,
        store_type=StoreType.COLD,
        reference_price=price,
    )


def a_product(code: str = "HFS-Z80-1-XY", *, size_mm: int = 80, price: int = 620) -> ProductRow:
    """A defined product."""
    return services.define_product(actor=SYSTEM, new=new_product(code, size_mm=size_mm, price=price))
