"""One spelling per value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel.canonical import canonical_hash, canonical_json, hash_of_checked

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda members: st.lists(members, max_size=4) | st.dictionaries(st.text(), members, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_survives_its_spelling(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), VALUES, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    assert canonical_hash(turned) == hash_of_checked(value)


def test_text_is_written_as_it_is() -> None:
    assert canonical_json({"名": "富士", "a": [1, None, True]}) == '{"a":[1,null,true],"名":"富士"}'.encode()


@pytest.mark.parametrize("bad", [1.5, {"x": 0.1}, [float("nan")], {1: "x"}, b"x", {"x": {1, 2}}])
def test_what_can_be_spelled_in_two_ways_is_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(bad)
