"""Members and their people to test with."""

from exchange.kernel.audit import SYSTEM
from exchange.members import services
from exchange.members.types import FeeRates, MemberRow
from exchange.members.uscc import make_uscc

FEES = FeeRates(buyer_bps=20, seller_bps=0, deposit_bps=200)


def register(serial: int, kind: str = "grower", fees: FeeRates = FEES) -> MemberRow:
    """A member with a valid credit code."""
    return services.register_member(
        actor=SYSTEM,
        code=f"{kind[0].upper()}{serial:03d}",
        name=f"礼泉县第{serial}果业专业合作社",
        kind=kind,
        uscc=make_uscc(division="610425", serial=serial),
        county="礼泉",
        fees=fees,
        signatory="王建国",
    )


def hire(member: MemberRow, role: str = "admin", username: str = "") -> str:
    """A person of the member; returns the log-in name."""
    name = username or f"{member.code.lower()}-{role}"
    services.register_user(
        actor=SYSTEM, username=name, password="苹果-5e-Xianyang", role=role, member_code=member.code
    )
    return name
