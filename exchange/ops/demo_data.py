"""The demo market's reference data: counties, varieties, grade cells, cold stores, members.

Places, varieties and prices are real, enterprises and people are made up. Prices are trade quotes in yuan per
jin (元/斤), doubled to yuan per kg and kept in fen per kg; each product says which quote. The quotes are of
several seasons (2019 to 2022): what matters is that cells stand to each other as a trader knows it.
"""

from typing import NamedTuple

from warehouse_receipts.types import Bagging, Grade, Measurements, StoreType, VarietyGroup


class County(NamedTuple):
    """One of the seven base counties of Xianyang."""

    name: str
    name_en: str
    initials: str
    division: str
    """Administrative division code GB/T 2260."""
    towns: tuple[str, ...]
    """Apple towns on the loess tableland 塬."""

    @property
    def short(self) -> str:
        """The name as the trade says it: 旬邑 for 旬邑县, but 乾县 in full."""
        return self.name[:-1] if len(self.name) > 2 else self.name


COUNTIES = (
    County("礼泉县", "Liquan", "LQ", "610425", ("西张堡镇", "阡东镇", "烽火镇", "赵镇", "史德镇")),
    County("淳化县", "Chunhua", "CH", "610430", ("十里塬镇", "马家镇", "方里镇", "润镇", "官庄镇")),
    County("旬邑县", "Xunyi", "XY", "610429", ("太村镇", "张洪镇", "原底镇", "湫坡头镇", "底庙镇")),
    County("乾县", "Qianxian", "QX", "610424", ("梁山镇", "峰阳镇", "注泔镇", "临平镇", "阳峪镇")),
    County("永寿县", "Yongshou", "YS", "610426", ("监军街道", "常宁镇", "渠子镇", "店头镇", "甘井镇")),
    County("彬州市", "Binzhou", "BZ", "610482", ("新民镇", "北极镇", "义门镇", "龙高镇", "永乐镇")),
    County("长武县", "Changwu", "CW", "610428", ("洪家镇", "巨家镇", "彭公镇", "丁家镇", "相公镇")),
)
COUNTY = {county.initials: county for county in COUNTIES}


class DemoVariety(NamedTuple):
    """A variety grown in the counties."""

    code: str
    name_zh: str
    name_en: str
    group: VarietyGroup
    colour_zh: str
    shelf_life_days: int | None = None


VARIETIES = (
    DemoVariety("fuji", "红富士", "Red Fuji", VarietyGroup.FUJI, "片红"),
    DemoVariety("fuji_striped", "条红富士", "Striped Fuji", VarietyGroup.FUJI, "条红"),
    DemoVariety("early_fuji", "早富士", "Early Fuji", VarietyGroup.FUJI, "片红", 120),
    DemoVariety("hongjiangjun", "红将军", "Beni Shogun", VarietyGroup.FUJI, "片红", 90),
    DemoVariety("gala", "嘎啦", "Gala", VarietyGroup.GALA, "条红", 90),
    DemoVariety("qinguan", "秦冠", "Qinguan", VarietyGroup.QINGUAN, "暗红"),
    DemoVariety("ruixue", "瑞雪", "Ruixue", VarietyGroup.OTHER, "黄绿"),
    DemoVariety("ruiyang", "瑞阳", "Ruiyang", VarietyGroup.OTHER, "鲜红"),
    DemoVariety("ruixianghong", "瑞香红", "Ruixianghong", VarietyGroup.OTHER, "鲜红"),
    DemoVariety("qincui", "秦脆", "Qincui", VarietyGroup.OTHER, "条红"),
    DemoVariety("qinyan", "秦艳", "Qinyan", VarietyGroup.OTHER, "鲜红", 60),
    DemoVariety("huaniu", "花牛", "Huaniu (Red Delicious)", VarietyGroup.DELICIOUS, "浓红", 120),
    DemoVariety("golden", "黄元帅", "Golden Delicious", VarietyGroup.GOLDEN, "黄"),
    DemoVariety("jonagold", "乔纳金", "Jonagold", VarietyGroup.JONAGOLD, "片红"),
    DemoVariety("pink_lady", "粉红女士", "Pink Lady", VarietyGroup.PINK_LADY, "粉红"),
)
VARIETY = {variety.code: variety for variety in VARIETIES}


class DemoProduct(NamedTuple):
    """A grade cell, its reference price in fen per kg, and its weight in the index in basis points."""

    code: str
    pinyin: str
    county: str
    """Initials of the county."""
    variety: str
    bagging: Bagging
    size_mm: int
    grade: Grade
    price: int
    weight_bps: int
    store_type: StoreType = StoreType.COLD


