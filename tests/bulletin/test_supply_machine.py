"""The supply and demand board whatever members, the operator and the calendar do in any order.

A refused step leaves no trace; what stands on the board is what has not ended; every version is in the
history; nobody reads a conversation, a contact or an answer that is not meant for him.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from exchange.bulletin import supply_demand as board
from exchange.bulletin import supply_inquiries as talk
from exchange.bulletin import supply_selectors as read
from exchange.bulletin.supply_errors import UnknownInquiry
from exchange.bulletin.supply_models import (
    Inquiry,
    InquiryContact,
    InquiryMessage,
    Intention,
    IntentionStep,
    MemberBlock,
)
from exchange.bulletin.supply_types import (
    MAX_A_DAY,
    TALKING,
    InquiryState,
    IntentionState,
    NewIntention,
    Spec,
)
from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from exchange.kernel.errors import JinguoError
from matching.types import Side
from tests.examples import examples
from tests.members.people import register

BY = Actor("somebody")
WHO = st.integers(0, 2)
WHICH = st.integers(0, 7)
DAYS = st.integers(0, 31)


class BoardMachine(RuleBasedStateMachine):
    """Three members, an operator, and days that pass."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.keys = count()
        self.now = calendar.now()
        self.patch.setattr(calendar, "now", lambda: self.now)
        self.patch.setattr(calendar, "today", lambda: self.now.astimezone(calendar.TIMEZONE).date())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        self.patch.undo()

    def attempt(self, step: Callable[..., object], **told: object) -> bool:
        """Does it, or sees it refused with a code and without a trace; whether it was done."""
        before = self.picture()
        try:
            with transaction.atomic():
                step(**told)
        except JinguoError:
            assert self.picture() == before
            return False
        return True

    @staticmethod
    def picture() -> list[object]:
        tables = (Intention, IntentionStep, Inquiry, InquiryMessage, InquiryContact, MemberBlock)
        return [row for table in tables for row in table.objects.order_by("pk").values()]

    @initialize()
    def admit(self) -> None:
        self.members = [register(serial).account_no for serial in (1, 2, 3)]

    def terms(self, side: Side, days: int, price: int | None) -> NewIntention:
        return NewIntention(
            side=side,
            spec=Spec("蜜脆", 75),
            least_kg=1_000,
            most_kg=20_000,
            valid_until=calendar.today() + timedelta(days=days),
            price=price,
        )

    @staticmethod
    def intention(which: int) -> Intention | None:
        rows = list(Intention.objects.order_by("pk"))
        return rows[which % len(rows)] if rows else None

    @staticmethod
    def inquiry(which: int) -> Inquiry | None:
        rows = list(Inquiry.objects.order_by("pk"))
        return rows[which % len(rows)] if rows else None

    # Intentions ---------------------------------------------------------------------------------------

    @rule(who=WHO, side=st.sampled_from([Side.BUY, Side.SELL]), days=DAYS)
    def publish(self, who: int, side: Side, days: int) -> None:
        key = str(next(self.keys))
        told = {
            "actor": BY,
            "account_no": self.members[who],
            "terms": self.terms(side, days, 700),
            "key": key,
        }
        if self.attempt(board.publish, **told):
            before = self.picture()
            board.publish(**told)
            assert self.picture() == before, "sent again, nothing new"

    @rule(who=WHO, which=WHICH, price=st.sampled_from([None, 650, 700]), stale=st.booleans())
    def edit(self, who: int, which: int, price: int | None, stale: bool) -> None:
        if row := self.intention(which):
            terms = self.terms(Side(row.side), 5, price)
            self.attempt(
                board.edit, actor=BY, account_no=self.members[who], intention_id=row.pk,
                version=row.version - stale, terms=terms,
            )  # fmt: skip

    @rule(who=WHO, which=WHICH, days=DAYS)
    def renew(self, who: int, which: int, days: int) -> None:
        if row := self.intention(which):
            until = calendar.today() + timedelta(days=days)
            self.attempt(
                board.renew, actor=BY, account_no=self.members[who], intention_id=row.pk, valid_until=until
            )

    @rule(who=WHO, which=WHICH)
    def close(self, who: int, which: int) -> None:
        if row := self.intention(which):
            self.attempt(board.close, actor=BY, account_no=self.members[who], intention_id=row.pk)

    @rule(which=WHICH, down=st.booleans())
    def operate(self, which: int, down: bool) -> None:
        if row := self.intention(which):
            verb = board.take_down if down else board.restore
            self.attempt(verb, actor=BY, intention_id=row.pk, reason="核查")

    @rule(days=st.integers(1, 20))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    # Inquiries ----------------------------------------------------------------------------------------

    @rule(who=WHO, which=WHICH)
    def inquire(self, who: int, which: int) -> None:
        if row := self.intention(which):
            done = self.attempt(
                talk.inquire, actor=BY, account_no=self.members[who], intention_id=row.pk,
                version=row.version, quantity_kg=5_000, price=None, text="有货吗",
            )  # fmt: skip
            stood = row.state == IntentionState.OPEN and row.valid_until >= calendar.today()
            assert stood or not done

    @rule(who=WHO, which=WHICH, number=st.booleans())
    def say(self, who: int, which: int, number: bool) -> None:
        if row := self.inquiry(which):
            text = "打 13800138000" if number else "还在吗"
            exchanged = row.contacts.count() == 2
            parties = {row.account_no, row.owner_no}
            apart = MemberBlock.objects.filter(account_no__in=parties, blocked_no__in=parties).exists()
            done = self.attempt(
                talk.say, actor=BY, account_no=self.members[who], inquiry_id=row.pk, text=text,
                key=str(next(self.keys)),
            )  # fmt: skip
            may = self.members[who] in parties and row.state in TALKING and not apart
            assert done <= (may and (exchanged or not number))

    @rule(who=WHO, which=WHICH, verb=st.integers(0, 2))
    def answer(self, who: int, which: int, verb: int) -> None:
        if row := self.inquiry(which):
            step = (talk.agree, talk.decline, talk.withdraw)[verb]
            done = self.attempt(step, actor=BY, account_no=self.members[who], inquiry_id=row.pk)
            own = row.account_no if verb == 2 else row.owner_no
            assert not done or (row.state == InquiryState.OPEN and self.members[who] == own)

    @rule(who=WHO, which=WHICH)
    def give_contact(self, who: int, which: int) -> None:
        if row := self.inquiry(which):
            self.attempt(
                talk.give_contact, actor=BY, account_no=self.members[who], inquiry_id=row.pk,
                person=f"第{who}家", phone=f"1380013800{who}",
            )  # fmt: skip

    @rule(who=WHO, other=WHO, lift=st.booleans())
    def block_or_lift(self, who: int, other: int, lift: bool) -> None:
        one, two = self.members[who], self.members[other]
        if lift:
            talk.unblock(account_no=one, other_no=two)
        else:
            self.attempt(talk.block, actor=BY, account_no=one, other_no=two)

    @rule(who=WHO, which=WHICH)
    def look(self, who: int, which: int) -> None:
        """Reads a conversation: everything is seen, the rest stays as it was."""
        row, reader = self.inquiry(which), self.members[who]
        if row is None:
            return
        if reader not in (row.account_no, row.owner_no):
            with pytest.raises(UnknownInquiry):
                read.messages_in(row.pk, viewer_no=reader)
            return
        before = read.unread_of(reader).messages
        here = read.inquiry_by_id(row.pk, viewer_no=reader).unread
        said = read.messages_in(row.pk, viewer_no=reader)
        talk.mark_seen(account_no=reader, inquiry_id=row.pk, message_id=said[-1].id)
        assert read.unread_of(reader).messages == before - here

    # What always holds --------------------------------------------------------------------------------

    @invariant()
    def the_board_shows_what_has_not_ended(self) -> None:
        stands = {
            row.pk
            for row in Intention.objects.filter(state=IntentionState.OPEN)
            if row.valid_until >= calendar.today()
        }
        assert {row.id for row in read.intentions(limit=500).rows} == stands

    @invariant()
    def every_version_is_in_the_history(self) -> None:
        for row in Intention.objects.all():
            steps = read.history(row.pk)
            assert {step.version for step in steps} == set(range(1, row.version + 1))
            assert steps[-1].terms["price"] == row.price
            assert steps[-1].terms["valid_until"] == row.valid_until.isoformat()

    @invariant()
    def a_contact_shows_to_who_gave_one(self) -> None:
        for row in Inquiry.objects.all():
            for reader in (row.account_no, row.owner_no):
                found = read.contacts(row.pk, viewer_no=reader)
                assert found.other is None or (found.mine is not None and found.other.account_no != reader)

    @invariant()
    def one_inquiry_of_a_member_is_open(self) -> None:
        pairs = Inquiry.objects.filter(state=InquiryState.OPEN).values_list("intention_id", "account_no")
        assert len(set(pairs)) == len(pairs)

    @invariant()
    def nobody_publishes_more_than_he_may_in_a_day(self) -> None:
        today = [
            row.account_no
            for row in Intention.objects.all()
            if row.published_at.astimezone(calendar.TIMEZONE).date() == calendar.today()
        ]
        assert all(today.count(account_no) <= MAX_A_DAY for account_no in set(today))


@pytest.mark.django_db
def test_the_board_keeps_its_rules_whatever_happens() -> None:
    run_state_machine_as_test(
        BoardMachine, settings=settings(max_examples=examples(10), stateful_step_count=25, deadline=None)
    )
