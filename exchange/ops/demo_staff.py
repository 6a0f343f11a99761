"""The demo market's people outside the members: keepers of the stores and an inspector, with log-ins."""

from contextlib import suppress
from typing import NamedTuple

from exchange.kernel.audit import Actor
from exchange.kernel.errors import Conflict
from exchange.kernel.institutions import institution_code
from exchange.members import services as members
from exchange.ops.demo_data import INSPECTION_BODY, WAREHOUSES
from exchange.ops.demo_store import BODY_CODE, INSPECTOR


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
    return [*keepers, DemoStaff("inspector", INSPECTOR, body, f"{INSPECTION_BODY} · 质检 (inspector)")]


def seed_staff(*, actor: Actor, password: str, password_hash: str) -> None:
    """Opens the log-ins that do not exist yet."""
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
