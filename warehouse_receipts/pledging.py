"""Pledge 质押: the holder keeps title, the lender's word is needed to move the goods (民法典 440–442).

    applied → asked of the floor → registered → released | foreclosure asked → foreclosed

Loan to value is what is owed over kg × the price of the day, in basis points. Above the lender's call level
the holder is called to pledge more or to pay; goods not brought by the day named, or a loan not paid when
due, let the lender ask for foreclosure, which another person of the exchange decides: the receipts become an
auction lot.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from exchange.kernel import audit, calendar, institutions
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.ids import next_number
from warehouse_receipts.case_errors import BadPledge, TooEarly, UnknownLender, UnknownPledge
from warehouse_receipts.chain import receipt_step, record_steps
from warehouse_receipts.credit import record_foreclosure
from warehouse_receipts.errors import SamePerson
from warehouse_receipts.issuing import check_character
from warehouse_receipts.lifecycle import Action, Party, Stage
from warehouse_receipts.locks import lock_receipts_set_aside, lock_set_aside
from warehouse_receipts.models import HolderNotice, Lender, Pledge, PledgedGoods, Receipt
from warehouse_receipts.setting_aside import hand_back, move_on, set_aside
from warehouse_receipts.states import PledgeState
from warehouse_receipts.types import Business, SetAsideRow, SetAsideState

BPS = 10_000
MAX_PRINCIPAL_FEN = 10**13


@transaction.atomic
def admit_lender(
    *, code: str, name: str, uscc: str, first_ltv_bps: int, call_ltv_bps: int, cure_days: int, actor: Actor
) -> str:
    """Admits a lender with its terms, or changes them; it gets a key to sign with. Raises BadPledge."""
    if not 0 < first_ltv_bps < call_ltv_bps <= BPS or not 1 <= cure_days <= 30:
        raise BadPledge(why_zh="质押率与补足期限", why_en="loan to value and days to cure")
    Lender.objects.update_or_create(
        code=code,
        defaults={
            "name": name,
            "uscc": uscc,
            "first_ltv_bps": first_ltv_bps,
            "call_ltv_bps": call_ltv_bps,
            "cure_days": cure_days,
        },
    )
    institutions.register(code=lender_signer(code), name=name, kind="lender", actor=actor)
    audit.record(
        actor=actor,
        action="lender.admit",
        subject=f"lender:{code}",
        after={"name": name, "first_ltv_bps": first_ltv_bps, "call_ltv_bps": call_ltv_bps},
    )
    return code


def lender_signer(code: str) -> str:
    """Code of the institution whose key a lender signs with."""
    return institutions.institution_code("lender", code)


def loan_to_value_bps(owed_fen: int, kg: int, price_fen: int) -> int:
    """Loan to value, rounded up, in basis points."""
    return -(-owed_fen * BPS // (kg * price_fen))


# Application and registration -------------------------------------------------------------------------


@transaction.atomic
def apply_for_pledge(
    *,
    holder_no: int,
    receipt_nos: Sequence[str],
    lender_code: str,
    principal_fen: int,
    due_on: date,
    price_fen: int,
    actor: Actor,
) -> str:
    """The holder asks a lender; returns the pledge's number. price_fen per kg values the goods.

    The receipts are set aside at once, so that nothing else can be done with them while the lender thinks.
    Raises UnknownLender, BadPledge, and as set_aside does.
    """
    lender = Lender.objects.filter(code=lender_code, active=True).first()
    if lender is None:
        raise UnknownLender(lender=lender_code)
    if not 0 < principal_fen <= MAX_PRINCIPAL_FEN or due_on <= calendar.today() or price_fen <= 0:
        raise BadPledge(why_zh="金额与到期日", why_en="amount and due day")
    no = f"ZY{calendar.today():%Y%m%d}{next_number('pledge'):06d}"
    asked = set_aside(
        holder_no=holder_no,
        receipt_nos=receipt_nos,
        business=Business.PLEDGE,
        reference=f"pledge:{no}",
        actor=actor,
    )
    if loan_to_value_bps(principal_fen, asked.kg, price_fen) > lender.first_ltv_bps:
        raise BadPledge(why_zh="超过质押率", why_en="above the lender's loan to value")
    last_day = (
        Receipt.objects.filter(no__in=receipt_nos).order_by("expires_on").values_list("expires_on", flat=True)
    )
    if last_day[0] < due_on:
        raise BadPledge(why_zh="仓单在到期日前失效", why_en="a receipt ends before the loan is due")
    pledge = Pledge.objects.create(
        no=no,
        lender=lender,
        holder_no=holder_no,
        product_number=asked.product_number,
        principal_fen=principal_fen,
        owed_fen=principal_fen,
        due_on=due_on,
        price_fen=price_fen,
        valued_on=calendar.today(),
        applied_at=calendar.now(),
        applied_by=actor.name,
    )
    PledgedGoods.objects.create(pledge=pledge, set_aside_id=asked.id)
    return no


@transaction.atomic
def decide_pledge(no: str, *, lender_code: str, approve: bool, reason: str = "", actor: Actor) -> None:
    """The lender takes or declines a pledge. Raises UnknownPledge, SamePerson."""
    pledge = _pledge(no, PledgeState.APPLIED, lender_code)
    if pledge.applied_by == actor.name:
        raise SamePerson
    pledge.decided_by, pledge.reason = actor.name, reason
    pledge.state = PledgeState.ASKED if approve else PledgeState.REFUSED
    pledge.save(update_fields=["decided_by", "reason", "state"])
    if approve:
        _register_when_held(pledge)
    else:
        _let_go(pledge)
    audit.record(
        actor=actor,
        action="pledge.approve" if approve else "pledge.refuse",
        subject=f"pledge:{no}",
        reason=reason,
        after={"principal_fen": pledge.principal_fen},
    )


def pledge_answered(row: SetAsideRow) -> None:
    """The floor said whether a pledge's goods leave the market."""
    goods = PledgedGoods.objects.filter(set_aside_id=row.id).select_related("pledge").first()
    if goods is None:
        return
    pledge = Pledge.objects.select_for_update(of=("self",)).get(pk=goods.pledge_id)
    if row.state == SetAsideState.REFUSED and pledge.state in {PledgeState.APPLIED, PledgeState.ASKED}:
        pledge.state, pledge.reason, pledge.ended_at = PledgeState.REFUSED, row.reason, calendar.now()
        pledge.decided_by = pledge.decided_by or "floor"
        pledge.save(update_fields=["state", "reason", "ended_at", "decided_by"])
    elif row.state == SetAsideState.ACTIVE:
        _register_when_held(pledge)
        _settle_call(pledge)


