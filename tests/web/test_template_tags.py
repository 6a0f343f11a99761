"""Numbers of the exchange as words of the page."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from web.templatetags import jinguo


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (123456, "1,234.56"), (-123456789, "-1,234,567.89"), (None, "—")],
)
def test_yuan(fen: int | None, text: str) -> None:
    assert jinguo.yuan(fen) == text


@pytest.mark.parametrize(
    ("fen", "text"), [(720, "3.60"), (721, "3.605"), (1, "0.005"), (2, "0.01"), (None, "—")]
)
def test_price_per_jin_keeps_the_half_fen(fen: int | None, text: str) -> None:
    assert jinguo.price_jin(fen) == text


@given(st.integers(0, 10**9))
def test_price_per_jin_is_half_of_the_price_per_kg(fen: int) -> None:
    whole, _, fraction = jinguo.price_jin(fen).partition(".")
    assert int(whole) * 1000 + int(fraction.ljust(3, "0")) == fen * 5


@pytest.mark.parametrize(("kg", "text"), [(0, "0"), (12500, "12.5"), (1_000_000, "1,000"), (1, "0.001")])
def test_tonnes(kg: int, text: str) -> None:
    assert jinguo.tonnes(kg) == text


@pytest.mark.parametrize(("bps", "text"), [(20, "0.2%"), (200, "2%"), (0, "0%"), (1, "0.01%"), (None, "—")])
def test_percent(bps: int | None, text: str) -> None:
    assert jinguo.percent(bps) == text


@pytest.mark.parametrize(
    ("difference", "kind", "arrow", "word"),
    [(12, "rise", "▲", "涨"), (-12, "fall", "▼", "跌"), (0, "flat", "■", "平")],
)
def test_a_change_is_never_told_by_colour_alone(difference: int, kind: str, arrow: str, word: str) -> None:
    html = jinguo.change(difference, 100)
    assert f'class="{kind} nowrap"' in html
    assert arrow in html
    assert word in html


def test_every_icon_named_in_a_template_exists() -> None:
    import re

    from web.design.icons import ICONS
    from web.translations import WEB

    named: set[str] = set()
    for path in (WEB / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'{% icon "([\w-]+)" %}', text))
        named |= set(re.findall(r'{% badge "\w+" "([\w-]+)"', text))
    assert named - set(ICONS) == set()


@pytest.mark.parametrize(
    ("language", "text"), [("zh-hans", "定金（10%，7）：甲、乙"), ("en", "定金 (10%, 7): 甲, 乙")]
)
def test_punctuation_between_values_follows_the_language(language: str, text: str) -> None:
    mark = jinguo.mark
    with override(language):
        assert (
            f"定金{mark('（')}10%{mark('，')}7{mark('）')}{mark('：')}{jinguo.listed(['甲', '乙'])}" == text
        )
