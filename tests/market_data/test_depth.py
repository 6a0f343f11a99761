"""The visible book of one product."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.market_data.depth import Depth, Level, LevelChange, checksum_text, price_text
from matching.types import Side


def test_levels_come_best_first() -> None:
    depth = Depth()
    for price in (719, 720, 718):
        depth.add(Side.BUY, price, 1_000)
        depth.add(Side.SELL, price + 10, 2_000)
    assert [level.price for level in depth.top(Side.BUY)] == [720, 719, 718]
    assert [level.price for level in depth.top(Side.SELL, 2)] == [728, 729]
    assert (depth.best(Side.BUY), depth.best(Side.SELL)) == (720, 728)


def test_a_level_that_holds_nothing_is_gone_and_told_as_zero() -> None:
    depth = Depth()
    depth.add(Side.BUY, 720, 1_000)
    depth.take_changes()
    depth.remove(Side.BUY, 720, 1_000, 1)
    assert depth.take_changes() == [LevelChange(Side.BUY, Level(720, 0, 0))]
    assert depth.top(Side.BUY) == []
    assert depth.best(Side.BUY) is None


def test_more_than_a_level_holds_cannot_leave_it() -> None:
    depth = Depth()
    depth.add(Side.BUY, 720, 1_000)
    with pytest.raises(ValueError, match="720"):
        depth.remove(Side.BUY, 720, 1_100, 1)
    with pytest.raises(KeyError):
        depth.remove(Side.BUY, 719, 1, 1)


def test_the_checksum_is_the_documented_one() -> None:
    depth = Depth()
    depth.add(Side.BUY, 720, 12_000, 3)
    depth.add(Side.BUY, 719, 500)
    depth.add(Side.SELL, 725, 3_000)
    assert checksum_text(depth.top(Side.BUY), depth.top(Side.SELL)) == "7.20:12000|7.19:500#7.25:3000"
    assert depth.checksum() == 1_382_765_602


def test_the_checksum_covers_ten_levels_of_each_side() -> None:
    depth = Depth()
    for offset in range(12):
        depth.add(Side.BUY, 700 - offset, 100)
    text = "|".join(f"{price_text(700 - offset)}:100" for offset in range(10)) + "#"
    assert depth.checksum() == crc32(text.encode())


@given(st.integers(1, 1_000_000))
def test_a_price_is_shown_as_it_is_read(price: int) -> None:
    yuan, _, fen = price_text(price).partition(".")
    assert int(yuan) * 100 + int(fen) == price
    assert len(fen) == 2


_STEPS = st.lists(
    st.tuples(
        st.sampled_from([Side.BUY, Side.SELL]), st.integers(700, 705), st.integers(1, 50), st.booleans()
    )
)


@given(_STEPS)
def test_changes_applied_to_an_empty_book_give_the_book(steps: list[tuple[Side, int, int, bool]]) -> None:
    depth, followed = Depth(), {Side.BUY: {}, Side.SELL: {}}
    for side, price, quantity, publish in steps:
        depth.add(side, price, quantity)
        if publish:
            _follow(followed, depth.take_changes())
    _follow(followed, depth.take_changes())
    for side in (Side.BUY, Side.SELL):
        assert followed[side] == {level.price: level for level in depth.top(side)}


def _follow(book: dict[Side, dict[int, Level]], changes: list[LevelChange]) -> None:
    for change in changes:
        if change.level.quantity_kg:
            book[change.side][change.level.price] = change.level
        else:
            book[change.side].pop(change.level.price, None)