PRODUCTS = (
    # Base cell: late Fuji, paper-bagged, 80 mm and over, class 1. National farm-gate price of 80# 一二级 in
    # 2021/22: 2.80-3.10 元/斤; class 1 takes the upper end: 3.10 x 2 = 6.20 元/kg.
    DemoProduct("HFS-Z80-1-XY", "XYHFS80", "XY", "fuji", Bagging.PAPER, 80, Grade.CLASS_1, 620, 2_500),
    # 75-80 mm against 80 mm and over: -1,500 元/t (CZCE discount, 2023) = -1.50 元/kg.
    DemoProduct("HFS-Z75-1-XY", "XYHFS75", "XY", "fuji", Bagging.PAPER, 75, Grade.CLASS_1, 470, 1_500),
    # 85 mm and over: +400 元/t = +0.40 元/kg.
    DemoProduct("HFS-Z85-1-CW", "CWHFS85", "CW", "fuji", Bagging.PAPER, 85, Grade.CLASS_1, 660, 800),
    # "当前纸袋富士80#以上片红一二级 2.50-2.80 元/斤": middle 2.65 x 2.
    DemoProduct("HFS-Z80-12-LQ", "LQHFS80", "LQ", "fuji", Bagging.PAPER, 80, Grade.CLASS_1_2, 530, 1_700),
    # 淳化十里塬 纸袋富士 70mm 起步 about 2.0 元/斤.
    DemoProduct("HFS-Z70-T-CH", "CHHFS70", "CH", "fuji", Bagging.PAPER, 70, Grade.FIELD_RUN, 400, 1_000),
    # 乾县 库存纸袋 70# 起步, 2021-12-01: 1.50-1.80 元/斤, middle 1.65 x 2.
    DemoProduct("HFS-Z70-T-QX", "QXHFS70", "QX", "fuji", Bagging.PAPER, 70, Grade.FIELD_RUN, 330, 700),
    # 纸加膜 75mm 1.7-1.8 元/斤 (临渭): middle 1.75 x 2.
    DemoProduct("HFS-ZM75-12-BZ", "BZHFS75", "BZ", "fuji", Bagging.PAPER_FILM, 75, Grade.CLASS_1_2, 350, 600),
    # 膜袋 75mm 1.0-1.2 元/斤 (临渭): middle 1.10 x 2.
    DemoProduct("HFS-M75-T-YS", "YSHFS75", "YS", "fuji", Bagging.FILM, 75, Grade.FIELD_RUN, 220, 400),
    # 淳化 秦冠 80mm 以上, for the border trade: 1.7 元/斤.
    DemoProduct("QG-G80-12-CH", "CHQG80", "CH", "qinguan", Bagging.NONE, 80, Grade.CLASS_1_2, 340, 300),
    # 旬邑 纸袋嘎啦 70# 起步, 2019-08-27: 2.10-2.40 元/斤, middle 2.25 x 2. By November it lies in CA stores.
    DemoProduct(
        "GL-Z70-12-XY", "XYGL70", "XY", "gala", Bagging.PAPER, 70, Grade.CLASS_1_2, 450, 300, StoreType.CA
    ),
    # 乾县 早富士 70# 起步, 2022-09-07: about 2.30 元/斤.
    DemoProduct("ZFS-Z70-T-QX", "QXZFS70", "QX", "early_fuji", Bagging.PAPER, 70, Grade.FIELD_RUN, 460, 200),
)
"""Weights are shares of value that follow what the counties grow: late Fuji nine tenths, 80# the most."""

BASE_PRODUCT = PRODUCTS[0]


class DemoWarehouse(NamedTuple):
    """A designated cold store."""

    code: str
    name: str
    county: str
    keeper: str
    kind: StoreType
    capacity_t: int
    storage_fee_fen_per_t_day: int