def _register_when_held(pledge: Pledge) -> None:
    """Registers a pledge once lender and floor agree: the register is the publicity."""
    held = not pledge.goods.exclude(set_aside__state=SetAsideState.ACTIVE).exists()
    if pledge.state != PledgeState.ASKED or not held:
        return
    body = f"ZYDJ{calendar.today():%Y%m%d}{pledge.pk:08d}"
    pledge.registration_no = body + check_character(body)
    pledge.state = PledgeState.REGISTERED
    pledge.save(update_fields=["registration_no", "state"])
    _sign(
        pledge, Action.ENTER, Stage.PLEDGED, Actor(pledge.decided_by), registration_no=pledge.registration_no
    )


def _sign(pledge: Pledge, action: Action, stage: Stage, actor: Actor, **said: Any) -> None:
    steps = [
        receipt_step(receipt, action, stage, Party.LENDER, pledge=pledge.no, **said)
        for receipt in _receipts(pledge)
    ]
    record_steps(steps, institution=lender_signer(pledge.lender.code), actor=actor)


def _receipts(pledge: Pledge) -> list[Receipt]:
    ids = list(pledge.goods.values_list("set_aside_id", flat=True))
    return list(Receipt.objects.filter(set_aside_id__in=ids).order_by("id"))


# While it lasts ---------------------------------------------------------------------------------------


def pledged_kg(pledge: Pledge) -> int:
    """Kilograms in force behind a pledge."""
    return pledge.goods.aggregate(kg=Sum("set_aside__left_kg"))["kg"] or 0


