"""Unified social credit codes by GB 32100-2015."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.members.uscc import ALPHABET, is_valid, make_uscc


@pytest.mark.parametrize("code", ["91350100M000100Y43", "9144030071526726XG", "914403001922038216"])
def test_published_examples_are_valid(code: str) -> None:
    """The example printed in the standard and two large companies."""
    assert is_valid(code)


@given(st.integers(0, 10**8 - 1), st.sampled_from(["610402", "610425", "610430"]))
def test_made_up_codes_are_valid(serial: int, division: str) -> None:
    assert is_valid(make_uscc(division=division, serial=serial))


@given(st.integers(0, 10**8 - 1), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(serial: int, place: int, character: str) -> None:
    right = make_uscc(division="610425", serial=serial)
    wrong = right[:place] + character + right[place + 1 :]
    assert is_valid(wrong) == (wrong == right)


@pytest.mark.parametrize(
    "code", ["", "9", "9135010OM000100Y43", "91350100M000100Y4", "91350100M000100Y433", "91350100m000100y43"]
)
def test_other_texts_are_no_codes(code: str) -> None:
    assert not is_valid(code)