# Storage costs 300-700 元/t a season of about 240 days: 1.3 to 2.9 元/t a day; CA costs the upper end.
WAREHOUSES = (
    DemoWarehouse(
        "XY01",
        "旬邑县塬上红冷链物流一号库",
        "XY",
        "旬邑县塬上红冷链物流有限公司",
        StoreType.COLD,
        80_000,
        180,
    ),
    DemoWarehouse(
        "XY02", "旬邑县塬上红冷链物流气调库", "XY", "旬邑县塬上红冷链物流有限公司", StoreType.CA, 60_000, 290
    ),
    DemoWarehouse(
        "LQ01", "礼泉县唐原果品储运冷库", "LQ", "礼泉县唐原果品储运有限公司", StoreType.COLD, 60_000, 170
    ),
    DemoWarehouse(
        "CH01", "淳化县云阳果业冷藏库", "CH", "淳化县云阳果业有限公司", StoreType.COLD, 90_000, 165
    ),
    DemoWarehouse(
        "QX01", "乾县梁山果品恒温库", "QX", "乾县梁山果品储藏有限公司", StoreType.COLD, 90_000, 160
    ),
    DemoWarehouse(
        "YS01", "永寿县翠屏果蔬冷链中心", "YS", "永寿县翠屏果蔬冷链有限公司", StoreType.COLD, 60_000, 155
    ),
    DemoWarehouse(
        "BZ01", "彬州市泾河果品冷链园", "BZ", "彬州市泾河果品冷链有限公司", StoreType.COLD, 60_000, 165
    ),
    DemoWarehouse(
        "CW01", "长武县秦陇果品恒温库", "CW", "长武县秦陇果品储藏有限公司", StoreType.COLD, 60_000, 175
    ),
)


class DemoMember(NamedTuple):
    """A member: code, name, kind, county (initials, or a city for buyers) and division code."""

    code: str
    name: str
    kind: str
    county: str
    division: str


# Unions of co-operatives 联合社: with member orchards in all seven counties each can offer every cell, so
# every product has several sellers, as the index asks, and a load run may let any grower sell anything.
GROWERS = (
    DemoMember("G001", "旬邑县塬上红果业专业合作社联合社", "grower", "XY", "610429"),
    DemoMember("G002", "礼泉县唐原果业专业合作社联合社", "grower", "LQ", "610425"),
    DemoMember("G003", "淳化县云塬果业专业合作社联合社", "grower", "CH", "610430"),
    DemoMember("G004", "乾县梁山丰果果业专业合作社联合社", "grower", "QX", "610424"),
    DemoMember("G005", "永寿县翠屏果业专业合作社联合社", "grower", "YS", "610426"),
    DemoMember("G006", "彬州市豳塬果业专业合作社联合社", "grower", "BZ", "610482"),
    DemoMember("G007", "长武县秦陇果业专业合作社联合社", "grower", "CW", "610428"),
    DemoMember("G008", "旬邑县石门山果业专业合作社联合社", "grower", "XY", "610429"),
)

BUYERS = (
    DemoMember("D001", "咸阳秦都果达果品有限公司", "dealer", "咸阳市秦都区", "610402"),
    DemoMember("D002", "西安渭北鲜果贸易有限公司", "dealer", "西安市未央区", "610112"),
    DemoMember("D003", "广州粤果行果业贸易有限公司", "dealer", "广州市白云区", "440111"),
    DemoMember("D004", "成都蜀果通农产品有限公司", "dealer", "成都市彭州市", "510182"),
    DemoMember("D005", "上海沪果汇供应链有限公司", "dealer", "上海市浦东新区", "310115"),
    DemoMember("D006", "嘉兴长三角果品批发有限公司", "dealer", "嘉兴市南湖区", "330402"),
    DemoMember("S001", "陕西万家鲜连锁超市有限公司", "supermarket", "西安市雁塔区", "610113"),
    DemoMember("E001", "陕西丝路果品出口有限公司", "exporter", "咸阳市渭城区", "610404"),
)

INSPECTION_BODY = "咸阳市果品质量检验检测中心"
INSURER = "秦农财产保险股份有限公司咸阳中心支公司"
PACKAGING = "塑料周转筐，净重约 18 公斤"

FRUIT: dict[Grade, Measurements] = {
    Grade.CLASS_1: Measurements(
        sample_fruit=200, diameter_mm=0, colour_pct=86, firmness_tenths=76, ssc_tenths=142, shape=1,
        small_spots=3, russet_pct=4, nonconforming_pct=4,
    ),
    Grade.CLASS_1_2: Measurements(
        sample_fruit=200, diameter_mm=0, colour_pct=72, firmness_tenths=74, ssc_tenths=136, shape=1, stem=1,
        rub_mm2=60, small_spots=7, russet_pct=8, defect_kinds=2, nonconforming_pct=6,
    ),
    Grade.FIELD_RUN: Measurements(
        sample_fruit=200, diameter_mm=0, colour_pct=58, firmness_tenths=72, ssc_tenths=130, shape=2, stem=1,
        bruise_mm2=80, bruise_largest_mm2=30, rub_mm2=120, sunburn_mm2=90, small_spots=12, russet_pct=14,
        defect_kinds=5, nonconforming_pct=18,
    ),
}  # fmt: skip
"""What the inspector finds in a typical lot of each grade; the diameter follows from the cell."""