@transaction.atomic
def review_pledges(prices: Mapping[int, int], *, day: date) -> int:
    """Values all registered pledges at today's prices (fen per kg by product); how many calls were made.

    A call names the kilograms that would bring loan to value back to the lender's first level. A product
    without a price keeps its last valuation. Run daily, after the index.
    """
    calls = 0
    pledges = Pledge.objects.select_for_update(of=("self",)).select_related("lender")
    for pledge in pledges.filter(state=PledgeState.REGISTERED).order_by("pk"):
        price = prices.get(pledge.product_number, pledge.price_fen)
        pledge.price_fen, pledge.valued_on = price, day
        kg = pledged_kg(pledge)
        above = loan_to_value_bps(pledge.owed_fen, kg, price) > pledge.lender.call_ltv_bps
        if above and not pledge.call_kg:
            wanted_kg = -(-pledge.owed_fen * BPS // (price * pledge.lender.first_ltv_bps))
            pledge.call_kg = wanted_kg - kg
            pledge.call_due_on = day + timedelta(days=pledge.lender.cure_days)
            _tell(pledge, "top_up_call", call_kg=pledge.call_kg, due_on=pledge.call_due_on.isoformat())
            calls += 1
        pledge.save(update_fields=["price_fen", "valued_on", "call_kg", "call_due_on"])
        _settle_call(pledge)
    return calls


def _settle_call(pledge: Pledge) -> None:
    """A call ends when loan to value is back at the lender's first level."""
    if not pledge.call_kg:
        return
    ltv = loan_to_value_bps(pledge.owed_fen, pledged_kg(pledge), pledge.price_fen)
    if ltv <= pledge.lender.first_ltv_bps:
        pledge.call_kg, pledge.call_due_on = 0, None
        pledge.save(update_fields=["call_kg", "call_due_on"])


def _tell(pledge: Pledge, kind: str, **facts: str | int) -> None:
    HolderNotice.objects.create(
        holder_no=pledge.holder_no,
        receipt_no=pledge.no,
        kind=kind,
        facts=facts,
        at=calendar.now(),
    )


@transaction.atomic
def top_up(no: str, *, holder_no: int, receipt_nos: Sequence[str], actor: Actor) -> SetAsideRow:
    """The holder pledges more of the same product. Raises UnknownPledge, BadPledge, and as set_aside does."""
    pledge = _pledge(no, PledgeState.REGISTERED)
    if pledge.holder_no != holder_no:
        raise UnknownPledge(pledge=no)
    asked = set_aside(
        holder_no=holder_no,
        receipt_nos=receipt_nos,
        business=Business.PLEDGE,
        reference=f"pledge:{no}",
        actor=actor,
    )
    if asked.product_number != pledge.product_number:
        raise BadPledge(why_zh="须为同一品种", why_en="only of the same product")
    PledgedGoods.objects.create(pledge=pledge, set_aside_id=asked.id)
    if asked.state == SetAsideState.ACTIVE:
        _settle_call(pledge)
    return asked


@transaction.atomic
def record_repayment(no: str, *, lender_code: str, amount_fen: int, actor: Actor) -> int:
    """The lender says what was paid back; returns what is still owed, in fen.

    Raises UnknownPledge, BadPledge.
    """
    pledge = _pledge(no, PledgeState.REGISTERED, lender_code)
    if not 0 < amount_fen <= pledge.owed_fen:
        raise BadPledge(why_zh="还款金额", why_en="amount paid back")
    pledge.owed_fen -= amount_fen
    pledge.save(update_fields=["owed_fen"])
    _settle_call(pledge)
    audit.record(
        actor=actor, action="pledge.repay", subject=f"pledge:{no}", after={"owed_fen": pledge.owed_fen}
    )
    return pledge.owed_fen


@transaction.atomic
def release_pledge(no: str, *, lender_code: str, actor: Actor) -> None:
    """The lender lets the goods go, paid or not. Raises UnknownPledge."""
    pledge = _pledge(no, PledgeState.REGISTERED, lender_code)
    pledge.state, pledge.ended_at = PledgeState.RELEASED, calendar.now()
    pledge.call_kg, pledge.call_due_on = 0, None
    pledge.save(update_fields=["state", "ended_at", "call_kg", "call_due_on"])
    _sign(pledge, Action.LEAVE, Stage.PLEDGED, actor, released=pledge.registration_no or "")
    _let_go(pledge)
    audit.record(actor=actor, action="pledge.release", subject=f"pledge:{no}")


def _let_go(pledge: Pledge) -> None:
    """Goods in force go back to the market; those the floor has not answered for follow with its answer."""
    for goods in pledge.goods.select_related("set_aside").order_by("pk"):
        if goods.set_aside.state == SetAsideState.ACTIVE:
            hand_back(goods.set_aside_id, reference=f"pledge:{pledge.no}:released")


def stop_pledge(set_aside_id: int, *, reason: str) -> None:
    """An authority's order ends a pledge not registered yet; a registered one it leaves to the lender."""
    goods = PledgedGoods.objects.select_related("pledge").get(set_aside_id=set_aside_id)
    pledge = Pledge.objects.select_for_update(of=("self",)).get(pk=goods.pledge_id)
    if pledge.state in {PledgeState.APPLIED, PledgeState.ASKED}:
        pledge.state, pledge.reason, pledge.ended_at = PledgeState.REFUSED, reason, calendar.now()
        pledge.decided_by = pledge.decided_by or SYSTEM.name
        pledge.save(update_fields=["state", "reason", "ended_at", "decided_by"])
        _let_go(pledge)
        audit.record(actor=SYSTEM, action="pledge.stop", subject=f"pledge:{pledge.no}", reason=reason)


def let_go_late(row: SetAsideRow) -> None:
    """Goods the floor gave up for a pledge that was declined meanwhile go back at once."""
    goods = PledgedGoods.objects.filter(set_aside_id=row.id).select_related("pledge").first()
    over = {PledgeState.REFUSED, PledgeState.RELEASED}
    if goods is not None and row.state == SetAsideState.ACTIVE and goods.pledge.state in over:
        hand_back(row.id, reference=f"pledge:{goods.pledge.no}:declined")


# Foreclosure ------------------------------------------------------------------------------------------


@transaction.atomic
def ask_foreclosure(no: str, *, lender_code: str, reason: str, day: date, actor: Actor) -> None:
    """The lender asks to sell the goods: the loan is overdue, or a call was not met. Raises TooEarly."""
    pledge = _pledge(no, PledgeState.REGISTERED, lender_code)
    overdue = pledge.owed_fen > 0 and day > pledge.due_on
    called = pledge.call_due_on is not None and day > pledge.call_due_on
    if not overdue and not called:
        raise TooEarly(until=min(pledge.due_on, pledge.call_due_on or pledge.due_on).isoformat())
    pledge.state, pledge.reason, pledge.decided_by = PledgeState.FORECLOSURE, reason, actor.name
    pledge.save(update_fields=["state", "reason", "decided_by"])
    _tell(pledge, "foreclosure_asked", owed_fen=pledge.owed_fen)


@transaction.atomic
def decide_foreclosure(no: str, *, approve: bool, actor: Actor) -> list[SetAsideRow]:
    """Another person of the exchange decides. Approved, the goods are set aside for an auction.

    Returns these set-asides, each ready for a lot; empty when declined. Raises UnknownPledge, SamePerson.
    """
    pledge = _pledge(no, PledgeState.FORECLOSURE)
    if actor.name in {pledge.decided_by, pledge.applied_by}:
        raise SamePerson
    audit.record(
        actor=actor,
        action="pledge.foreclose" if approve else "pledge.foreclose_refuse",
        subject=f"pledge:{no}",
        reason=pledge.reason,
        after={"owed_fen": pledge.owed_fen},
    )
    if not approve:
        pledge.state = PledgeState.REGISTERED
        pledge.save(update_fields=["state"])
        return []
    _sign(pledge, Action.FORECLOSE, Stage.AT_AUCTION, actor, owed_fen=pledge.owed_fen)
    lots = []
    for goods in pledge.goods.order_by("pk"):
        row = lock_set_aside(goods.set_aside_id)
        if row.state == SetAsideState.ACTIVE and lock_receipts_set_aside(row.pk):
            lots.append(move_on(row, Business.AUCTION, f"foreclosure:{no}", actor))
    pledge.state, pledge.ended_at = PledgeState.FORECLOSED, calendar.now()
    pledge.save(update_fields=["state", "ended_at"])
    record_foreclosure(pledge)
    return lots


def _pledge(no: str, state: PledgeState, lender_code: str | None = None) -> Pledge:
    """The pledge in this state, locked; of this lender only, when one is asked for. Raises UnknownPledge."""
    pledges = Pledge.objects.select_for_update(of=("self",)).select_related("lender")
    pledges = pledges.filter(no=no, state=state)
    if lender_code is not None:
        pledges = pledges.filter(lender__code=lender_code)
    pledge = pledges.first()
    if pledge is None:
        raise UnknownPledge(pledge=no)
    return pledge
