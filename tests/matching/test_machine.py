"""Both engines as one machine: whatever is done to them step by step, they do the same and stay sound."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from matching.engine import Engine, OpenOrder, new_engine
from matching.types import CALL_PHASES, RECORD_SIZE, Command, CommandKind, Phase, unpack_events
from tests.matching import streams
from tests.matching.invariants import check_invariants

SETUP_BATCH = b"".join(command.pack() for command in streams.SETUP)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FOLLOWING = st.sampled_from([Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED])
which = st.integers(0, 30)
"""Which of the open orders, or of the products in a call: the one with this index, counted around."""


class Twins(RuleBasedStateMachine):
    """The reference engine and the fast one, six accounts, three products in session."""

    def __init__(self) -> None:
        super().__init__()
        self.reference = new_engine("reference")
        self.fast = self.another_engine()
        self.next_seq = 1
        self.apply(SETUP_BATCH)

    def another_engine(self) -> Engine:
        """An empty engine to compare with the reference."""
        return new_engine("fast")

    def apply(self, batch: bytes) -> None:
        """Both engines apply a batch and tell the same."""
        expected = self.reference.apply(batch, self.next_seq)
        events = self.fast.apply(batch, self.next_seq)
        assert unpack_events(events) == unpack_events(expected)
        self.next_seq += len(batch) // RECORD_SIZE

    @property
    def open_orders(self) -> list[tuple[int, OpenOrder]]:
        """All resting orders, each with its account."""
        accounts = range(1, streams.ACCOUNTS + 1)
        return [(account, order) for account in accounts for order in self.reference.open_orders(account)]

    @property
    def calls(self) -> list[int]:
        """The products that are in a call."""
        states = filter(None, map(self.reference.product, range(1, streams.PRODUCTS + 1)))
        return [state.number for state in states if state.phase in CALL_PHASES]

    # --- members ------------------------------------------------------------------------------------

    @rule(command=streams.places)
    def place(self, command: Command) -> None:
        self.apply(command.pack())

    @rule(commands=st.lists(streams.places, min_size=5, max_size=20))
    def place_many(self, commands: list[Command]) -> None:
        self.apply(b"".join(command.pack() for command in commands))

    @precondition(lambda self: self.open_orders)
    @rule(which=which)
    def cancel(self, which: int) -> None:
        account, order = self.open_orders[which % len(self.open_orders)]
        self.apply(Command(CommandKind.CANCEL, account=account, order_id=order.order_id).pack())

    @precondition(lambda self: self.open_orders)
    @rule(which=which, price=streams.prices, same=st.booleans(), kg=streams.quantities, mode=streams.modes)
    def replace(self, which: int, price: int, same: bool, kg: int, mode: int) -> None:
        account, order = self.open_orders[which % len(self.open_orders)]
        self.apply(
            Command(
                CommandKind.REPLACE,
                account=account,
                order_id=order.order_id,
                price=order.price if same else price,
                quantity=kg,
                flags=mode,
            ).pack()
        )

    @rule(account=streams.accounts, product=st.integers(0, 3))
    def cancel_all(self, account: int, product: int) -> None:
        self.apply(Command(CommandKind.CANCEL_ALL, account=account, product=product).pack())

    # --- the exchange -------------------------------------------------------------------------------

    @rule(command=st.one_of(streams.phases, streams.rules, streams.groupings, streams.bands))
    def set_up_otherwise(self, command: Command) -> None:
        self.apply(command.pack())

    @rule(product=streams.products)
    def begin_call(self, product: int) -> None:
        self.apply(Command(CommandKind.PHASE, product=product, flags=Phase.CALL).pack())

    @precondition(lambda self: self.calls)
    @rule(
        which=which,
        following=FOLLOWING,
        day=streams.days,
    )
    def uncross(self, which: int, following: Phase, day: int) -> None:
        product = self.calls[which % len(self.calls)]
        self.apply(Command(CommandKind.UNCROSS, product=product, flags=following, amount=day).pack())

    @rule(account=streams.accounts, fen=st.integers(-9_000_000, 9_000_000))
    def change_funds(self, account: int, fen: int) -> None:
        self.apply(Command(CommandKind.FUNDS, account=account, amount=fen).pack())

    @rule(account=streams.accounts, product=streams.products, kg=st.integers(-9_000, 9_000))
    def change_goods(self, account: int, product: int, kg: int) -> None:
        self.apply(Command(CommandKind.GOODS, account=account, product=product, quantity=kg).pack())

    @rule(command=streams.anything)
    def anything_at_all(self, command: Command) -> None:
        self.apply(command.pack())

    # --- snapshots ----------------------------------------------------------------------------------

    @rule()
    def fast_goes_on_from_the_references_snapshot(self) -> None:
        snapshot = self.reference.snapshot()
        self.fast = self.another_engine()
        self.fast.load(snapshot)

    @rule()
    def reference_goes_on_from_the_fast_ones_snapshot(self) -> None:
        snapshot = self.fast.snapshot()
        self.reference = new_engine("reference")
        self.reference.load(snapshot)

    @rule()
    def both_load_what_they_wrote(self) -> None:
        for engine in (self.reference, self.fast):
            engine.load(engine.snapshot())

    # --- after every step ---------------------------------------------------------------------------

    @invariant()
    def states_are_equal(self) -> None:
        assert self.fast.snapshot() == self.reference.snapshot()

    @invariant()
    def everything_holds(self) -> None:
        check_invariants(self.fast)


def test_whatever_is_done_step_by_step_is_the_same_to_both() -> None:
    run_state_machine_as_test(Twins, settings=settings(PATIENT, max_examples=70, stateful_step_count=50))
