"""The demo market: everything a visitor needs to trade, made through the same services as real business.

`seed()` can be run any number of times: what exists is left alone, and each member is made in one
transaction, so it also finishes a seeding that was interrupted. The same day gives the same market: people
come from Faker (zh_CN) with a fixed seed.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from typing import NamedTuple, TypedDict

from django.contrib.auth.hashers import make_password
from django.db import transaction
from faker import Faker

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import Conflict, NotFound, UnknownMember, UnknownProduct
from exchange.markets import selectors as market
from exchange.markets import services as markets
from exchange.markets.types import NewProduct, ProductRow
from exchange.members import services as members
from exchange.members.selectors import member_by_code
from exchange.members.types import MemberRow
from exchange.members.uscc import make_uscc
from exchange.ops.demo_data import (
    BASE_PRODUCT,
    BUYERS,
    COUNTY,
    GROWERS,
    PRODUCTS,
    VARIETIES,
    VARIETY,
    DemoMember,
    DemoProduct,
)
from exchange.ops.demo_staff import seed_staff, staff
from exchange.ops.demo_store import bring_to_store, seed_stores
from exchange.price_index import selectors as published_index
from exchange.price_index import services as indexes
from exchange.price_index.errors import UnknownIndex
from exchange.price_index.types import HEADLINE, NewIndexCell
from settlement import services as settlement

DEMO = Actor("demo")
"""In whose name the demo market is made."""

DEMO_PASSWORD = "jinguo-demo-2026"  # noqa: S105 - printed on every start, for a market without real money
FAKER_SEED = 610_400

HARVEST_BEGINS = 8
"""From this month on a year's crop is what lies in the stores."""

TONNES_PER_GROWER = 40_000
YUAN_PER_BUYER = 500_000_000
"""Both far above real ones: a load run trades thousands of tonnes a second for minutes, and must not end
because a co-operative ran out of apples or a dealer out of money."""

HOME_SHARE = 3
"""A co-operative has this much more of its own county's cells than of others, where member orchards lie."""


class Login(NamedTuple):
    """A demo log-in as printed at the start."""

    username: str
    password: str
    role: str


class DemoKey(TypedDict):
    """A demo member with its API key."""

    code: str
    name: str
    kind: str
    key: str


class Operator(NamedTuple):
    """A demo user of the operator."""

    username: str
    desk: str


OPERATORS = (
    Operator("operator", "市场经营者 · 交易部 (operator, trading desk)"),
    Operator("index", "市场经营者 · 指数部 (operator, index desk)"),
    Operator("compliance", "市场经营者 · 合规部 (operator, compliance: decides complaints)"),
)


# What others ask for ---------------------------------------------------------------------------------


def seed_if_empty() -> bool:
    """Seeds when there is no member yet or a seeding was cut short; whether anything was made."""
    if _complete():
        return False
    seed()
    return True


def logins() -> list[Login]:
    """The demo log-ins: operators, then one trader of each member."""
    desks = [Login(operator.username, DEMO_PASSWORD, operator.desk) for operator in OPERATORS]
    traders = [
        Login(_username(member), DEMO_PASSWORD, f"{member.name} ({member.kind})")
        for member in (*GROWERS, *BUYERS)
    ]
    institutions = [Login(person.username, DEMO_PASSWORD, person.desk) for person in staff()]
    return desks + institutions + traders


def keys() -> list[DemoKey]:
    """The demo members that exist, with their API keys."""
    return [
        DemoKey(code=member.code, name=member.name, kind=member.kind, key=members.demo_api_key(member.code))
        for member in (*GROWERS, *BUYERS)
        if exists(member)
    ]


def seed(
    *,
    tonnes_per_grower: int = TONNES_PER_GROWER,
    yuan_per_buyer: int = YUAN_PER_BUYER,
    open_market: bool = True,
) -> None:
    """Makes whatever of the demo market does not exist yet, and opens the first session."""
    today = calendar.today()
    _seed_fees(today)
    for operator in OPERATORS:
        _seed_operator(operator)
    _seed_varieties()
    products = [_seed_product(cell, crop_year(today)) for cell in PRODUCTS]
    seed_stores(actor=DEMO)
    seed_staff(actor=DEMO, password=DEMO_PASSWORD, password_hash=_password_hash())
    _seed_index(products, today)
    persons = _persons()
    for grower in GROWERS:
        _seed_grower(grower, next(persons), products, tonnes_per_grower)
    for buyer in BUYERS:
        _seed_buyer(buyer, next(persons), yuan_per_buyer)
    if open_market and not market.sessions(limit=1):
        markets.open_session(actor=DEMO, reason="演示市场开市")


def crop_year(day: date) -> int:
    """The harvest that lies in the stores on a day."""
    return day.year if day.month >= HARVEST_BEGINS else day.year - 1


def _complete() -> bool:
    return exists(BUYERS[-1]) and bool(market.sessions(limit=1))


def exists(member: DemoMember) -> bool:
    """Whether there is a member with this code."""
    with suppress(UnknownMember):
        member_by_code(member.code)
        return True
    return False


def _username(member: DemoMember) -> str:
    return member.code.lower()


def _persons() -> Iterator[str]:
    """Names of made-up people, always the same."""
    fake = Faker("zh_CN")
    fake.seed_instance(FAKER_SEED)
    while True:
        yield fake.name()


