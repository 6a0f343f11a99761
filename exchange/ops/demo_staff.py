"""The demo market's people outside the members: keepers, an inspector, a lender, with log-ins."""

from contextlib import suppress
from typing import NamedTuple

from exchange.kernel.audit import Actor
from exchange.kernel.errors import Conflict
from exchange.kernel.institutions import institution_code
from exchange.members import services as members
from exchange.members.uscc import make_uscc
from exchange.ops.demo_data import INSPECTION_BODY, WAREHOUSES
from exchange.ops.demo_store import BODY_CODE, INSPECTOR
from warehouse_receipts import services as receipts

LENDER_CODE, LENDER_NAME = "XYNS", "咸阳秦农仓单银行（演示）"


class DemoStaff(NamedTuple):
    """A demo log-in of an institution."""

    username: str
    full_name: str
    institution: str
    desk: str


def staff() -> list[DemoStaff]:
    """A keeper for each store, then the inspector."""
    keepers = [
        DemoStaff(
            f"keeper-{house.code.lower()}",
            "司磅员",
            institution_code("warehouse", house.code),
            f"{house.name} · 仓库 (warehouse keeper)",
        )
        for house in WAREHOUSES
    ]
    body = institution_code("inspector", BODY_CODE)
    lender = institution_code("lender", LENDER_CODE)
    return [
        *keepers,
        DemoStaff("inspector", INSPECTOR, body, f"{INSPECTION_BODY} · 质检 (inspector)"),
        DemoStaff("lender", "信贷员", lender, f"{LENDER_NAME} · 质权人 (lender)"),
    ]


def seed_staff(*, actor: Actor, password: str, password_hash: str) -> None:
    """Admits the lender and opens the log-ins that do not exist yet."""
    receipts.admit_lender(
        code=LENDER_CODE,
        name=LENDER_NAME,
        uscc=make_uscc(division="610400", serial=61_049_001),
        first_ltv_bps=6_000,
        call_ltv_bps=7_500,
        cure_days=3,
        actor=actor,
    )
    for person in staff():
        with suppress(Conflict):
            members.register_staff(
                actor=actor,
                username=person.username,
                password=password,
                password_hash=password_hash,
                institution=person.institution,
                full_name=person.full_name,
            )