# Market ----------------------------------------------------------------------------------------------


def _seed_fees(today: date) -> None:
    """0.2 % each side, growers nothing; 2 % of proceeds kept for seven days (MARKET RULES, settlement)."""
    try:
        market.fees_on(today)
    except NotFound:
        markets.define_fees(
            actor=DEMO, effective_from=today, buyer_bps=20, seller_bps=20, grower_bps=0, deposit_bps=200
        )


@cache
def _password_hash() -> str:
    """Of the one password all demo log-ins share; hashing it for each would take most of the seeding."""
    return make_password(DEMO_PASSWORD)


def _seed_operator(operator: Operator) -> None:
    with suppress(Conflict):
        members.register_user(
            actor=DEMO,
            username=operator.username,
            password=DEMO_PASSWORD,
            password_hash=_password_hash(),
            role="operator",
            full_name=operator.desk,
        )


def _seed_varieties() -> None:
    known = {variety.code for variety in market.varieties()}
    for variety in VARIETIES:
        if variety.code not in known:
            markets.add_variety(actor=DEMO, **variety._asdict())


def _seed_product(cell: DemoProduct, year: int) -> ProductRow:
    try:
        return market.product_by_code(cell.code)
    except UnknownProduct:
        return markets.define_product(actor=DEMO, new=_new_product(cell, year))


def _new_product(cell: DemoProduct, year: int) -> NewProduct:
    county, variety = COUNTY[cell.county], VARIETY[cell.variety]
    return NewProduct(
        code=cell.code,
        name_zh=f"{county.short}{variety.name_zh} {cell.bagging.label} {cell.size_mm}# {cell.grade.label}",
        name_en=f"{county.name_en} {variety.name_en}, {_english(cell)}",
        pinyin=cell.pinyin,
        variety_code=cell.variety,
        bagging=cell.bagging,
        size_mm=cell.size_mm,
        grade=cell.grade,
        county=county.name,
        crop_year=year,
        store_type=cell.store_type,
        reference_price=cell.price,
        premium_discount_fen=cell.price - BASE_PRODUCT.price,
        is_base=cell is BASE_PRODUCT,
    )


def _seed_index(products: list[ProductRow], today: date) -> None:
    """The headline index with its base on the first day: reference prices are 1000 points."""
    with suppress(UnknownIndex):
        published_index.definition()
        return
    indexes.define_index(
        actor=DEMO,
        code=HEADLINE,
        name_zh="咸阳苹果价格指数",
        name_en="Xianyang Apple Price Index",
        base_day=today,
        cells=[
            NewIndexCell(
                product_number=product.number,
                product_code=product.code,
                weight_bps=cell.weight_bps,
                base_price=cell.price,
                premium_discount_fen=product.premium_discount_fen,
            )
            for cell, product in zip(PRODUCTS, products, strict=True)
        ],
    )


def _english(cell: DemoProduct) -> str:
    bagging = {"paper": "paper-bagged", "paper_film": "paper+film", "film": "film-bagged", "none": "unbagged"}
    grade = {"class_1": "class 1", "class_1_2": "class 1-2", "field_run": "field run"}
    return f"{bagging[cell.bagging]}, {cell.size_mm} mm+, {grade[cell.grade]}"


# Members ---------------------------------------------------------------------------------------------


def _seed_grower(grower: DemoMember, person: str, products: list[ProductRow], tonnes: int) -> None:
    if exists(grower):
        return
    shares = [HOME_SHARE if cell.county == grower.county else 1 for cell in PRODUCTS]
    with transaction.atomic():
        row = register(grower, person, COUNTY[grower.county].name, _uscc(grower))
        for cell, product, share in zip(PRODUCTS, products, shares, strict=True):
            bring_to_store(row, cell, product, tonnes * share // sum(shares), actor=DEMO)


def _seed_buyer(buyer: DemoMember, person: str, yuan: int) -> None:
    if exists(buyer):
        return
    with transaction.atomic():
        row = register(buyer, person, buyer.county, _uscc(buyer))
        settlement.deposit(
            actor=DEMO,
            account_no=row.account_no,
            amount_fen=yuan * 100,
            bank=settlement.settlement_bank(),
        )


def register(member: DemoMember, person: str, county: str, uscc: str) -> MemberRow:
    """Admits a member with one trader, who has the demo password, and binds its bank account."""
    row = members.register_member(
        actor=DEMO,
        code=member.code,
        name=member.name,
        kind=member.kind,
        uscc=uscc,
        county=county,
        fees=market.fees_for(member.kind, calendar.today()),
        signatory=person,
    )
    members.register_user(
        actor=DEMO,
        username=_username(member),
        password=DEMO_PASSWORD,
        password_hash=_password_hash(),
        role="trader",
        member_code=member.code,
        full_name=person,
    )
    settlement.bind_bank_account(actor=DEMO, account_no=row.account_no, bank=settlement.settlement_bank())
    return row


def _uscc(member: DemoMember) -> str:
    """Co-operatives are registered by the agriculture side (93), companies by market regulation (91)."""
    place = [known.code for known in (*GROWERS, *BUYERS)].index(member.code)
    return make_uscc(
        division=member.division,
        serial=61_040_000 + place,
        authority="93" if member.kind == "grower" else "91",
    )


# Goods -----------------------------------------------------------------------------------------------
